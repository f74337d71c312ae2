"""One invoice in dated parts: a scheme as data, the parts it makes, and what is still to be paid of each.

Money covers the earliest part first; a credit lowers the last one first.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from fractions import Fraction

from billing.core.languages import Texts
from billing.core.money import Money
from billing.core.periods import Cadence, Schedule
from billing.core.record import Record

MOST_PARTS = 60


class First(StrEnum):
    """When the first instalment is due."""

    AT_ISSUE = "at_issue"
    AFTER_ONE = "after_one"  # cadence


class Rest(StrEnum):
    """Which instalment takes the cents that do not divide."""

    FIRST = "first"
    LAST = "last"


@dataclass(frozen=True, slots=True)
class InstalmentScheme(Record):
    """How an invoice is paid in parts, one each `cadence`: `count` equal ones, or `shares` in percent.

    An invoice below the `minimum` of its currency (major units) is not split. Without `plans` any
    subscriber may have it. With `accelerate` all that is left is due once an instalment is overdue.
    """

    key: str
    name: str
    cadence: Cadence
    count: int | None = None
    shares: tuple[Fraction, ...] = ()
    first: First = First.AT_ISSUE
    rest: Rest = Rest.FIRST
    minimum: Mapping[str, Fraction] = field(default_factory=dict[str, Fraction])
    plans: tuple[str, ...] = ()
    accelerate: bool = False
    names: Texts | None = None
    descriptions: Texts | None = None

    def is_for(self, plan: str) -> bool:
        """Whether a subscriber of a plan may have it."""
        return not self.plans or plan in self.plans


@dataclass(frozen=True, slots=True)
class Terms(Record):
    """The scheme of an invoice, and the zone whose calendar its dates are of."""

    scheme: InstalmentScheme
    zone: str


@dataclass(frozen=True, slots=True)
class Instalment(Record):
    """A part of an invoice: how much, due when; overdue a grace later."""

    due_at: datetime
    amount: Money
    overdue_at: datetime | None = None


def split(total: Money, terms: Terms, at: datetime) -> tuple[Instalment, ...]:
    """The instalments of an invoice issued at an instant; none where it is not to be split.

    That is below the minimum, in the customer's favour, and where a part would be of nothing.
    """
    scheme = terms.scheme
    if total.exact < scheme.minimum.get(total.currency, 0) or total.minor <= 0:
        return ()
    amounts = _amounts(total.minor, scheme)
    if min(amounts) <= 0:
        return ()
    dates, skipped = Schedule(at, terms.zone, scheme.cadence), int(scheme.first is First.AFTER_ONE)
    return tuple(
        Instalment(dates.boundary(n + skipped), Money(minor, total.currency))
        for n, minor in enumerate(amounts)
    )


def with_grace(instalments: Sequence[Instalment], grace: timedelta) -> tuple[Instalment, ...]:
    """The same, each overdue so long after it is due."""
    return tuple(replace(each, overdue_at=each.due_at + grace) for each in instalments)


def left_of(instalments: Sequence[Instalment], *, paid: int, credited: int = 0) -> tuple[int, ...]:
    """What is still to be paid of each, in minor units."""
    asked = sum(each.amount.minor for each in instalments) - credited
    left: list[int] = []
    before = 0
    for each in instalments:
        behind = before + each.amount.minor
        left.append(max(min(behind, asked) - max(before, paid), 0))
        before = behind
    return tuple(left)


def due_by(instalments: Sequence[Instalment], left: Sequence[int], at: datetime) -> int:
    """How much of what is left is due by an instant, in minor units."""
    return sum(minor for each, minor in zip(instalments, left, strict=True) if each.due_at <= at)


def _amounts(minor: int, scheme: InstalmentScheme) -> list[int]:
    """Each its share, rounded down; one takes the rest."""
    shares = scheme.shares or (Fraction(1),) * (scheme.count or 1)
    whole = sum(shares)
    amounts = [int(minor * share / whole) for share in shares]
    amounts[0 if scheme.rest is Rest.FIRST else -1] += minor - sum(amounts)
    return amounts

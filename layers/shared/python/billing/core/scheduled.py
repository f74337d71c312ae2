"""What is scheduled for a subscription: each change with its instant, in the order in which they come."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields, replace
from datetime import datetime
from fractions import Fraction
from typing import ClassVar

from billing.core.agreed import NOTHING, Agreement, TakenAddOn, merged
from billing.core.errors import NotFoundError
from billing.core.ids import derived_id
from billing.core.overrides import Override
from billing.core.policies import Paid
from billing.core.record import Record


@dataclass(frozen=True, slots=True)
class NewTerms(Record):
    """Go on under other terms; what is None stays as it is then, so do add-ons that are not named.

    An add-on of a quantity of 0 is given up; `overrides` replace those that are agreed.
    """

    KIND: ClassVar[str | None] = "change"

    plan: str | None = None
    plan_version: int | None = None
    seats: Fraction | None = None
    agreement: Agreement | None = None
    add_ons: tuple[TakenAddOn, ...] | None = None
    overrides: tuple[Override, ...] | None = None
    currency: str | None = None

    def over(self, earlier: NewTerms) -> NewTerms:
        """Both for one instant: what this one does not name is as the earlier one says."""
        missing = {f.name: getattr(earlier, f.name) for f in fields(self) if getattr(self, f.name) is None}
        both = replace(self, **missing)
        if self.add_ons is None or earlier.add_ons is None:
            return both
        return replace(both, add_ons=merged(earlier.add_ons, self.add_ons))


@dataclass(frozen=True, slots=True)
class PendingChange(Record):
    """The plan version, seats, currency and agreement that something begins with, often the next period."""

    plan: str
    plan_version: int
    seats: Fraction
    currency: str
    agreement: Agreement = NOTHING


@dataclass(frozen=True, slots=True)
class Cancel(Record):
    """End it."""

    KIND: ClassVar[str | None] = "cancel"

    paid: Paid | None = None  # what becomes of what was paid ahead; None as the plan says


@dataclass(frozen=True, slots=True)
class Pause(Record):
    """Let it rest, until an instant where one is known."""

    KIND: ClassVar[str | None] = "pause"

    paid: Paid | None = None
    resume_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Resume(Record):
    """Let it go on."""

    KIND: ClassVar[str | None] = "resume"


@dataclass(frozen=True, slots=True)
class PaidChange(Record):
    """Go on under other terms from an instant that has passed, once their invoice is paid; else not."""

    KIND: ClassVar[str | None] = "change_if_paid"

    terms: NewTerms
    invoice: str
    since: datetime


What = NewTerms | PaidChange | Cancel | Pause | Resume


@dataclass(frozen=True, slots=True)
class ScheduledChange(Record):
    """What will happen to a subscription, and when.

    `with_period` moves with the end of the period, should that move before the change comes; `whole` lets a
    period that runs by then end first.
    """

    id: str
    at: datetime
    what: What
    with_period: bool = False
    whole: bool = False


Scheduled = tuple[ScheduledChange, ...]


def added(
    known: Scheduled, subscription: str, at: datetime, what: What, *, with_period: bool, whole: bool = False
) -> Scheduled:
    """One more; of two of a kind for the same instant one is left, in which the last word counts."""
    same = [each for each in known if type(each.what) is type(what) and each.at == at]
    if isinstance(what, NewTerms):
        for each in same:
            what = what.over(each.what) if isinstance(each.what, NewTerms) else what
    id_ = same[0].id if same else _new_id(known, subscription, at, what)
    new = ScheduledChange(id_, at, what, with_period, whole or any(each.whole for each in same))
    return _in_order((*(each for each in known if each not in same), new))


def without(known: Scheduled, *kinds: type[What]) -> Scheduled:
    """What is left without those of some kinds."""
    return tuple(each for each in known if not isinstance(each.what, kinds))


def dropped(known: Scheduled, id_: str) -> Scheduled:
    """What is left without one; NotFoundError `change_not_found`."""
    left = tuple(each for each in known if each.id != id_)
    if len(left) == len(known):
        raise NotFoundError("change_not_found", "nothing of this id is scheduled")
    return left


def moved(known: Scheduled, period_end: datetime) -> Scheduled:
    """The same with a period that ends at another instant."""
    return _in_order(replace(each, at=period_end) if each.with_period else each for each in known)


def terms_by(known: Scheduled, at: datetime) -> NewTerms | None:
    """The terms that those due by an instant add up to."""
    found: NewTerms | None = None
    for each in known:
        if isinstance(each.what, NewTerms) and each.at <= at:
            found = each.what.over(found) if found else each.what
    return found


def terms_left(known: Scheduled, at: datetime) -> Scheduled:
    """What is left once the terms due by an instant are in force."""
    return tuple(each for each in known if not (isinstance(each.what, NewTerms) and each.at <= at))


def due_by(known: Scheduled, at: datetime, *kinds: type[What]) -> ScheduledChange | None:
    """The first of some kinds that is due by an instant."""
    return next((each for each in known if isinstance(each.what, kinds) and each.at <= at), None)


def first_of(known: Scheduled, *kinds: type[What]) -> ScheduledChange | None:
    """The first of some kinds, whenever it is."""
    return next((each for each in known if isinstance(each.what, kinds)), None)


def _new_id(known: Scheduled, subscription: str, at: datetime, what: What) -> str:
    """Named after what it is and when; one that was moved away keeps the name, the next has another."""
    taken = {each.id for each in known}
    id_ = derived_id("chg", subscription, what.KIND or "", at.isoformat())
    while id_ in taken:
        id_ = derived_id("chg", id_)
    return id_


def _in_order(changes: Iterable[ScheduledChange]) -> Scheduled:
    return tuple(sorted(changes, key=lambda each: (each.at, each.id)))

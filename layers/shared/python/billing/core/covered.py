"""What promotional credit paid of lines, and what of it comes back with a line that gives them back.

Lines that settle one period of a price share its end. So what was charged for the rest of it is the sum of
what falls into it: of the line it opened with, and of each change with its sign.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from math import ceil

from billing.core.invoicing import Line
from billing.core.money import allocate
from billing.core.periods import Basis, Period, ratio
from billing.core.record import Record
from billing.core.rounding import Rounding, round_ratio


@dataclass(frozen=True, slots=True)
class Covered(Record):
    """A line before credit, in minor units, and what of it each credit paid; what gives back is negative.

    `opens` says whether its period began with it; `share` is that of the whole period, of a line of a change.
    """

    subscription: str
    price: str
    period: Period
    minor: int
    opens: bool = False
    share: Fraction | None = None
    drawn: Mapping[str, int] = field(default_factory=dict[str, int])

    @property
    def by_credit(self) -> int:
        """What all credits paid of it."""
        return sum(self.drawn.values())

    def is_of(self, line: Line) -> bool:
        """Whether they are of one price of one subscription."""
        return (self.subscription, self.price) == (subscription_of(line), line.price)

    def says(self, line: Line, minor: int) -> bool:
        """Whether this was kept of a line whose amount before credit is this."""
        return self.is_of(line) and (self.period, self.minor) == (line.period, minor)

    def part_in(self, line: Line, rest: Period) -> Fraction:
        """How much of it falls into the rest of its period that a line gives back."""
        if self.share and line.side:
            return min(line.quantity / self.share, Fraction(1))
        inside = self.period.intersect(rest)
        return ratio(inside, self.period, Basis.SECOND) if inside else Fraction(0)


@dataclass(frozen=True, slots=True)
class Back:
    """What of a line that gives back is not money: all of it by credit, and what the credits get again.

    They get no more than they paid; what is above it was never paid by anybody.
    """

    told: Mapping[str, int]
    restored: Mapping[str, int]


NOT_COVERED = Back({}, {})


def covered(line: Line, period: Period, minor: int, drawn: Mapping[str, int]) -> Covered:
    """What is to be kept of a line; `minor` is its amount before credit."""
    share = line.quantity if line.side else None
    return Covered(subscription_of(line), line.price, period, minor, line.discountable, share, drawn)


def subscription_of(line: Line) -> str:
    """Whose line it is: its id begins with it, also on an invoice of several."""
    return line.id.partition("/")[0]


def given_back(line: Line, period: Period, known: Sequence[Covered], rounding: Rounding) -> Back:
    """What of a negative line goes back to the credits that had paid what it gives back, rounded once."""
    parts = [(each, each.part_in(line, period)) for each in known if each.is_of(line)]
    charged = sum((each.minor * part for each, part in parts), Fraction(0))
    paid: dict[str, Fraction] = {}
    for each, part in parts:
        for credit, minor in each.drawn.items():
            paid[credit] = paid.get(credit, Fraction(0)) + minor * part
    paid = {credit: minor for credit, minor in paid.items() if minor > 0}
    by_credit = sum(paid.values(), Fraction(0))
    if not by_credit:
        return NOT_COVERED
    asked = Fraction(-line.amount.minor)
    exact = asked * min(by_credit / charged, Fraction(1)) if charged > 0 else asked
    if not any(each.opens for each, _ in parts):  # what money had paid of it is not known
        exact = min(exact, Fraction(ceil(by_credit)))
    told = min(round_ratio(exact, rounding), -line.amount.minor)
    shares = dict(zip(paid, allocate(told, list(paid.values())), strict=True))
    outstanding = {credit: sum(each.drawn.get(credit, 0) for each, _ in parts) for credit in paid}
    return Back(
        {credit: minor for credit, minor in shares.items() if minor},
        {credit: got for credit, minor in shares.items() if (got := min(minor, outstanding[credit])) > 0},
    )


def room(line: Line, known: Sequence[Covered]) -> int:
    """What credit may pay of a line: not what was given back in money before the line was numbered.

    Only a line that a period opens with can be so late: its draft waited for other subscriptions.
    """
    amount = max(line.amount.minor, 0)
    if line.period is None or not line.discountable:
        return amount
    later = [e for e in known if e.is_of(line) and e.minor < 0 and e.period.start >= line.period.start]
    return max(amount + sum(each.minor - each.by_credit for each in later), 0)

"""Instructions of one renewal, by how many periods a subscription has had: `python -m bench.renewal`.

With a number of rounds and of periods it is the work that is counted.
"""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from fractions import Fraction

from bench.instructions import CannotMeasureError, interpreter, per_call
from bench.rating import FIVE
from billing.core.billing_run import bill
from billing.core.catalogue import Plan, Price, Source, Timing
from billing.core.charges import Flat, Graduated
from billing.core.invoicing import Usage
from billing.core.periods import Cadence, Unit
from billing.core.subscription import Subscription, start

MONTH = Cadence(Unit.MONTH)
PLAN = Plan(
    "team",
    1,
    "Team",
    (
        Price("base", "Base", {"EUR": Flat(Fraction(49))}, MONTH),
        Price("calls", "Calls", {"EUR": Graduated(FIVE)}, MONTH, Timing.ARREARS, Source.METER, "calls"),
    ),
)
HISTORIES = ("1", "60", "600")


def work(rounds: int, periods: int) -> None:
    """Bill the period that closed and the one that opens, again and again."""
    at, usage = datetime(2020, 1, 31, 9, tzinfo=UTC), {"calls": Usage(Fraction(1_234_567))}
    subscription: Subscription = start("sub", "cus", "main", PLAN, "EUR", at=at, zone="Europe/Zurich")
    for _ in range(rounds):
        closed, opened = (subscription.schedule.period(n) for n in (periods - 1, periods))
        invoice = bill(
            subscription, PLAN, closed=closed, opened=opened, usage=usage, tax_rates={}, at=opened.start
        )
        assert invoice


def report() -> None:
    """A row of histories."""
    counts = [per_call("bench.renewal", periods) for periods in HISTORIES]
    print(f"instructions per renewal of two lines, {interpreter()}")
    for periods, count in zip(HISTORIES, counts, strict=True):
        print(f"  after {periods:>3} periods {count:>9,}")


if __name__ == "__main__":
    if len(sys.argv) > 1:
        work(int(sys.argv[1]), int(sys.argv[2]))
    else:
        try:
            report()
        except CannotMeasureError as error:
            sys.exit(str(error))

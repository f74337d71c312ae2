"""Instructions per rated line, with its breakdown by tier: `python -m bench.rating`.

With a number of rounds, a model and a quantity it is the work that is counted.
"""

from __future__ import annotations

import sys
from fractions import Fraction

from bench.instructions import CannotMeasureError, interpreter, per_call
from billing.core.catalogue import Price
from billing.core.charges import Charge, Graduated, Package, PerUnit, Tier, Volume
from billing.core.pricing import rate

FIVE = (
    Tier(Fraction(1_000), Fraction("0.05"), Fraction(10)),
    Tier(Fraction(10_000), Fraction("0.04"), Fraction(5)),
    Tier(Fraction(100_000), Fraction("0.03")),
    Tier(Fraction(1_000_000), Fraction("0.02")),
    Tier(None, Fraction("0.01")),
)
MODELS: dict[str, Charge] = {
    "graduated": Graduated(FIVE),
    "volume": Volume(FIVE),
    "package": Package(Fraction(1000), Fraction("0.25")),
    "per_unit": PerUnit(Fraction("0.00015")),
}
QUANTITIES = ("1234567", "1234567890", "1234567890123")
GOAL = 40_000


def work(rounds: int, model: str, quantity: str) -> None:
    """Rate the same line again and again; the amount is rounded and the tiers are told apart."""
    price, used = Price("p", "P", {"EUR": MODELS[model]}), Fraction(quantity)
    for _ in range(rounds):
        rated = rate(price, "EUR", used)
        assert rated.rows


def report() -> None:
    """A table of models and quantities."""
    print(f"instructions per rated line with breakdown, {interpreter()}; goal: {GOAL:,} graduated, 5 tiers")
    for model in MODELS:
        counts = [per_call("bench.rating", model, quantity) for quantity in QUANTITIES]
        print(f"  {model:10} " + "  ".join(f"{count:>8,}" for count in counts))
    print(f"  quantities {'  '.join(QUANTITIES)}")


if __name__ == "__main__":
    if len(sys.argv) > 1:
        work(int(sys.argv[1]), sys.argv[2], sys.argv[3])
    else:
        try:
            report()
        except CannotMeasureError as error:
            sys.exit(str(error))

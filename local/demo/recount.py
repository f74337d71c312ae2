"""Counts a bill again from its sources: plain decimal arithmetic over the usage and the catalogue file.

Nothing here comes from the product. It knows what this one catalogue needs: a flat fee, graduated tiers
behind an allowance, one tax rate, amounts rounded half up to cents.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal, localcontext
from typing import Any

from local.demo.usage import Request

CENT = Decimal("0.01")
DIGITS = 60  # more than any product of a quantity and a price has


@dataclass(frozen=True)
class Counted:
    """One line as counted here; the amount in cents."""

    name: str
    quantity: int
    cents: int


@dataclass(frozen=True)
class Recount:
    """The lines of a renewal and its sums, in cents."""

    lines: tuple[Counted, ...]
    net: int
    tax: int

    @property
    def total(self) -> int:
        """Net and tax."""
        return self.net + self.tax


def recount(plan: dict[str, Any], currency: str, tax_percent: str, requests: Iterable[Request]) -> Recount:
    """What a renewal bills: the fee of the month ahead, the usage of the month behind."""
    used = {"context_tokens": 0, "generated_tokens": 0}
    for request in requests:
        used["context_tokens"] += request.context_tokens
        used["generated_tokens"] += request.generated_tokens
    with localcontext(prec=DIGITS):
        lines = tuple(_line(price, currency, used) for price in plan["prices"] if "cadence" in price)
        net = sum(line.cents for line in lines)
        tax = _cents(Decimal(net) / 100 * Decimal(tax_percent) / 100)
    return Recount(lines, net, tax)


def _line(price: dict[str, Any], currency: str, used: dict[str, int]) -> Counted:
    charge = price["charges"][currency]
    if "meter" not in price:
        return Counted(price["name"], 1, _cents(Decimal(charge["amount"])))
    quantity = used[price["meter"]]
    billed = max(Decimal(quantity) - Decimal(price.get("allowance", "0")), Decimal(0))
    return Counted(price["name"], quantity, _cents(_graduated(charge["tiers"], billed)))


def _graduated(tiers: list[dict[str, Any]], billed: Decimal) -> Decimal:
    amount, below = Decimal(0), Decimal(0)
    for tier in tiers:
        top = billed if tier["up_to"] is None else min(billed, Decimal(tier["up_to"]))
        if top > below:
            amount += (top - below) * Decimal(tier["unit_amount"])
            below = top
    return amount


def _cents(amount: Decimal) -> int:
    return int(amount.quantize(CENT, ROUND_HALF_UP) * 100)

"""Usage that comes after its period was billed: rated at its own period's price, the difference billed once.

A finalized invoice never changes. What a period's usage was billed as is kept beside it; when its days have
moved since, the period is rated anew and the difference becomes a correction line of the next invoice.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from fractions import Fraction

from billing.core.billing_run import arrears_line
from billing.core.catalogue import Plan
from billing.core.invoicing import Line, Usage
from billing.core.money import Money, total
from billing.core.periods import Period
from billing.core.record import Record
from billing.core.subscription import Subscription

LATE_USAGE = "late_usage"  # the reason on the line
FINAL = timedelta(days=36)  # a day after nothing of a period is accepted any more, it is final


@dataclass(frozen=True, slots=True)
class Settled(Record):
    """What the usage of one price was billed as so far: on its own line, and on `corrections` more.

    `part` of the `whole` period; `folds` is how much of the log was counted, by day. The amount is before
    coupons: they act on the invoice they came with, not on its corrections.
    """

    line: str
    price: str
    whole: Period
    part: Period
    quantity: Fraction
    billed: Fraction
    amount: Money
    folds: Mapping[str, int]
    corrections: int = 0


def settled(line: Line, whole: Period, part: Period) -> Settled:
    """What is to be kept of a line of usage."""
    discounts = total([discount.amount for discount in line.discounts], line.amount.currency)
    folds = line.manifest.get("folds", {})
    return Settled(
        line.id, line.price, whole, part, line.quantity, line.billed, line.amount + discounts, folds
    )


def correct(
    before: Settled, subscription: Subscription, plan: Plan, usage: Mapping[str, Usage]
) -> tuple[Settled, Line] | None:
    """The difference that usage makes to what was billed; None where it makes none.

    `plan` is the version that the period was under, so is its price.
    """
    [price] = [price for price in plan.prices if price.key == before.price]
    then = replace(subscription, currency=before.amount.currency)
    now = arrears_line(then, plan, price, before.whole, before.part, usage)
    number = before.corrections + 1
    line = replace(
        now,
        id=f"{before.line}/late/{number}",
        quantity=now.quantity - before.quantity,
        billed=now.billed - before.billed,
        amount=now.amount - before.amount,
        parts=(),
        reason=LATE_USAGE,
    )
    if not line.quantity and not line.amount:
        return None
    return replace(settled(now, before.whole, before.part), line=before.line, corrections=number), line

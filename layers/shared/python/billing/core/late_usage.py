"""Usage that comes after its period was billed: rated at its own period's price, the difference billed once.

A finalized invoice never changes. What a period's usage was billed as is kept beside it; when its days have
moved since, the period is rated anew and the difference becomes a correction line of the next invoice.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from fractions import Fraction

from billing.core.billing_run import arrears_line
from billing.core.catalogue import Plan
from billing.core.discounts import Coupon, discounts
from billing.core.invoicing import Line, Usage
from billing.core.money import Money, total
from billing.core.periods import Period
from billing.core.record import Record
from billing.core.rounding import Rounding
from billing.core.subscription import Subscription

LATE_USAGE = "late_usage"  # the reason on the line
FINAL = timedelta(days=36)  # a day after nothing of a period is accepted any more, it is final


@dataclass(frozen=True, slots=True)
class Settled(Record):
    """What the usage of one price was billed as so far: on its own line, and on `corrections` more.

    `part` of the `whole` period; `folds` is how much of the log was counted, by day. The amount is before
    coupons, `charged` after them; `coupons` act on a correction as they did on the line, a fixed one with
    what it took off it: what comes late costs what it would have cost in time, and no more comes back than
    was charged.
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
    charged: Money | None = None  # None: as much as the amount
    coupons: tuple[Coupon, ...] = ()


def settled(line: Line, whole: Period, part: Period, coupons: Sequence[Coupon] = ()) -> Settled:
    """What is to be kept of a line of usage; `coupons` acted at its moment.

    Promotional credit that paid of it is kept elsewhere: here it counts as charged.
    """
    line = _before_credit(line)
    off = total([discount.amount for discount in line.discounts], line.amount.currency)
    folds = line.manifest.get("folds", {})
    kept = Settled(line.id, line.price, whole, part, line.quantity, line.billed, line.amount + off, folds)
    acted = tuple(_acted(line, coupons))
    return replace(kept, charged=line.amount, coupons=acted) if acted else kept


def _before_credit(line: Line) -> Line:
    credit = [each.amount for each in line.discounts if each.credit]
    kept = tuple(each for each in line.discounts if not each.credit)
    return replace(line, amount=line.amount + total(credit, line.amount.currency), discounts=kept)


def _acted(line: Line, coupons: Sequence[Coupon]) -> Iterator[Coupon]:
    """The coupons of a line as they go on acting on it, in their order; a percentage of nothing too."""
    took = {discount.coupon: discount.amount for discount in line.discounts}
    for coupon in coupons:
        off = took.pop(coupon.key, None)
        if coupon.percent is not None:
            if coupon.is_for(line.price):
                yield replace(coupon, prices=())
        elif off is not None:
            yield Coupon(coupon.key, coupon.name, fixed={off.currency: off.exact})
    for key, off in took.items():  # for another plan, which opened at the same moment
        yield Coupon(key, fixed={off.currency: off.exact})


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
    charged = _net(now.amount, before.coupons, plan.rounding)
    was = before.amount if before.charged is None else before.charged
    line = replace(
        now,
        id=f"{before.line}/late/{number}",
        quantity=now.quantity - before.quantity,
        billed=now.billed - before.billed,
        amount=charged - was,
        parts=(),
        reason=LATE_USAGE,
    )
    if not line.quantity and not line.amount:
        return None
    after = settled(now, before.whole, before.part)
    if before.coupons:
        after = replace(after, charged=charged, coupons=before.coupons)
    return replace(after, line=before.line, corrections=number), line


def _net(amount: Money, coupons: Sequence[Coupon], rounding: Rounding) -> Money:
    """An amount of usage after coupons."""
    found = discounts([("", amount)], coupons, amount.currency, rounding)
    return amount - total([discount.amount for discount in found], amount.currency)

"""A subscription goes on in another currency: when it can, in what it can, what it leaves behind.

Nothing runs on over the change: all that the old currency asks or gives back is an invoice in it, all that
comes is asked in the new one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from billing.core.catalogue import AddOn, Plan
from billing.core.errors import RuleError
from billing.core.instants import instant_text
from billing.core.migration import boundary_from
from billing.core.scheduled import PendingChange
from billing.core.states import Command, Status
from billing.core.subscription import Subscription, require

AT_PERIOD_END = "currency_at_period_end"


def require_boundary(before: Subscription, *, now: bool, at: datetime | None) -> None:
    """Refuse a change of currency within a period that is billed; the refusal names when it can be.

    Before anything is billed there is no such period; in a pause the change waits for the resume.
    """
    require(before, Command.CHANGE)
    if at is None:
        if now and before.paid_from is not None and before.status is not Status.PAUSED:
            message = "a currency changes with a period: leave `when` out, or name period_end"
            raise RuleError(AT_PERIOD_END, message, "when")
        return
    if before.status is Status.PAUSED:
        message = "a currency waits for the resume while it is paused: leave the date out"
        raise RuleError(AT_PERIOD_END, message, "at")
    unbilled = before.paid_from is None and at <= before.begun_at
    turn = boundary_from(before, at)
    if not unbilled and turn != at:
        message = f"a currency changes with a period: at {instant_text(turn)}, or leave the date out"
        raise RuleError(AT_PERIOD_END, message, "at")


def require_sold(under: PendingChange, plan: Plan, add_ons: Sequence[AddOn], field: str) -> None:
    """Refuse a currency in which something has no price that it will have by then; with the remedy."""
    currency = under.currency
    if plan.prices and currency not in plan.currencies:
        message = f"{plan.ref} is sold in {', '.join(plan.currencies)}: name a plan that is in {currency}"
        raise RuleError("currency_not_offered", message, field)
    for add_on in add_ons:
        for price in add_on.prices:
            if currency not in price.charges:
                message = f"{add_on.key} is sold in {', '.join(price.charges)}: give it up with the change"
                raise RuleError("currency_not_offered", message, field)
    for override in under.agreement.overrides:
        for amounts in (override.charges, override.minimum, override.maximum):
            if amounts and currency not in amounts:
                message = (
                    f"what is agreed on {override.price} is in {', '.join(amounts)}: "
                    f"put the overrides with an amount in {currency} first"
                )
                raise RuleError("currency_not_offered", message, field)


def leaving(before: Subscription, after: Subscription) -> Subscription:
    """As it is billed for the last time in its currency.

    A fixed amount is given once at a moment: in the new currency where it has one.
    """
    kept = [
        e for e in before.coupons if e.coupon.percent is not None or not e.coupon.gives_in(after.currency)
    ]
    return replace(before, coupons=tuple(kept))


def stopping(before: Subscription, currency: str, at: datetime) -> tuple[str, ...]:
    """The coupons that would stop with a change to a currency, by key: they have no amount in it."""
    acting = [each for each in before.coupons if each.until is None or at < each.until]
    return tuple(each.coupon.key for each in acting if not each.coupon.gives_in(currency))

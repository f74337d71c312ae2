"""Which promotion an order gets: the first of those that run whose coupon takes something off it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from fractions import Fraction

from billing.core import subscription as rules
from billing.core.catalogue import Plan, Price
from billing.core.charges import Flat, PerUnit
from billing.core.discounts import Coupon, Promotion
from billing.core.errors import RuleError
from billing.core.subscription import Subscription

_FREE = (Flat(Fraction(0)), PerUnit(Fraction(0)))
_NOT_FOR_IT = frozenset({"coupon_expired", "coupon_used_up", "coupon_not_for_plan", "coupon_not_in_currency"})


def running(promotions: Iterable[Promotion], plan: str, *, at: datetime) -> list[Promotion]:
    """Those that an order of a plan may get at an instant, in the order in which they are tried."""
    found = [
        each
        for each in promotions
        if each.since <= at
        and (each.until is None or at < each.until)
        and (not each.plans or plan in each.plans)
    ]
    return sorted(found, key=lambda each: (each.rank, each.key))


def given(
    promotion: Promotion,
    coupon: Coupon,
    subscription: Subscription,
    agreed: Plan,
    *,
    at: datetime,
    redeemed: int,
) -> Subscription | None:
    """The subscription with the coupon of a promotion; None where that is not for it, or used up.

    `agreed` is what it asks, with its add-ons: a coupon that takes nothing off is left for others.
    """
    asked = [price for price in agreed.prices if coupon.is_for(price.key)]
    if not any(agreed.phases or _asks(price, subscription.currency) for price in asked):
        return None
    try:
        after = rules.redeem(subscription, coupon, at=at, redeemed=redeemed)
    except RuleError as refused:
        if refused.code not in _NOT_FOR_IT:
            raise
        return None
    *earlier, acting = after.coupons
    return replace(after, coupons=(*earlier, replace(acting, promotion=promotion.key)))


def _asks(price: Price, currency: str) -> bool:
    """Whether it can come to anything in a currency: a plan for nothing uses up no coupon."""
    return bool(price.base or price.minimum) or price.charges.get(currency) not in _FREE

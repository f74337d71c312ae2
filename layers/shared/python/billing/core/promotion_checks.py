"""What makes a promotion one that nobody can ever get, with the field named."""

from __future__ import annotations

from billing.core.add_ons import for_plan
from billing.core.agreed import price_key
from billing.core.catalogue import Catalogue, Plan
from billing.core.catalogue_checks import keys
from billing.core.discounts import Coupon, Promotion
from billing.core.errors import RuleError


def check_promotions(catalogue: Catalogue) -> None:
    """Raise the first RuleError found; return when each promotion can be had."""
    keys(catalogue.promotions, "promotions")
    coupons = {coupon.key: coupon for coupon in catalogue.coupons}
    for n, promotion in enumerate(catalogue.promotions):
        field = f"promotions[{n}]"
        if promotion.coupon not in coupons:
            message = f"{promotion.coupon!r} is not a coupon of this file"
            raise RuleError("unknown_coupon", message, f"{field}.coupon")
        coupon = coupons[promotion.coupon]
        _check_dates(promotion, coupon, field)
        _check_plans(catalogue, promotion, coupon, field)


def _check_dates(promotion: Promotion, coupon: Coupon, field: str) -> None:
    if promotion.until is not None and promotion.until <= promotion.since:
        raise RuleError("ends_before_start", "a promotion ends after it begins", f"{field}.until")
    if coupon.redeem_by is not None and coupon.redeem_by < promotion.since:
        message = f"{coupon.key} has to be used before the promotion begins"
        raise RuleError("promotion_never_applies", message, f"{field}.since")


def _check_plans(catalogue: Catalogue, promotion: Promotion, coupon: Coupon, field: str) -> None:
    """Each plan that is named can get it; where none is, one of the coupon's can."""
    known = {plan.key: plan for plan in catalogue.plans}
    for n, key in enumerate(promotion.plans):
        place = f"{field}.plans[{n}]"
        if key not in known:
            raise RuleError("unknown_plan", f"{key!r} is not a plan", place)
        why = _never(catalogue, coupon, known[key])
        if why is not None:
            raise RuleError("promotion_never_applies", f"{coupon.key} {why}", place)
    if not promotion.plans and all(_never(catalogue, coupon, plan) for plan in catalogue.plans):
        message = f"{coupon.key} takes something off no plan"
        raise RuleError("promotion_never_applies", message, f"{field}.coupon")


def _never(catalogue: Catalogue, coupon: Coupon, plan: Plan) -> str | None:
    """Why a coupon takes nothing off a plan and the add-ons it can have; None where it does."""
    if coupon.plans and plan.key not in coupon.plans:
        return f"is for {', '.join(coupon.plans)}, not for {plan.key}"
    add_ons = [each for each in catalogue.add_ons if for_plan(each, plan.key)]
    offered = {price.key: price for price in plan.prices}
    offered |= {price_key(each, price): price for each in add_ons for price in each.prices}
    asked = [price for key, price in offered.items() if coupon.is_for(key)]
    if not asked:
        return f"takes nothing off what {plan.key} asks"
    sold = plan.currencies or {currency for price in asked for currency in price.charges}
    if coupon.fixed and not set(sold) & set(coupon.fixed):
        return f"has no amount in {', '.join(sorted(sold))}, in which {plan.key} is sold"
    return None

"""What makes a coupon one that can never apply, with the field named."""

from __future__ import annotations

from billing.core.add_ons import for_plan
from billing.core.agreed import price_key
from billing.core.catalogue import AddOn, Catalogue, Plan, Product
from billing.core.currency import exponent
from billing.core.discounts import WHOLE_PERCENT, Coupon
from billing.core.errors import RuleError


def check_coupons(catalogue: Catalogue) -> None:
    """Raise the first RuleError found; return when each coupon can take something off."""
    for n, coupon in enumerate(catalogue.coupons):
        field = f"coupons[{n}]"
        _check_amount(coupon, field)
        _check_counts(coupon, field)
        plans = _plans_of(catalogue, coupon, field)
        add_ons = [each for each in catalogue.add_ons if any(for_plan(each, plan.key) for plan in plans)]
        _check_targets(coupon, plans, add_ons, () if coupon.plans else catalogue.products, field)


def _check_amount(coupon: Coupon, field: str) -> None:
    if (coupon.percent is None) == (not coupon.fixed):
        raise RuleError("percent_or_fixed", "a coupon takes off a percentage or a fixed amount", field)
    if coupon.percent is not None and not 0 < coupon.percent <= WHOLE_PERCENT:
        raise RuleError("invalid_percent", "above 0 and at most 100", f"{field}.percent")
    for currency, amount in coupon.fixed.items():
        exponent(currency, f"{field}.fixed.{currency}")
        if amount <= 0:
            raise RuleError("not_positive", "must be above zero", f"{field}.fixed.{currency}")


def _check_counts(coupon: Coupon, field: str) -> None:
    for name, count in (("periods", coupon.periods), ("redemptions", coupon.redemptions)):
        if count is not None and count < 1:
            raise RuleError("coupon_never_applies", "1 or more; leave it out for ever", f"{field}.{name}")


def _plans_of(catalogue: Catalogue, coupon: Coupon, field: str) -> list[Plan]:
    known = {plan.key: plan for plan in catalogue.plans}
    for n, key in enumerate(coupon.plans):
        if key not in known:
            raise RuleError("unknown_plan", f"{key!r} is not a plan", f"{field}.plans[{n}]")
    return [known[key] for key in coupon.plans] or list(catalogue.plans)


def _check_targets(
    coupon: Coupon, plans: list[Plan], add_ons: list[AddOn], products: tuple[Product, ...], field: str
) -> None:
    """There is a price it is for, of a plan, an add-on or a product, in a currency it has an amount in."""
    offered = {price.key for plan in plans for price in plan.prices}
    offered |= {price_key(each, price) for each in add_ons for price in each.prices}
    offered |= {f"{each.key}.{price.key}" for each in products for price in each.prices}
    for n, key in enumerate(coupon.prices):
        if key not in offered:
            message = f"no plan it is for has a price {key!r}"
            raise RuleError("coupon_never_applies", message, f"{field}.prices[{n}]")
    if not offered:
        raise RuleError("coupon_never_applies", "the plans it is for cost nothing", f"{field}.plans")
    sold = {currency for plan in plans for currency in plan.currencies}
    sold |= {currency for each in add_ons for price in each.prices for currency in price.charges}
    sold |= {currency for each in products for price in each.prices for currency in price.charges}
    if coupon.fixed and not sold & set(coupon.fixed):
        message = f"the plans it is for are sold in {', '.join(sorted(sold))}"
        raise RuleError("coupon_never_applies", message, f"{field}.fixed")

"""What makes a catalogue impossible to price, found before it is published, with the field named."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from billing.core.catalogue import (
    Aggregation,
    Catalogue,
    Entitlement,
    EntitlementKind,
    Plan,
    Price,
    Source,
    Timing,
)
from billing.core.charge_checks import check_charge
from billing.core.charges import (
    Beyond,
    Blocks,
    Charge,
    Dynamic,
    Flat,
    Graduated,
    GraduatedPercentage,
    Matrix,
    Percentage,
    StairStep,
    Volume,
)
from billing.core.coupon_checks import check_coupons
from billing.core.currency import exponent
from billing.core.discounts import WHOLE_PERCENT
from billing.core.errors import RuleError
from billing.core.language_checks import check_languages
from billing.core.override_checks import check_phases
from billing.core.periods import FirstPart, nests
from billing.core.policies import TrialEnd

LONGEST_USAGE = 366  # days: the log keeps what was used for a year and its corrections

_KEY = re.compile(r"[a-z][a-z0-9_-]{0,62}", re.ASCII)


def check(catalogue: Catalogue) -> None:
    """Raise the first RuleError found; return when everything can be sold."""
    keys(catalogue.features, "features")
    keys(catalogue.meters, "meters")
    keys(catalogue.plans, "plans")
    keys(catalogue.coupons, "coupons")
    keys(catalogue.instalment_schemes, "instalment_schemes")
    for n, meter in enumerate(catalogue.meters):
        if meter.aggregation is not Aggregation.COUNT and not meter.property:
            raise RuleError("missing_field", "this aggregation reads a property", f"meters[{n}].property")
    _check_products(catalogue)
    for n, plan in enumerate(catalogue.plans):
        _check_plan(catalogue, plan, f"plans[{n}]")
        _check_fallback(catalogue, plan, f"plans[{n}].trial.fallback_plan")
    check_coupons(catalogue)
    check_languages(catalogue)


def _check_products(catalogue: Catalogue) -> None:
    """What is bought once has prices that are asked once."""
    keys(catalogue.products, "products")
    for n, product in enumerate(catalogue.products):
        keys(product.prices, f"products[{n}].prices")
        for m, price in enumerate(product.prices):
            field = f"products[{n}].prices[{m}]"
            check_price(price, set(), field)
            if price.cadence is not None or price.source is not Source.FIXED:
                message = "what is bought once is asked once; a plan asks again and again, or by seat"
                raise RuleError("not_one_time", message, f"{field}.cadence")
        _check_common_currencies(product.prices, f"products[{n}]")
    known = {product.key for product in catalogue.products}
    for n, plan in enumerate(catalogue.plans):
        if plan.product is not None and plan.product not in known:
            raise RuleError("unknown_product", f"{plan.product!r} is not a product", f"plans[{n}].product")


def _check_common_currencies(prices: Iterable[Price], field: str) -> None:
    """Every price has the currencies of the others."""
    sold = {currency for price in prices for currency in price.charges}
    for n, price in enumerate(prices):
        lacking = sold - set(price.charges)
        if lacking:
            message = f"lacks {', '.join(sorted(lacking))}, which other prices have"
            raise RuleError("missing_currency", message, f"{field}.prices[{n}].charges")


def _check_plan(catalogue: Catalogue, plan: Plan, field: str) -> None:
    keys(plan.prices, f"{field}.prices")
    meters = {meter.key for meter in catalogue.meters}
    for n, price in enumerate(plan.prices):
        check_price(price, meters, f"{field}.prices[{n}]")
        if price.cadence and plan.cadence and not nests(price.cadence, plan.cadence, plan.anchoring):
            message = "a price is billed in the shortest rhythm of its plan, or in whole periods of it"
            raise RuleError("cadence_differs", message, f"{field}.prices[{n}].cadence")
    _check_terms(plan, field)
    _check_pause(plan, field)
    keys(plan.phases, f"{field}.phases")
    check_phases(plan, field, lambda price, place: check_price(price, meters, place))
    if plan.prices and not plan.currencies:
        raise RuleError("missing_currency", "no currency is on every price", f"{field}.prices")
    _check_common_currencies(plan.prices, field)
    check_entitlements(catalogue, plan.entitlements, f"{field}.entitlements")


def check_entitlements(catalogue: Catalogue, entitlements: Iterable[Entitlement], field: str) -> None:
    """Of features that there are; a quota against a meter that there is."""
    meters = {meter.key for meter in catalogue.meters}
    features = {feature.key for feature in catalogue.features}
    for n, entitlement in enumerate(entitlements):
        place = f"{field}[{n}]"
        if entitlement.feature not in features:
            raise RuleError(
                "unknown_feature", f"{entitlement.feature!r} is not a feature", f"{place}.feature"
            )
        if entitlement.kind is EntitlementKind.QUOTA and entitlement.meter not in meters:
            raise RuleError("unknown_meter", "a quota counts against a meter", f"{place}.meter")
        if entitlement.limit is not None and entitlement.limit < 0:
            raise RuleError("negative_not_allowed", "a limit is not negative", f"{place}.limit")


def _check_terms(plan: Plan, field: str) -> None:
    if plan.first_part is FirstPart.LONG:
        message = "a subscription bills its first part as short, free or full"
        raise RuleError("first_part_not_possible", message, f"{field}.first_part")
    places = plan.rounding_places
    if places is not None and any(places > exponent(c) for price in plan.prices for c in price.charges):
        message = "an amount has at most the decimals of its currency"
        raise RuleError("too_many_decimals", message, f"{field}.rounding_places")


def _check_pause(plan: Plan, field: str) -> None:
    """What a pause leaves on must have been on."""
    granted = {entitlement.feature for entitlement in plan.entitlements}
    for n, feature in enumerate(plan.pause.keeps):
        if feature not in granted:
            message = f"{feature!r} is no entitlement of the plan"
            raise RuleError("unknown_feature", message, f"{field}.pause.keeps[{n}]")


def _check_fallback(catalogue: Catalogue, plan: Plan, field: str) -> None:
    """Whoever lets a trial end without a method lands on a plan that exists and does not lead back."""
    plans, seen, at = {each.key: each for each in catalogue.plans}, {plan.key}, plan
    while at.trial and at.trial.without_method is TrialEnd.FREE_PLAN:
        key = at.trial.fallback_plan or ""
        if key not in plans:
            raise RuleError("unknown_plan", f"{key!r} is not a plan", field)
        if key in seen:
            raise RuleError("cyclic_plans", f"{key} leads back to {plan.key}", field)
        lacking = sorted(set(plan.currencies) - set(plans[key].currencies)) if plans[key].prices else []
        if lacking:
            raise RuleError("missing_currency", f"{key} is not sold in {', '.join(lacking)}", field)
        seen.add(key)
        at = plans[key]


def check_price(price: Price, meters: set[str], field: str) -> None:
    """Refuse a price that cannot be asked."""
    if not price.charges:
        raise RuleError("missing_field", "a price needs a charge in one currency", f"{field}.charges")
    if price.source is Source.METER and price.meter not in meters:
        raise RuleError("unknown_meter", f"{price.meter!r} is not a meter", f"{field}.meter")
    if price.source is Source.METER and price.timing is Timing.ADVANCE:
        raise RuleError("usage_in_advance", "usage is known only in arrears", f"{field}.timing")
    if price.source is Source.METER and price.cadence is None:
        raise RuleError("missing_field", "usage needs a cadence", f"{field}.cadence")
    if price.source is Source.METER and price.cadence and price.cadence.order > LONGEST_USAGE:
        raise RuleError("cadence_too_long", "usage is billed at least once a year", f"{field}.cadence")
    if price.quantity < 0 or price.allowance < 0:
        raise RuleError("negative_not_allowed", "quantities are not negative", f"{field}.quantity")
    if price.discount_percent is not None and not 0 < price.discount_percent <= WHOLE_PERCENT:
        raise RuleError("invalid_percent", "above 0 and at most 100", f"{field}.discount_percent")
    if price.conversion and (price.conversion.multiply <= 0 or price.conversion.divide <= 0):
        raise RuleError("not_positive", "a conversion factor is above zero", f"{field}.conversion")
    for currency, charge in price.charges.items():
        exponent(currency, f"{field}.charges.{currency}")
        check_charge(charge, f"{field}.charges.{currency}")
        _check_fit(price, charge, field)
        _check_bounds(price, currency, field)
    _check_currencies(price, field)


def _check_currencies(price: Price, field: str) -> None:
    for name in ("base", "minimum", "maximum"):
        unknown = set(getattr(price, name)) - set(price.charges)
        if unknown:
            message = f"{', '.join(sorted(unknown))} is not a currency of the price"
            raise RuleError("missing_currency", message, f"{field}.{name}")


def _by_event(charge: Charge) -> bool:
    """Whether it looks at single events and not at their quantity alone."""
    return isinstance(charge, Percentage | Matrix) or (
        isinstance(charge, Dynamic) and charge.property is not None
    )


def _check_fit(price: Price, charge: Charge, field: str) -> None:
    """Free units need a model that looks at nothing but units; a look at events needs a meter."""
    by_event = _by_event(charge)
    if by_event and price.source is not Source.METER:
        raise RuleError("needs_meter", f"a {charge.KIND} charge looks at events", f"{field}.meter")
    if price.source is Source.METER and price.beyond is Beyond.REFUSED and _ends(charge):
        message = "usage may go beyond the last tier: let that have no end, or say what lies beyond it"
        raise RuleError("quantity_not_priced", message, f"{field}.beyond")
    if price.allowance and (by_event or isinstance(charge, Flat)):
        message = f"a {charge.KIND} charge has no free units; a percentage has free events and a free amount"
        raise RuleError("allowance_not_possible", message, f"{field}.allowance")


def _ends(charge: Charge) -> bool:
    """Whether there is a quantity that none of its tiers prices."""
    match charge:
        case Blocks():
            return charge.tiers[-1].blocks is not None
        case Graduated() | Volume() | StairStep() | GraduatedPercentage():
            return charge.tiers[-1].up_to is not None
        case _:
            return False


def _check_bounds(price: Price, currency: str, field: str) -> None:
    for name, bounds in (("base", price.base), ("minimum", price.minimum), ("maximum", price.maximum)):
        if bounds.get(currency, 0) < 0:
            raise RuleError("negative_not_allowed", "an amount is not negative", f"{field}.{name}.{currency}")
    low, high = price.minimum.get(currency), price.maximum.get(currency)
    if low is not None and high is not None and low > high:
        message = f"the minimum {low} lies above the maximum {high}"
        raise RuleError("minimum_above_maximum", message, f"{field}.minimum.{currency}")


def keys(items: Iterable[Any], field: str) -> None:
    """Each with a key of its own, in the letters of one."""
    seen: set[str] = set()
    for n, item in enumerate(items):
        if not _KEY.fullmatch(item.key):
            raise RuleError("invalid_key", "lower-case letters, digits, _ and -", f"{field}[{n}].key")
        if item.key in seen:
            raise RuleError("duplicate_key", f"{item.key!r} stands twice", f"{field}[{n}].key")
        seen.add(item.key)

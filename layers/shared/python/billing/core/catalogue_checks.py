"""What makes a catalogue impossible to price, found before it is published, with the field named."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from billing.core.catalogue import (
    Aggregation,
    Catalogue,
    EntitlementKind,
    Plan,
    Price,
    Source,
    Timing,
)
from billing.core.charges import Charge, Flat, Graduated, PerUnit, StairStep, Tier, Volume
from billing.core.currency import exponent
from billing.core.errors import RuleError

_KEY = re.compile(r"[a-z][a-z0-9_-]{0,62}", re.ASCII)


def check(catalogue: Catalogue) -> None:
    """Raise the first RuleError found; return when everything can be sold."""
    _keys(catalogue.features, "features")
    _keys(catalogue.meters, "meters")
    _keys(catalogue.plans, "plans")
    for n, meter in enumerate(catalogue.meters):
        if meter.aggregation is not Aggregation.COUNT and not meter.property:
            raise RuleError("missing_field", "this aggregation reads a property", f"meters[{n}].property")
    for n, plan in enumerate(catalogue.plans):
        _check_plan(catalogue, plan, f"plans[{n}]")


def _check_plan(catalogue: Catalogue, plan: Plan, field: str) -> None:
    _keys(plan.prices, f"{field}.prices")
    meters = {meter.key for meter in catalogue.meters}
    features = {feature.key for feature in catalogue.features}
    for n, price in enumerate(plan.prices):
        _check_price(price, meters, f"{field}.prices[{n}]")
    if plan.prices and not plan.currencies:
        raise RuleError("missing_currency", "no currency is on every price", f"{field}.prices")
    for n, price in enumerate(plan.prices):
        lacking = {c for other in plan.prices for c in other.charges} - set(price.charges)
        if lacking:
            message = f"lacks {', '.join(sorted(lacking))}, which other prices have"
            raise RuleError("missing_currency", message, f"{field}.prices[{n}].charges")
    for n, entitlement in enumerate(plan.entitlements):
        place = f"{field}.entitlements[{n}]"
        if entitlement.feature not in features:
            raise RuleError(
                "unknown_feature", f"{entitlement.feature!r} is not a feature", f"{place}.feature"
            )
        if entitlement.kind is EntitlementKind.QUOTA and entitlement.meter not in meters:
            raise RuleError("unknown_meter", "a quota counts against a meter", f"{place}.meter")
        if entitlement.limit is not None and entitlement.limit < 0:
            raise RuleError("negative_not_allowed", "a limit is not negative", f"{place}.limit")


def _check_price(price: Price, meters: set[str], field: str) -> None:
    if not price.charges:
        raise RuleError("missing_field", "a price needs a charge in one currency", f"{field}.charges")
    if price.source is Source.METER and price.meter not in meters:
        raise RuleError("unknown_meter", f"{price.meter!r} is not a meter", f"{field}.meter")
    if price.source is Source.METER and price.timing is Timing.ADVANCE:
        raise RuleError("usage_in_advance", "usage is known only in arrears", f"{field}.timing")
    if price.source is Source.METER and price.cadence is None:
        raise RuleError("missing_field", "usage needs a cadence", f"{field}.cadence")
    if price.quantity < 0 or price.allowance < 0:
        raise RuleError("negative_not_allowed", "quantities are not negative", f"{field}.quantity")
    for currency, charge in price.charges.items():
        exponent(currency, f"{field}.charges.{currency}")
        _check_charge(charge, f"{field}.charges.{currency}")


def _check_charge(charge: Charge, field: str) -> None:
    match charge:
        case Flat(amount=amount) | PerUnit(unit_amount=amount):
            if amount < 0:
                raise RuleError("negative_not_allowed", "a price is not negative", field)
        case Graduated(tiers=tiers) | Volume(tiers=tiers) | StairStep(tiers=tiers):
            _check_tiers(tiers, f"{field}.tiers")
        case _:
            pass


def _check_tiers(tiers: tuple[Tier, ...], field: str) -> None:
    """Tiers rise without gap or overlap; only the last may be without end."""
    if not tiers:
        raise RuleError("missing_field", "at least one tier", field)
    before = None
    for n, tier in enumerate(tiers):
        place = f"{field}[{n}]"
        if tier.unit_amount < 0 or tier.flat_amount < 0:
            raise RuleError("negative_not_allowed", "a price is not negative", place)
        if tier.up_to is None and n != len(tiers) - 1:
            raise RuleError("tiers_overlap", "only the last tier is without end", f"{place}.up_to")
        if tier.up_to is not None and tier.up_to <= (before or 0):
            raise RuleError("tiers_overlap", "must lie above the tier before", f"{place}.up_to")
        before = tier.up_to


def _keys(items: Iterable[Any], field: str) -> None:
    seen: set[str] = set()
    for n, item in enumerate(items):
        if not _KEY.fullmatch(item.key):
            raise RuleError("invalid_key", "lower-case letters, digits, _ and -", f"{field}[{n}].key")
        if item.key in seen:
            raise RuleError("duplicate_key", f"{item.key!r} stands twice", f"{field}[{n}].key")
        seen.add(item.key)

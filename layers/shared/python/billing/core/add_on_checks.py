"""What makes add-ons and bundles impossible to sell, found before publication, with the field named."""

from __future__ import annotations

from collections.abc import Mapping

from billing.core.add_ons import for_plan, multiplies, require_fitting, require_rhythm
from billing.core.agreed import Agreement, TakenAddOn, agreed, with_override
from billing.core.catalogue import AddOn, Bundle, Catalogue, Plan
from billing.core.catalogue_checks import check_entitlements, check_price, keys
from billing.core.errors import RuleError


def check_add_ons(catalogue: Catalogue) -> None:
    """Raise the first RuleError found in an add-on or a bundle."""
    keys(catalogue.add_ons, "add_ons")
    known = {add_on.key: add_on for add_on in catalogue.add_ons}
    for n, add_on in enumerate(catalogue.add_ons):
        _check_add_on(catalogue, known, add_on, f"add_ons[{n}]")
    keys(catalogue.bundles, "bundles")
    for n, bundle in enumerate(catalogue.bundles):
        _check_bundle(catalogue, known, bundle, f"bundles[{n}]")


def _check_add_on(catalogue: Catalogue, known: Mapping[str, AddOn], add_on: AddOn, field: str) -> None:
    keys(add_on.prices, f"{field}.prices")
    meters = {meter.key for meter in catalogue.meters}
    for n, price in enumerate(add_on.prices):
        check_price(price, meters, f"{field}.prices[{n}]")
    check_entitlements(catalogue, add_on.entitlements, f"{field}.entitlements")
    if add_on.max_quantity is not None and add_on.max_quantity < 1:
        raise RuleError("not_positive", "it can be had once or more", f"{field}.max_quantity")
    if add_on.max_quantity != 1 and not multiplies(add_on):
        message = "a flat amount is the same for two as for one: ask per_unit, or let it be had once"
        raise RuleError("flat_not_possible", message, f"{field}.max_quantity")
    _check_plans(catalogue, add_on, field)
    _check_others(catalogue, known, add_on, field)


def _check_plans(catalogue: Catalogue, add_on: AddOn, field: str) -> None:
    """It goes with each of its plans: it has their currencies and keeps to their rhythm."""
    plans = {plan.key: plan for plan in catalogue.plans}
    for n, key in enumerate(add_on.plans):
        if key not in plans:
            raise RuleError("unknown_plan", f"{key!r} is not a plan", f"{field}.plans[{n}]")
    for plan in catalogue.plans:
        if not for_plan(add_on, plan.key):
            continue
        require_rhythm(plan, add_on, f"{field}.prices")
        for n, price in enumerate(add_on.prices):
            lacking = [c for c in plan.currencies if c not in price.charges]
            if lacking:
                message = f"lacks {', '.join(lacking)}, in which {plan.key} is sold"
                raise RuleError("missing_currency", message, f"{field}.prices[{n}].charges")


def _check_others(catalogue: Catalogue, known: Mapping[str, AddOn], add_on: AddOn, field: str) -> None:
    """What it requires can be had with it: it leads not back, excludes nothing, a plan has all."""
    for name in ("requires", "excludes"):
        for n, key in enumerate(getattr(add_on, name)):
            if key not in known:
                raise RuleError("unknown_add_on", f"{key!r} is not an add-on", f"{field}.{name}[{n}]")
    found = _required(known, add_on, field)
    together = [add_on, *found.values()]
    for one in together:
        excluded = [key for key in one.excludes if key in found or key == add_on.key]
        if excluded:
            message = f"{one.key} excludes {', '.join(excluded)}, and is had with it"
            raise RuleError("required_and_excluded", message, f"{field}.requires")
    if not any(all(for_plan(one, plan.key) for one in together) for plan in catalogue.plans):
        message = "no plan can have it with all that it requires"
        raise RuleError("no_plan_fits", message, f"{field}.requires" if found else f"{field}.plans")


def _required(known: Mapping[str, AddOn], add_on: AddOn, field: str) -> dict[str, AddOn]:
    """All that it requires, near and far."""
    found: dict[str, AddOn] = {}
    ahead = list(add_on.requires)
    while ahead:
        key = ahead.pop()
        if key == add_on.key:
            raise RuleError("cyclic_add_ons", f"{add_on.key} requires itself", f"{field}.requires")
        if key in known and key not in found:
            found[key] = known[key]
            ahead += known[key].requires
    return found


def _check_bundle(catalogue: Catalogue, known: Mapping[str, AddOn], bundle: Bundle, field: str) -> None:
    plan = next((each for each in catalogue.plans if each.key == bundle.plan), None)
    if plan is None:
        raise RuleError("unknown_plan", f"{bundle.plan!r} is not a plan", f"{field}.plan")
    keys(bundle.add_ons, f"{field}.add_ons")
    for n, each in enumerate(bundle.add_ons):
        if each.key not in known:
            message = f"{each.key!r} is not an add-on"
            raise RuleError("unknown_add_on", message, f"{field}.add_ons[{n}].key")
        if each.quantity < 1:
            raise RuleError("not_positive", "once or more", f"{field}.add_ons[{n}].quantity")
    taken = [(known[each.key], each.quantity) for each in bundle.add_ons]
    for currency in plan.currencies or _currencies(taken):
        require_fitting(plan, taken, currency, f"{field}.add_ons")
    _check_overrides(catalogue, plan, bundle, known, field)


def _currencies(taken: list[tuple[AddOn, int]]) -> list[str]:
    """Those of its add-ons, where the plan itself is free."""
    found = [set(price.charges) for add_on, _ in taken for price in add_on.prices]
    return sorted(set[str].intersection(*found)) if found else ["USD"]


def _check_overrides(
    catalogue: Catalogue, plan: Plan, bundle: Bundle, known: Mapping[str, AddOn], field: str
) -> None:
    """Of prices that the plan has with its add-ons, each sound as it is then asked."""
    taken = Agreement(
        add_ons=tuple(TakenAddOn(e.key, known[e.key].version, e.quantity) for e in bundle.add_ons)
    )
    meters = {meter.key for meter in catalogue.meters}
    prices = {price.key: price for price in agreed(plan, taken, add_ons=known.values()).prices}
    for n, override in enumerate(bundle.overrides):
        place = f"{field}.overrides[{n}]"
        if override.price not in prices:
            raise RuleError("unknown_price", f"one of: {', '.join(prices)}", f"{place}.price")
        check_price(with_override(prices[override.price], override), meters, place)

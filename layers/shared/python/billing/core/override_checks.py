"""What makes overrides, and phases that bring some, impossible to price, with the field named."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import fields

from billing.core.agreed import Agreement, agreed, with_override
from billing.core.catalogue import Plan, Price, Source
from billing.core.errors import RuleError
from billing.core.overrides import Override

PriceCheck = Callable[[Price, str], None]  # of a price, and the field it stands in


def check_phases(plan: Plan, field: str, check: PriceCheck) -> None:
    """Phases that last, each with overrides of prices that the plan has."""
    for n, phase in enumerate(plan.phases):
        place = f"{field}.phases[{n}]"
        if phase.periods < 1:
            raise RuleError("not_positive", "a phase lasts 1 period or more", f"{place}.periods")
        check_overrides(plan.prices, phase.overrides, f"{place}.overrides", check)


def check_agreement(plan: Plan, overrides: Sequence[Override], field: str, check: PriceCheck) -> None:
    """Overrides that hold in every phase of a plan and behind them."""
    check_overrides(plan.prices, overrides, field, check)
    begun = 0
    for phase in plan.phases:
        ramped = agreed(plan, Agreement(), period=begun)
        check_overrides(ramped.prices, overrides, field, check)
        begun += phase.periods


def check_overrides(
    prices: Sequence[Price], overrides: Sequence[Override], field: str, check: PriceCheck
) -> None:
    """What is left of each price is checked as any price, under the field of its override."""
    known, seen = {price.key: price for price in prices}, set[str]()
    for n, override in enumerate(overrides):
        place = f"{field}[{n}]"
        if override.price not in known:
            raise RuleError("unknown_price", f"one of: {', '.join(known) or 'none'}", f"{place}.price")
        if override.price in seen:
            raise RuleError("duplicate_key", f"{override.price!r} stands twice", f"{place}.price")
        seen.add(override.price)
        _check_override(known[override.price], override, place)
        check(with_override(known[override.price], override), place)


def _check_override(price: Price, override: Override, field: str) -> None:
    said = [f.name for f in fields(override) if f.name != "price" and getattr(override, f.name) is not None]
    if not said:
        raise RuleError("nothing_to_override", "say what differs from the price", field)
    for currency in override.charges or ():
        if currency not in price.charges:
            message = f"{price.key} is sold in {', '.join(price.charges)}"
            raise RuleError("missing_currency", message, f"{field}.charges.{currency}")
    if override.quantity is not None and price.source is not Source.FIXED:
        message = f"the quantity of {price.key} comes from its {price.source}"
        raise RuleError("quantity_not_possible", message, f"{field}.quantity")

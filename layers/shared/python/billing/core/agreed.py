"""The plan as one subscriber agreed to it: its phase, overrides, add-ons and language applied.

Every one of them is a change of a `Plan` value, so that whatever bills, previews or corrects looks at a plan
and knows nothing of where its terms come from.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from billing.core.catalogue import Plan, Price
from billing.core.languages import text_in
from billing.core.overrides import Override, phase_at
from billing.core.record import Record


@dataclass(frozen=True, slots=True)
class Agreement(Record):
    """What a subscriber agreed on beside a version of a plan; later overrides win, field by field."""

    overrides: tuple[Override, ...] = ()


NOTHING = Agreement()


def agreed(plan: Plan, agreement: Agreement, *, period: int = 0, language: str | None = None) -> Plan:
    """The plan under an agreement, in a period counted since it began; the plan itself for nothing."""
    phase = phase_at(plan.phases, period)
    overrides = (*(phase.overrides if phase else ()), *agreement.overrides)
    if overrides:
        plan = replace(plan, prices=tuple(_overridden(price, overrides) for price in plan.prices))
    return spoken(plan, language) if language else plan


def spoken(plan: Plan, language: str) -> Plan:
    """The plan with its names in a language, as far as they are known."""
    if not has_texts(plan):
        return plan
    prices = tuple(replace(price, name=text_in(price.name, price.names, language)) for price in plan.prices)
    return replace(plan, name=text_in(plan.name, plan.names, language), prices=prices)


def has_texts(plan: Plan) -> bool:
    """Whether it has names in several languages."""
    return bool(plan.names) or any(price.names for price in plan.prices)


def same_terms(one: Price, other: Price) -> bool:
    """Whether two prices ask the same, whatever they are called."""
    return one == replace(other, name=one.name, names=one.names, descriptions=one.descriptions)


def _overridden(price: Price, overrides: Iterable[Override]) -> Price:
    for override in overrides:
        if override.price == price.key:
            price = with_override(price, override)
    return price


def with_override(price: Price, override: Override) -> Price:
    """A price with what an override says otherwise."""
    changed: dict[str, Any] = {}
    for name in ("quantity", "allowance", "discount_percent"):
        value = getattr(override, name)
        if value is not None:
            changed[name] = value
    for name in ("charges", "minimum", "maximum"):
        by_currency: Mapping[str, Any] | None = getattr(override, name)
        if by_currency is not None:
            changed[name] = {**getattr(price, name), **by_currency}
    return replace(price, **changed)

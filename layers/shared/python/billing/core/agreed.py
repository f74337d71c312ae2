"""The plan as one subscriber agreed to it: its phase, overrides, add-ons and language applied.

Every one of them is a change of a `Plan` value, so that whatever bills, previews or corrects looks at a plan
and knows nothing of where its terms come from.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from billing.core.catalogue import AddOn, Plan, Price, Source
from billing.core.entitlements import stacked
from billing.core.languages import text_in
from billing.core.overrides import Override, phase_at
from billing.core.record import Record

OF_ADD_ON = "."  # in the key of a price in an agreed plan: that of an add-on, `<add-on>.<price>`


@dataclass(frozen=True, slots=True)
class TakenAddOn(Record):
    """An add-on in the version in which it was taken, so many times."""

    key: str
    version: int
    quantity: int = 1


@dataclass(frozen=True, slots=True)
class Agreement(Record):
    """What a subscriber agreed on beside a version of a plan; later overrides win, field by field.

    `bundle` is the version of what was ordered, where that was one; `cohort` the experiment and the arm
    (`experiment/arm`) in which it began.
    """

    overrides: tuple[Override, ...] = ()
    add_ons: tuple[TakenAddOn, ...] = ()
    bundle: str | None = None
    cohort: str | None = None

    def taking(
        self, wanted: Iterable[TakenAddOn], overrides: tuple[Override, ...] | None = None
    ) -> Agreement:
        """The same with some add-ons as wanted, and with other overrides where some are named.

        Add-ons of a quantity of 0 are given up.
        """
        add_ons = tuple(each for each in merged(self.add_ons, wanted) if each.quantity)
        own = self.overrides if overrides is None else overrides
        return replace(self, add_ons=add_ons, overrides=own)

    def quantities(self) -> dict[str, int]:
        """How often each add-on is had."""
        return {each.key: each.quantity for each in self.add_ons}


NOTHING = Agreement()


def merged(first: Iterable[TakenAddOn], later: Iterable[TakenAddOn]) -> tuple[TakenAddOn, ...]:
    """Both, each key once: as the later says, in the place it had."""
    return tuple(({each.key: each for each in first} | {each.key: each for each in later}).values())


def agreed(
    plan: Plan,
    agreement: Agreement,
    *,
    period: int = 0,
    language: str | None = None,
    add_ons: Iterable[AddOn] = (),
) -> Plan:
    """The plan under an agreement, in a period counted since it began; the plan itself for nothing.

    `add_ons` are those that the agreement names.
    """
    known = {each.ref: each for each in add_ons}
    for taken in agreement.add_ons:
        plan = _with_add_on(plan, known[f"{taken.key}@{taken.version}"], taken.quantity)
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


def price_key(add_on: AddOn, price: Price) -> str:
    """What a price of an add-on is called in an agreed plan."""
    return f"{add_on.key}{OF_ADD_ON}{price.key}"


def _with_add_on(plan: Plan, add_on: AddOn, quantity: int) -> Plan:
    """The plan with what an add-on asks and grants; what has a fixed quantity is asked so many times."""
    prices = [
        replace(
            price,
            key=price_key(add_on, price),
            quantity=price.quantity * quantity if price.source is Source.FIXED else price.quantity,
        )
        for price in add_on.prices
    ]
    granted = stacked(plan.entitlements, add_on.entitlements, quantity)
    return replace(plan, prices=(*plan.prices, *prices), entitlements=granted)


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

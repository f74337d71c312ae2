"""Which add-ons go with a plan and with each other, and how often: at an order and at every change."""

from __future__ import annotations

from collections.abc import Sequence

from billing.core.catalogue import AddOn, Plan, Source, shortest
from billing.core.errors import RuleError
from billing.core.periods import Cadence, Unit, nests

Taken = tuple[AddOn, int]  # an add-on, and how often

OWN_CADENCE = Cadence(Unit.MONTH)  # of a plan without recurring prices


def require_fitting(plan: Plan, taken: Sequence[Taken], currency: str, field: str = "add_ons") -> None:
    """Refuse add-ons that a plan cannot have, or not together; the refusal names the remedy."""
    keys = {add_on.key for add_on, _ in taken}
    for add_on, quantity in taken:
        if not for_plan(add_on, plan.key):
            message = f"{add_on.key} is for {', '.join(add_on.plans)}, not for {plan.key}: give it up with it"
            raise RuleError("add_on_not_for_plan", message, field)
        missing = [key for key in add_on.requires if key not in keys]
        if missing:
            message = f"{add_on.key} is had with {', '.join(missing)}: take both or neither"
            raise RuleError("add_on_required", message, field)
        excluded = [key for key in add_on.excludes if key in keys]
        if excluded:
            message = f"{add_on.key} is not had with {', '.join(excluded)}: give up one of them"
            raise RuleError("add_ons_exclude", message, field)
        if add_on.max_quantity is not None and quantity > add_on.max_quantity:
            message = f"{add_on.key} is had at most {add_on.max_quantity} times"
            raise RuleError("too_many_of_add_on", message, field)
        require_rhythm(plan, add_on, field)
        for price in add_on.prices:
            if currency not in price.charges:
                message = f"{add_on.key} is sold in {', '.join(price.charges)}"
                raise RuleError("currency_not_offered", message, field)


def without_unfitting(plan: Plan, taken: Sequence[Taken]) -> list[Taken]:
    """Those that a plan can have, without what requires one that it cannot."""
    left = [each for each in taken if for_plan(each[0], plan.key)]
    while True:
        keys = {add_on.key for add_on, _ in left}
        kept = [each for each in left if keys.issuperset(each[0].requires)]
        if len(kept) == len(left):
            return kept
        left = kept


def for_plan(add_on: AddOn, plan: str) -> bool:
    """Whether it can be had with a plan; where none is named with any."""
    return not add_on.plans or plan in add_on.plans


def require_rhythm(plan: Plan, add_on: AddOn, field: str) -> None:
    """Refuse prices whose periods do not consist of whole ones of the plan: they would shift its own."""
    own = plan.cadence or OWN_CADENCE
    for price in add_on.prices:
        if price.cadence and not nests(price.cadence, own, plan.anchoring):
            message = f"{add_on.key}.{price.key} is not billed in whole periods of {plan.key}"
            raise RuleError("cadence_differs", message, field)
    alone = shortest(add_on.prices)
    if plan.cadence is None and alone not in {None, own}:
        message = f"{plan.key} has monthly periods, which {add_on.key} would make longer"
        raise RuleError("cadence_differs", message, field)


def multiplies(add_on: AddOn) -> bool:
    """Whether two of it cost twice as much as one."""
    fixed = [price for price in add_on.prices if price.source is Source.FIXED]
    return all(charge.KIND != "flat" for price in fixed for charge in price.charges.values())

"""Terms of one subscription or one customer that differ from a plan's: set, read, and where they begin."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

from billing.aws.changes import Changes
from billing.aws.items import Item
from billing.aws.table import Table, found
from billing.core.agreed import NOTHING, OF_ADD_ON, Agreement, agreed
from billing.core.catalogue import Plan, Price
from billing.core.catalogue_checks import check_price
from billing.core.changing import change_later
from billing.core.errors import RuleError
from billing.core.override_checks import check_agreement
from billing.core.overrides import Override
from billing.core.scheduled import NewTerms
from billing.core.strict import read_strict
from billing.core.subscription import Subscription
from sales import catalogue
from sales.currencies import require_sold
from sales.store import customer_key, overrides_key

FIELD = "body.overrides"

Overrides = tuple[Override, ...]


def parsed(given: Sequence[object]) -> Overrides:
    """Overrides as they come from outside."""
    return tuple(read_strict(Override, each, f"{FIELD}[{n}]") for n, each in enumerate(given))


def as_data(overrides: Iterable[Override]) -> list[dict[str, Any]]:
    """Overrides as an answer: what differs and nothing else."""
    return [each.sparse() for each in overrides]


def planned(table: Table, tenant: str, before: Subscription, overrides: Overrides) -> Subscription:
    """The subscription with these overrides instead of its own from its next period on.

    They are checked against the plan and the add-ons that it will have by then.
    """
    under = before.pending or before.under(NewTerms())
    plan = catalogue.plan_version(table, tenant, under.plan, under.plan_version)
    require_sound(table, tenant, plan, under.agreement, overrides, FIELD)
    after = change_later(before, plan, NewTerms(overrides=overrides))
    require_sold(table, tenant, before, after, FIELD)
    return after


def require_holding(table: Table, tenant: str, plan: Plan, agreement: Agreement) -> None:
    """Refuse a version of a plan that what is agreed does not fit: none of it is left out in silence.

    What is agreed for an add-on goes with that.
    """
    plain = replace(agreement, overrides=())
    for each in agreement.overrides:
        if OF_ADD_ON not in each.price:
            require_sound(table, tenant, plan, plain, (each,), f"overrides.{plan.key}")


def of_customer(table: Table, tenant: str, customer: str, plan: str) -> Overrides:
    """What a customer agreed on for a plan; NotFoundError where that is nothing."""
    return _read(found(table, overrides_key(tenant, customer, plan), "overrides"))


def set_for_customer(changes: Changes, customer: str, plan: str, overrides: Overrides) -> None:
    """What new subscriptions of a customer to a plan begin with; those it has stay as they are."""
    table, tenant = changes.table, changes.context.tenant
    found(table, customer_key(tenant, customer), "customer")
    require_sound(table, tenant, catalogue.plan_on_sale(table, tenant, plan), Agreement(), overrides, FIELD)
    key = overrides_key(tenant, customer, plan)
    known = table.get(**key)
    item = {**key, "data": [each.to_data() for each in overrides]}
    changes.put(item, seen=known["version"] if known else None, label=f"overrides of {plan}")


def forget_for_customer(changes: Changes, customer: str, plan: str) -> None:
    """New subscriptions begin with the plan itself again."""
    item = found(changes.table, overrides_key(changes.context.tenant, customer, plan), "overrides")
    changes.delete(item["pk"], item["sk"], seen=item["version"], label=f"overrides of {plan}")


def with_own(table: Table, tenant: str, customer: str, plan: Plan, agreement: Agreement) -> Agreement:
    """An agreement with what a customer agreed on for the plan, behind what a bundle brings."""
    own = _own(table, tenant, customer, plan.key)
    if not own:
        return agreement
    require_sound(table, tenant, plan, agreement, own, f"overrides.{plan.key}")
    return replace(agreement, overrides=(*agreement.overrides, *own))


def usable(table: Table, tenant: str, customer: str, plan: Plan) -> Agreement:
    """What a customer agreed on for a plan that nobody orders; left behind where the plan moved on."""
    try:
        return with_own(table, tenant, customer, plan, NOTHING)
    except RuleError:
        return NOTHING


def at_change(table: Table, tenant: str, before: Subscription, plan: str | None) -> Overrides | None:
    """What a change to a plan begins with; None leaves what is agreed.

    Back to the plan it has, while another waits, is back to the terms it has.
    """
    if plan is None:
        return None
    if plan == before.plan:
        other = before.pending is not None and before.pending.plan != plan
        return before.agreement.overrides if other else None
    own = _own(table, tenant, before.customer, plan)
    if own:
        on_sale = catalogue.plan_on_sale(table, tenant, plan)
        require_sound(table, tenant, on_sale, Agreement(), own, f"overrides.{plan}")
    return own


def require_sound(
    table: Table, tenant: str, plan: Plan, agreement: Agreement, overrides: Overrides, field: str
) -> None:
    """Refuse what could not be published: of prices that the plan has with its add-ons, in every phase."""
    if not overrides:
        return
    add_ons = [catalogue.add_on_version(table, tenant, e.key, e.version) for e in agreement.add_ons]
    terms = agreement if field != FIELD else replace(agreement, overrides=())
    whole = agreed(replace(plan, phases=()), terms, add_ons=add_ons)
    meters = {each.key for each in catalogue.Shelf(table, tenant).catalogue(withdrawn=True).meters}

    def check(price: Price, place: str) -> None:
        check_price(price, meters, place)

    check_agreement(replace(whole, phases=plan.phases), overrides, field, check)


def _own(table: Table, tenant: str, customer: str, plan: str) -> Overrides:
    known = table.get(**overrides_key(tenant, customer, plan))
    return _read(known) if known else ()


def _read(item: Item) -> Overrides:
    return tuple(Override.from_data(each) for each in item["data"])

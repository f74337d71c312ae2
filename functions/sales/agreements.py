"""The plan of a subscription as it was agreed: read from its version and whatever else it depends on."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from billing.aws.items import Item
from billing.aws.table import Table
from billing.core import subscription as rules
from billing.core.agreed import NOTHING, Agreement, agreed, has_texts, spoken
from billing.core.billing_run import since
from billing.core.catalogue import Plan
from billing.core.subscription import PendingChange, Subscription
from sales import catalogue
from sales.store import customer_key


def plan_of(table: Table, tenant: str, subscription: Subscription) -> Plan:
    """The plan a subscription is under in its period, as it was agreed."""
    plan = catalogue.plan_version(table, tenant, subscription.plan, subscription.plan_version)
    return plan_under(table, tenant, subscription, plan)


def pending_plan(table: Table, tenant: str, subscription: Subscription) -> Plan | None:
    """The plan its next period begins with, where a change waits."""
    waits = subscription.pending
    if waits is None:
        return None
    plan = catalogue.plan_version(table, tenant, waits.plan, waits.plan_version)
    found = under_agreement(table, tenant, plan, waits.agreement)
    return in_language(table, tenant, subscription.customer, found)


def plan_with(table: Table, tenant: str, subscription: Subscription, under: PendingChange) -> Plan:
    """The plan a subscription is under from the middle of a period on, with other terms."""
    plan = catalogue.plan_version(table, tenant, under.plan, under.plan_version)
    period = subscription.plan_period if plan.key == subscription.plan else 0
    found = under_agreement(table, tenant, plan, under.agreement, period=period)
    return in_language(table, tenant, subscription.customer, found)


def renewal(table: Table, tenant: str, stored: Subscription, plan: Plan) -> tuple[Subscription, Plan | None]:
    """The subscription in its next period, and the plan it opens under, where that is another one."""
    renewed = rules.renew(stored, pending_plan(table, tenant, stored))
    if not (stored.pending or plan.phases):
        return renewed, None
    opening = plan_of(table, tenant, renewed)
    begun = since(stored, renewed, plan, opening, stored.period.end)
    return replace(renewed, since=begun), None if opening == plan else opening


def under_agreement(table: Table, tenant: str, plan: Plan, agreement: Agreement, *, period: int = 0) -> Plan:
    """A plan under an agreement, with the versions of the add-ons that it names."""
    add_ons = [catalogue.add_on_version(table, tenant, e.key, e.version) for e in agreement.add_ons]
    return agreed(plan, agreement, period=period, add_ons=add_ons)


def plan_under(table: Table, tenant: str, subscription: Subscription, plan: Plan) -> Plan:
    """A version of a plan as a subscription has agreed to it."""
    period = subscription.plan_period if plan.key == subscription.plan else 0
    found = under_agreement(table, tenant, plan, subscription.agreed_on(plan.key), period=period)
    return in_language(table, tenant, subscription.customer, found)


def in_language(table: Table, tenant: str, customer: str, plan: Plan) -> Plan:
    """The plan in the language of a customer; nobody is looked up where it has but one."""
    if not has_texts(plan):
        return plan
    known = table.get(**customer_key(tenant, customer)) or {}
    return spoken(plan, known.get("locale", ""))


def kept(before: Subscription, plan: Plan) -> dict[str, Any]:
    """What must be kept of an agreement to find its terms again when usage comes late."""
    item: dict[str, Any] = {"plan": plan.key, "plan_version": plan.version}
    if before.agreement != NOTHING:
        item["agreement"] = before.agreement.to_data()
    if plan.phases:
        item["period"] = before.plan_period
    return item


def as_it_was(table: Table, tenant: str, customer: str, item: Item) -> Plan:
    """The plan of the moment that `kept` speaks of."""
    plan = catalogue.plan_version(table, tenant, item["plan"], item["plan_version"])
    agreement = Agreement.from_data(item["agreement"]) if "agreement" in item else NOTHING
    plan = under_agreement(table, tenant, plan, agreement, period=item.get("period", 0))
    return in_language(table, tenant, customer, plan)

"""The plan of a subscription as it was agreed."""

from __future__ import annotations

from billing.aws.table import Table
from billing.core.catalogue import Plan
from billing.core.subscription import Subscription
from sales import catalogue


def plan_of(table: Table, tenant: str, subscription: Subscription) -> Plan:
    """The plan version a subscription is under."""
    return catalogue.plan_version(table, tenant, subscription.plan, subscription.plan_version)


def pending_plan(table: Table, tenant: str, subscription: Subscription) -> Plan | None:
    """The plan version that its next period begins with, where a change waits."""
    waits = subscription.pending
    return catalogue.plan_version(table, tenant, waits.plan, waits.plan_version) if waits else None

"""Use cases of a change of plan or seats: preview it, make it now or with the next period, take it back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from billing.aws.changes import Changes
from billing.aws.table import Table
from billing.core import changing
from billing.core.catalogue import Direction, Plan
from billing.core.invoicing import Invoice
from billing.core.plan_change import Wish, changed, settlement, treatment, used
from billing.core.subscription import Subscription
from events.sales import SubscriptionChangedV1
from sales import catalogue
from sales.agreements import plan_of, plan_under
from sales.late_usage import remember
from sales.moments import tax_rates
from sales.store import legal_entity
from sales.subscriptions import store_changed, store_draft, stored_subscription
from sales.usage_totals import CustomerUsage


@dataclass(frozen=True, slots=True)
class PlanChange:
    """What a change does: how it is treated, the subscription after it, the invoice that settles it."""

    how: Direction
    after: Subscription
    invoice: Invoice | None


def preview(
    table: Table,
    tenant: str,
    subscription: str,
    plan: str | None,
    wish: Wish,
    at: datetime,
    *,
    keep: bool = False,
) -> PlanChange:
    """What a change would do; the very function that does it. `plan` None changes seats alone.

    `keep` stores the folds of the usage it looks at, as a change that is made must.
    """
    before, _ = stored_subscription(table, tenant, subscription)
    old = plan_of(table, tenant, before)
    wanted = _wanted(table, tenant, before, plan)
    how = treatment(old, wanted, before, wish)
    new = plan_under(table, tenant, before, wanted, opens=how is Direction.RESTART)
    after = changed(before, old, new, wish, at=at)
    invoice = None
    if how is not Direction.NEXT_PERIOD:
        invoice = _settled(table, tenant, before, after, old, new, how, at, keep=keep)
    return PlanChange(how, after, invoice)


def change(changes: Changes, subscription: str, plan: str | None, wish: Wish) -> PlanChange:
    """Make a change; what it asks or gives back now is an invoice of its own."""
    context = changes.context
    before, seen = stored_subscription(changes.table, context.tenant, subscription)
    made = preview(changes.table, context.tenant, subscription, plan, wish, context.now, keep=True)
    store_changed(changes, before, made.after, seen, SubscriptionChangedV1)
    if made.invoice is not None:
        store_draft(changes, made.invoice)
        old = plan_of(changes.table, context.tenant, before)
        remember(changes, before, old, made.invoice, context.now)
    return made


def keep_plan(changes: Changes, subscription: str) -> Subscription:
    """Take a change back that waits for the next period."""
    stored, seen = stored_subscription(changes.table, changes.context.tenant, subscription)
    return store_changed(changes, stored, changing.keep_plan(stored), seen, SubscriptionChangedV1)


def _wanted(table: Table, tenant: str, before: Subscription, plan: str | None) -> Plan:
    """The plan on sale that was named, else the version that the subscription has."""
    if plan is None:
        return catalogue.plan_version(table, tenant, before.plan, before.plan_version)
    return catalogue.plan_on_sale(table, tenant, plan)


def _settled(
    table: Table,
    tenant: str,
    before: Subscription,
    after: Subscription,
    old: Plan,
    new: Plan,
    how: Direction,
    at: datetime,
    *,
    keep: bool,
) -> Invoice | None:
    ended = {price.key: each.part for price, each in used(before, after, old, new, how, at)}
    counted = CustomerUsage(table, tenant, before.customer, keep=keep) if ended else None
    return settlement(
        before,
        after,
        old,
        new,
        how,
        usage=counted.of_prices(old, ended) if counted else {},
        tax_rates=tax_rates(legal_entity(table, tenant, before.legal_entity)),
        at=at,
    )

"""Use cases of a change of plan or seats: preview it, make it now or with the next period, take it back."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from billing.aws.changes import Changes
from billing.aws.table import Table
from billing.core import changing
from billing.core.catalogue import Plan
from billing.core.currency_change import stopping
from billing.core.invoicing import Invoice
from billing.core.plan_change import Wish, changed, in_force, settlement, treatment, used
from billing.core.policies import Direction
from billing.core.scheduled import NewTerms
from billing.core.subscription import Subscription
from events.sales import SubscriptionChangedV1
from sales import catalogue
from sales.add_ons import require_sound
from sales.agreements import plan_of, plan_with
from sales.currencies import require_sold
from sales.late_usage import remember
from sales.moments import tax_rates
from sales.seats import require_free
from sales.store import legal_entity
from sales.subscriptions import store_changed, store_draft, stored_subscription
from sales.usage_totals import CustomerUsage


@dataclass(frozen=True, slots=True)
class PlanChange:
    """What a change does: how it is treated, the subscription after it, the invoice that settles it.

    `coupons_stopping` have no amount in the currency that it goes on in.
    """

    how: Direction
    after: Subscription
    invoice: Invoice | None
    old: Plan
    new: Plan
    coupons_stopping: tuple[str, ...] = ()


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
    before, seen = stored_subscription(table, tenant, subscription)
    old = plan_of(table, tenant, before)
    new = _wanted(table, tenant, before, plan, wish) if plan or wish.add_ons else old
    after = changed(before, old, new, wish, at=at)
    require_sold(table, tenant, before, after)
    require_sound(table, tenant, after)
    how = treatment(old, new, before, wish)
    ahead = wish.at is not None and wish.at > at
    invoice = None
    if how is not Direction.NEXT_PERIOD and not ahead:
        about = str(seen)  # there and back and there again, within an instant of a test clock
        invoice = _settled(table, tenant, before, after, old, new, how, at, keep=keep, about=about)
    stopped = stopping(before, wish.currency, at) if wish.currency else ()
    return PlanChange(how, after, invoice, old, new, stopped)


def carried_out(
    table: Table,
    tenant: str,
    before: Subscription,
    terms: NewTerms,
    at: datetime,
    *,
    keep: bool,
    whole: bool = False,
) -> PlanChange:
    """A scheduled change at its instant, settled as one that is made then."""
    old, under = plan_of(table, tenant, before), before.under(terms)
    new = plan_with(table, tenant, before, under)
    how, after = in_force(before, old, new, terms, at=at, whole=whole)
    invoice = None
    if how is not Direction.NEXT_PERIOD:
        invoice = _settled(table, tenant, before, after, old, new, how, at, keep=keep)
    return PlanChange(how, after, invoice, old, new)


def change(changes: Changes, subscription: str, plan: str | None, wish: Wish) -> PlanChange:
    """Make a change; what it asks or gives back now is an invoice of its own."""
    context = changes.context
    before, seen = stored_subscription(changes.table, context.tenant, subscription)
    require_free(changes, before, wish.seats)
    made = preview(changes.table, context.tenant, subscription, plan, wish, context.now, keep=True)
    store_changed(changes, before, made.after, seen, SubscriptionChangedV1)
    if made.invoice is not None:
        store_draft(changes, made.invoice)
        remember(changes, before, made.old, made.invoice, context.now)
    return made


def keep_plan(changes: Changes, subscription: str) -> Subscription:
    """Take a change back that waits for the next period."""
    stored, seen = stored_subscription(changes.table, changes.context.tenant, subscription)
    return store_changed(changes, stored, changing.keep_plan(stored), seen, SubscriptionChangedV1)


def _wanted(table: Table, tenant: str, before: Subscription, plan: str | None, wish: Wish) -> Plan:
    """The plan that a wish is about, with the add-ons it names."""
    terms = NewTerms(add_ons=wish.add_ons, overrides=wish.overrides)
    if plan is not None:
        on_sale = catalogue.plan_on_sale(table, tenant, plan)
        terms = replace(terms, plan=on_sale.key, plan_version=on_sale.version)
    return plan_with(table, tenant, before, before.under(terms))


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
    about: str = "",
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
        about=about,
    )

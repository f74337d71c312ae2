"""Use cases of subscriptions: start, cancel, take back, and what happens when a period ends."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction

from billing.aws.changes import Changes
from billing.aws.items import Item
from billing.aws.table import Table
from billing.core import subscription as rules
from billing.core.catalogue import Plan
from billing.core.ids import derived_id
from billing.core.invoicing import Invoice, Usage, bill
from billing.core.periods import Period
from billing.core.subscription import Status, Subscription
from events.base import Event
from events.foundation import LegalEntity
from events.sales import (
    SubscriptionCancelledV1,
    SubscriptionEndedV1,
    SubscriptionPart,
    SubscriptionRenewedV1,
    SubscriptionStartedV1,
)
from sales import catalogue
from sales.documents import store_invoice
from sales.finalization import request_finalization
from sales.store import (
    customer_key,
    customer_subscription_key,
    found,
    legal_entity,
    period_key,
    subscription_key,
)
from sales.usage_totals import CustomerUsage


def start(
    changes: Changes, customer: str, plan_key: str, currency: str, entity: str | None, *, key: str
) -> Subscription:
    """Subscribe a customer to the plan on sale; what is billed ahead is billed at once."""
    table, tenant, now = changes.table, changes.context.tenant, changes.context.now
    profile = found(table, customer_key(tenant, customer), "customer")
    plan = catalogue.plan_on_sale(table, tenant, plan_key)
    issuer = legal_entity(table, tenant, entity)
    new = rules.start(
        derived_id("sub", tenant, key), customer, issuer.key, plan, currency, at=now, zone=profile["zone"]
    )
    _store(changes, new, seen=None)
    changes.emit(SubscriptionStartedV1(state=state_of(new)), subject=f"subscription/{new.id}", sequence=1)
    _bill(changes, new, plan, issuer, closed=None, opened=new.period, usage={})
    return new


def cancel(changes: Changes, subscription: str) -> Subscription:
    """Let a subscription end with its period."""
    stored, seen = stored_subscription(changes.table, changes.context.tenant, subscription)
    return _changed(changes, rules.cancel(stored), seen, SubscriptionCancelledV1)


def end_now(changes: Changes, subscription: str) -> None:
    """End a subscription at once, without billing its running period: its customer does not pay."""
    stored, seen = stored_subscription(changes.table, changes.context.tenant, subscription)
    if stored.status is not Status.ENDED:
        _changed(changes, rules.end(stored, at=changes.context.now), seen, SubscriptionEndedV1)


def uncancel(changes: Changes, subscription: str) -> Subscription:
    """Take a cancellation back."""
    stored, seen = stored_subscription(changes.table, changes.context.tenant, subscription)
    return _changed(changes, rules.uncancel(stored), seen, SubscriptionRenewedV1)


def period_ended(changes: Changes, subscription: str) -> None:
    """Bill the period that ended and open the next one, or end the subscription.

    Work that came late is dated as if on time; whoever comes second finds nothing due.
    """
    table, context = changes.table, changes.context
    stored, seen = stored_subscription(table, context.tenant, subscription)
    if stored.due_at is None or stored.due_at > context.now:
        return
    plan = catalogue.plan_version(table, context.tenant, stored.plan, stored.plan_version)
    issuer = legal_entity(table, context.tenant, stored.legal_entity)
    closed = stored.period
    usage = CustomerUsage(table, context.tenant, stored.customer, keep=True).of_plan(plan, closed)
    if stored.status is Status.CANCELING:
        ended = rules.end(stored, at=closed.end)
        _changed(changes, ended, seen, SubscriptionEndedV1)
        _bill(changes, ended, plan, issuer, closed=closed, opened=None, usage=usage)
        return
    renewed = rules.renew(stored)
    _changed(changes, renewed, seen, SubscriptionRenewedV1)
    _bill(changes, renewed, plan, issuer, closed=closed, opened=renewed.period, usage=usage)


def stored_subscription(table: Table, tenant: str, subscription: str) -> tuple[Subscription, int]:
    """A subscription and its stored version."""
    item = found(table, subscription_key(tenant, subscription), "subscription")
    return Subscription.from_data(item["data"]), item["version"]


def state_of(subscription: Subscription) -> SubscriptionPart:
    """A subscription as its events carry it."""
    return SubscriptionPart(
        subscription=subscription.id,
        customer=subscription.customer,
        plan=subscription.plan,
        plan_version=subscription.plan_version,
        status=subscription.status.value,
        currency=subscription.currency,
        legal_entity=subscription.legal_entity,
        period_start=subscription.period.start,
        period_end=subscription.period.end,
        ends_at=subscription.ends_at,
    )


def draft(
    subscription: Subscription,
    plan: Plan,
    issuer: LegalEntity,
    *,
    closed: Period | None,
    opened: Period | None,
    usage: Mapping[str, Usage],
) -> Invoice | None:
    """The invoice of one billing moment; preview and run both call this."""
    moment = opened.start if opened else closed.end if closed else subscription.started_at
    return bill(
        subscription,
        plan,
        closed=closed,
        opened=opened,
        usage=usage,
        tax_rates={category: Fraction(rate) for category, rate in issuer.tax_rates.items()},
        at=moment,
    )


def _bill(
    changes: Changes,
    subscription: Subscription,
    plan: Plan,
    issuer: LegalEntity,
    *,
    closed: Period | None,
    opened: Period | None,
    usage: Mapping[str, Usage],
) -> None:
    """Write the draft of a billing moment and ask for its number; a moment is billed once."""
    invoice = draft(subscription, plan, issuer, closed=closed, opened=opened, usage=usage)
    number = subscription.number if opened else subscription.number + 1
    mark: Item = {
        **period_key(changes.context.tenant, subscription.id, number),
        "invoice": invoice.id if invoice else None,
    }
    changes.put(mark, seen=None, label=f"period {number}")
    if invoice is not None:
        store_invoice(changes, invoice, seen=None)
        request_finalization(changes, invoice)


def _changed(changes: Changes, subscription: Subscription, seen: int, event: type[Event]) -> Subscription:
    _store(changes, subscription, seen=seen)
    said = event.model_validate({"state": state_of(subscription).model_dump()})
    changes.emit(said, subject=f"subscription/{subscription.id}", sequence=seen + 1)
    return subscription


def _store(changes: Changes, subscription: Subscription, *, seen: int | None) -> None:
    tenant = changes.context.tenant
    item = {**subscription_key(tenant, subscription.id), "data": subscription.to_data()}
    changes.put_due(item, seen=seen, due_at=subscription.due_at, label="subscription")
    listed: Item = {
        **customer_subscription_key(tenant, subscription.customer, subscription.id),
        "plan": subscription.plan,
        "plan_version": subscription.plan_version,
        "status": subscription.status.value,
        "period_start": subscription.period.start.isoformat(),
        "period_end": subscription.period.end.isoformat(),
    }
    changes.put(listed, seen=seen, label="subscription list")

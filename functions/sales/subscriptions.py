"""Use cases of subscriptions: start, cancel, take back, and what happens when a period ends."""

from __future__ import annotations

from billing.aws.changes import Changes
from billing.aws.items import Item
from billing.aws.table import Table, found
from billing.core import ending
from billing.core.catalogue import Plan
from billing.core.ids import derived_id
from billing.core.invoicing import Invoice, draft_of
from billing.core.quantities import decimal_text
from billing.core.subscription import Status, Subscription
from events.base import Event
from events.foundation import LegalEntity
from events.sales import (
    SubscriptionCancelledV1,
    SubscriptionChangedV1,
    SubscriptionEndedV1,
    SubscriptionPart,
    SubscriptionRenewedV1,
    SubscriptionStartedV1,
)
from sales import coupons, subscribers
from sales.agreements import plan_of, renewal
from sales.documents import store_invoice
from sales.finalization import request_finalization
from sales.late_usage import keep_late, late_usage, make_final, remember
from sales.moments import Moment, closing_moment, draft, tax_rates
from sales.orders import Order, opening_of
from sales.store import customer_key, customer_subscription_key, legal_entity, moment_key, subscription_key
from sales.usage_totals import CustomerUsage


def start(changes: Changes, customer: str, order: Order, *, key: str) -> Subscription:
    """Subscribe a customer to the plan on sale; what is billed ahead is billed at once."""
    table, tenant, now = changes.table, changes.context.tenant, changes.context.now
    profile = found(table, customer_key(tenant, customer), "customer")
    id_ = derived_id("sub", tenant, key)
    opening = opening_of(table, tenant, order, customer, id_, zone=profile["zone"], at=now)
    new = opening.subscription
    if order.coupon is not None:
        new = coupons.redeemed(changes, new, order.coupon)
    _store(changes, None, new, seen=None)
    changes.emit(SubscriptionStartedV1(state=state_of(new)), subject=f"subscription/{new.id}", sequence=1)
    _bill(changes, new, opening.plan, opening.issuer, opening.moment)
    return new


def redeem(changes: Changes, subscription: str, coupon: str) -> Subscription:
    """Let a coupon act on a subscription from its next period on."""
    stored, seen = stored_subscription(changes.table, changes.context.tenant, subscription)
    after = coupons.redeemed(changes, stored, coupon)
    return store_changed(changes, stored, after, seen, SubscriptionChangedV1)


def cancel(changes: Changes, subscription: str) -> Subscription:
    """Let a subscription end with its period."""
    stored, seen = stored_subscription(changes.table, changes.context.tenant, subscription)
    return store_changed(changes, stored, ending.cancel(stored), seen, SubscriptionCancelledV1)


def end_now(changes: Changes, subscription: str) -> None:
    """End a subscription at once, without billing its running period: its customer does not pay."""
    stored, seen = stored_subscription(changes.table, changes.context.tenant, subscription)
    if stored.status is not Status.ENDED:
        store_changed(changes, stored, ending.end(stored, at=changes.context.now), seen, SubscriptionEndedV1)


def uncancel(changes: Changes, subscription: str) -> Subscription:
    """Take a cancellation back."""
    stored, seen = stored_subscription(changes.table, changes.context.tenant, subscription)
    return store_changed(changes, stored, ending.uncancel(stored), seen, SubscriptionRenewedV1)


def period_ended(changes: Changes, subscription: str) -> None:
    """Bill the period that ended and open the next one, or end the subscription.

    Work that came late is dated as if on time; whoever comes second finds nothing due.
    """
    table, context = changes.table, changes.context
    stored, seen = stored_subscription(table, context.tenant, subscription)
    if stored.due_at is None or stored.due_at > context.now:
        return
    plan = plan_of(table, context.tenant, stored)
    issuer = legal_entity(table, context.tenant, stored.legal_entity)
    used = CustomerUsage(table, context.tenant, stored.customer, keep=True)
    late = late_usage(table, context.tenant, stored, used, stored.period.start)
    keep_late(changes, late)
    if stored.status is Status.CANCELING:
        ended = ending.end(stored, at=stored.period.end)
        store_changed(changes, stored, ended, seen, SubscriptionEndedV1)
        moment = closing_moment(used, plan, stored, ended, late=late.lines)
        remember(changes, stored, plan, _bill(changes, ended, plan, issuer, moment), moment.at)
        return
    renewed, opening = renewal(table, context.tenant, stored, plan)
    event = SubscriptionChangedV1 if stored.pending else SubscriptionRenewedV1
    store_changed(changes, stored, renewed, seen, event)
    moment = closing_moment(used, plan, stored, renewed, opening, late=late.lines)
    remember(changes, stored, plan, _bill(changes, renewed, plan, issuer, moment), moment.at)


def usage_final(changes: Changes, subscription: str, sk: str) -> None:
    """Bill what came for the last periods of a subscription behind its end, as an invoice of its own."""
    table, context = changes.table, changes.context
    stored, _ = stored_subscription(table, context.tenant, subscription)
    if stored.ended_at is None:
        return
    used = CustomerUsage(table, context.tenant, stored.customer, keep=True)
    late = late_usage(table, context.tenant, stored, used, stored.ended_at)
    make_final(changes, late, sk, subscription)
    if any(line.amount for line in late.lines):
        plan = plan_of(table, context.tenant, stored)
        issuer = legal_entity(table, context.tenant, stored.legal_entity)
        id_ = derived_id("inv", subscription, "final usage")
        invoice = draft_of(stored, late.lines, plan, tax_rates(issuer), context.now, id_)
        if invoice is not None:
            store_draft(changes, invoice)


def stored_subscription(table: Table, tenant: str, subscription: str) -> tuple[Subscription, int]:
    """A subscription and its stored version."""
    item = found(table, subscription_key(tenant, subscription), "subscription")
    return Subscription.from_data(item["data"]), item["version"]


def state_of(subscription: Subscription) -> SubscriptionPart:
    """A subscription as its events carry it."""
    waits = subscription.pending
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
        seats=decimal_text(subscription.seats),
        pending_plan=waits.plan if waits else None,
    )


def store_draft(changes: Changes, invoice: Invoice) -> None:
    """Keep a draft and ask for its number."""
    store_invoice(changes, invoice, seen=None)
    request_finalization(changes, invoice)


def _bill(
    changes: Changes, subscription: Subscription, plan: Plan, issuer: LegalEntity, moment: Moment
) -> Invoice | None:
    """Write the draft of a billing moment and ask for its number; a moment is billed once."""
    invoice = draft(subscription, plan, issuer, moment)
    mark: Item = {
        **moment_key(changes.context.tenant, subscription.id, moment.at),
        "invoice": invoice.id if invoice else None,
    }
    changes.put(mark, seen=None, label="billing moment")
    if invoice is not None:
        store_draft(changes, invoice)
    return invoice


def store_changed(
    changes: Changes, before: Subscription, subscription: Subscription, seen: int, event: type[Event]
) -> Subscription:
    """Keep a subscription as it is now and say so."""
    _store(changes, before, subscription, seen=seen)
    said = event.model_validate({"state": state_of(subscription).model_dump()})
    changes.emit(said, subject=f"subscription/{subscription.id}", sequence=seen + 1)
    return subscription


def _store(
    changes: Changes, before: Subscription | None, subscription: Subscription, *, seen: int | None
) -> None:
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
    changes.keep(listed)  # the version of the subscription itself guards both
    subscribers.index(changes, before, subscription)

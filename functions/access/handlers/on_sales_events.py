"""What sales sells, to whom, and how much of it is used: the material of every decision."""

from __future__ import annotations

from access import grants, restrictions
from billing.aws.changes import Changes
from billing.aws.queue import Consumer
from events.base import Message
from events.sales import (
    AddOnPublishedV1,
    InvoiceCaughtUpV1,
    InvoiceOverdueV1,
    InvoicePaidV1,
    InvoiceVoidedV1,
    PlanPublishedV1,
    PlanWithdrawnV1,
    SubscriptionCancelledV1,
    SubscriptionChangedV1,
    SubscriptionEndedV1,
    SubscriptionPausedV1,
    SubscriptionRenewedV1,
    SubscriptionResumedV1,
    SubscriptionStartedV1,
    UsageRolledUpV1,
)

handler = consumer = Consumer("access.on_sales_events")

SUBSCRIPTION = (
    SubscriptionStartedV1,
    SubscriptionChangedV1,
    SubscriptionRenewedV1,
    SubscriptionPausedV1,
    SubscriptionResumedV1,
    SubscriptionCancelledV1,
    SubscriptionEndedV1,
)
Subscription = (
    SubscriptionStartedV1
    | SubscriptionChangedV1
    | SubscriptionRenewedV1
    | SubscriptionPausedV1
    | SubscriptionResumedV1
    | SubscriptionCancelledV1
    | SubscriptionEndedV1
)


@consumer.on(PlanPublishedV1)
def plan_published(event: PlanPublishedV1, message: Message, changes: Changes) -> None:
    """Keep what a plan version grants."""
    grants.plan_published(changes, event, message.sequence)


@consumer.on(PlanWithdrawnV1)
def plan_withdrawn(event: PlanWithdrawnV1, message: Message, changes: Changes) -> None:
    """Offer a plan no more."""
    grants.plan_withdrawn(changes, event, message.sequence)


@consumer.on(AddOnPublishedV1)
def add_on_published(event: AddOnPublishedV1, message: Message, changes: Changes) -> None:
    """Keep what an add-on version grants."""
    grants.add_on_published(changes, event, message.sequence)


@consumer.on(*SUBSCRIPTION)
def subscription_changed(event: Subscription, message: Message, changes: Changes) -> None:
    """Keep what the customer was granted."""
    grants.subscription_changed(changes, event.state, message.sequence)


@consumer.on(UsageRolledUpV1)
def usage_rolled_up(event: UsageRolledUpV1, message: Message, changes: Changes) -> None:
    """Keep what was used."""
    grants.usage_rolled_up(changes, event, message.sequence)


@consumer.on(InvoiceOverdueV1)
def invoice_overdue(event: InvoiceOverdueV1, message: Message, changes: Changes) -> None:
    """Take note of an unpaid invoice."""
    restrictions.invoice_overdue(changes, event.invoice, message.time)


@consumer.on(InvoiceCaughtUpV1)
def invoice_caught_up(event: InvoiceCaughtUpV1, message: Message, changes: Changes) -> None:
    """Nothing is overdue on an invoice any more."""
    restrictions.invoice_caught_up(changes, event.invoice, message.time)


@consumer.on(InvoicePaidV1, InvoiceVoidedV1)
def invoice_settled(event: InvoicePaidV1 | InvoiceVoidedV1, _message: Message, changes: Changes) -> None:
    """Nothing is due on an invoice any more."""
    restrictions.invoice_settled(changes, event.invoice)

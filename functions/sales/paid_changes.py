"""Use cases of a change that waits for its payment: made when it is paid, dropped when it is not."""

from __future__ import annotations

from dataclasses import replace

from billing.aws.changes import Changes
from billing.aws.queue import NotYetError
from billing.core import paid_change
from billing.core.changing import drop
from billing.core.errors import RuleError
from billing.core.invoicing import InvoiceStatus
from billing.core.plan_change import Wish
from billing.core.policies import Direction
from billing.core.scheduled import PaidChange
from billing.core.subscription import Command, Subscription, require
from events.base import Message
from events.payments import PaymentFailedV1
from events.sales import SubscriptionChangedV1
from sales.agreements import plan_of, plan_with
from sales.awaited import invoice_settled
from sales.commands import PaidChangeSettledV1
from sales.credits import request_credit
from sales.documents import stored_invoice
from sales.late_usage import remember
from sales.plan_changes import PlanChange, change, preview
from sales.seats import require_free
from sales.subscriptions import store_changed, store_draft, store_scheduled, stored_subscription

REASON = "change_not_paid"


def change_if_paid(changes: Changes, subscription: str, plan: str | None, wish: Wish) -> PlanChange:
    """Ask for the money first; where a change asks for none, it is made at once."""
    table, context = changes.table, changes.context
    before, seen = stored_subscription(table, context.tenant, subscription)
    made = preview(table, context.tenant, subscription, plan, wish, context.now, keep=True)
    if made.how is Direction.NEXT_PERIOD or made.invoice is None or made.invoice.total.minor <= 0:
        return change(changes, subscription, plan, wish)
    require(before, Command.CHANGE)
    require_free(changes, before, wish.seats)
    after = paid_change.awaiting(before, made.old, made.new, wish, made.invoice.id, at=context.now)
    waits = next(each for each in after.scheduled if isinstance(each.what, PaidChange))
    invoice = replace(made.invoice, settles=waits.id)
    store_scheduled(changes, before, after, seen)
    store_draft(changes, invoice)
    return PlanChange(made.how, after, invoice, made.old, made.new)


def in_one(made: PlanChange) -> PlanChange:
    """What it asks where it waits for its payment: all at once, never in instalments."""
    return replace(made, invoice=made.invoice and replace(made.invoice, terms=None))


def settled(event: PaidChangeSettledV1, _message: Message, changes: Changes) -> None:
    """Make the change, or drop it; one that waits no more is left alone."""
    table, tenant = changes.table, changes.context.tenant
    before, seen = stored_subscription(table, tenant, event.subscription)
    if not any(each.id == event.change for each in before.scheduled):
        return
    if not event.paid:
        take_back(changes, before, event.change, seen)
        return
    what = paid_change.waiting(before, event.change)
    old = plan_of(table, tenant, before)
    new = plan_with(table, tenant, before, before.under(what.terms))
    after = paid_change.paid(before, old, new, event.change)
    store_changed(changes, before, after, seen, SubscriptionChangedV1)
    invoice, _ = stored_invoice(table, tenant, what.invoice)
    remember(changes, before, old, invoice, what.since)


def payment_failed(event: PaymentFailedV1, _message: Message, changes: Changes) -> None:
    """A payment came to nothing: a change that waited for it is dropped."""
    invoice, _ = stored_invoice(changes.table, changes.context.tenant, event.payment.invoice)
    if invoice.status is InvoiceStatus.OPEN:
        invoice_settled(changes, invoice, paid=False)


def take_back(changes: Changes, before: Subscription, change: str, seen: int) -> Subscription:
    """Drop the change and annul its invoice."""
    annul(changes, before, paid_change.waiting(before, change))
    after = drop(before, change)
    store_scheduled(changes, before, after, seen)
    return after


def annul(changes: Changes, before: Subscription, what: PaidChange) -> None:
    """Annul the invoice of a change that will not be: nobody collects it any more."""
    invoice, _ = stored_invoice(changes.table, changes.context.tenant, what.invoice)
    if invoice.status is InvoiceStatus.DRAFT:
        if changes.context.message is None:
            raise RuleError("invoice_is_draft", "its invoice is being numbered; ask again in a minute")
        raise NotYetError(f"{invoice.id} has no number yet")
    key = f"{before.id} {what.invoice} {REASON}"
    request_credit(changes, what.invoice, None, reason=REASON, refund=True, key=key, annul=True)

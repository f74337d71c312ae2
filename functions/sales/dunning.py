"""What sales does when payments says that a step of the dunning schedule is due."""

from __future__ import annotations

from billing.aws.changes import Changes
from billing.core.invoice_life import asked_by
from events.base import Message
from events.payments import DunningStepDueV1
from sales.documents import stored_invoice
from sales.finalization import write_off_invoice
from sales.life import end_now

CANCEL, WRITE_OFF = "cancel_subscription", "write_off"


def step_due(event: DunningStepDueV1, _message: Message, changes: Changes) -> None:
    """End the subscription (those on the invoice), or give up on the invoice; reminders are for messaging."""
    invoice, _ = stored_invoice(changes.table, changes.context.tenant, event.invoice)
    if not asked_by(invoice, changes.context.now):
        return  # settled meanwhile, or as far as it is due
    if event.action == CANCEL:
        for subscription in invoice.subscriptions or filter(None, [invoice.subscription]):
            end_now(changes, subscription)
    elif event.action == WRITE_OFF:
        write_off_invoice(changes, invoice.id, "uncollectible")

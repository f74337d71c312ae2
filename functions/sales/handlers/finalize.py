"""Drafts get their numbers, one legal entity and series at a time."""

from __future__ import annotations

from billing.aws.changes import Changes
from billing.aws.queue import Consumer
from events.base import Message
from sales import credits
from sales.commands import FinalizeInvoiceV1, IssueCreditNoteV1
from sales.finalization import finalize_invoice

handler = consumer = Consumer("sales.finalize", ordered=True)


@consumer.on(FinalizeInvoiceV1)
def finalize(event: FinalizeInvoiceV1, _message: Message, changes: Changes) -> None:
    """Number one invoice."""
    finalize_invoice(changes, event.invoice)


@consumer.on(IssueCreditNoteV1)
def issue(event: IssueCreditNoteV1, _message: Message, changes: Changes) -> None:
    """Number one credit note."""
    credits.issue(changes, event.invoice, event.credit_note)

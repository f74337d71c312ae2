"""Drafts get their numbers, one legal entity and series at a time."""

from __future__ import annotations

from billing.aws.changes import Changes
from billing.aws.queue import Consumer
from events.base import Message
from sales.commands import FinalizeInvoiceV1
from sales.finalization import finalize_invoice

handler = consumer = Consumer("sales.finalize", ordered=True)


@consumer.on(FinalizeInvoiceV1)
def finalize(event: FinalizeInvoiceV1, _message: Message, changes: Changes) -> None:
    """Number one draft."""
    finalize_invoice(changes, event.invoice)

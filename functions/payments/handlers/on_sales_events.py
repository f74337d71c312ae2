"""Invoices to collect, and those nobody collects any more."""

from __future__ import annotations

from billing.aws.changes import Changes
from billing.aws.queue import Consumer
from events.base import Message
from events.sales import InvoiceFinalizedV1, InvoiceVoidedV1
from payments import collecting

handler = consumer = Consumer("payments.on_sales_events")


@consumer.on(InvoiceFinalizedV1)
def invoice_finalized(event: InvoiceFinalizedV1, _message: Message, changes: Changes) -> None:
    """Collect it."""
    collecting.invoice_finalized(changes, event.invoice)


@consumer.on(InvoiceVoidedV1)
def invoice_voided(event: InvoiceVoidedV1, _message: Message, changes: Changes) -> None:
    """Collect it no more."""
    collecting.invoice_voided(changes, event.invoice.invoice)

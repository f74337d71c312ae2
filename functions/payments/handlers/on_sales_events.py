"""Invoices to collect, and those nobody collects any more."""

from __future__ import annotations

from billing.aws.changes import Changes
from billing.aws.queue import Consumer
from events.base import Message
from events.sales import (
    CollectionHoldRequestedV1,
    CreditNoteIssuedV1,
    InvoiceFinalizedV1,
    InvoiceOverdueV1,
    InvoicePaidV1,
    InvoiceVoidedV1,
    InvoiceWrittenOffV1,
)
from payments import collecting, corrections

handler = consumer = Consumer("payments.on_sales_events")


@consumer.on(InvoiceFinalizedV1)
def invoice_finalized(event: InvoiceFinalizedV1, _message: Message, changes: Changes) -> None:
    """Collect it."""
    collecting.invoice_finalized(changes, event.invoice)


@consumer.on(InvoiceVoidedV1, InvoiceWrittenOffV1)
def invoice_stopped(
    event: InvoiceVoidedV1 | InvoiceWrittenOffV1, _message: Message, changes: Changes
) -> None:
    """Collect it no more."""
    corrections.invoice_stopped(changes, event.invoice.invoice)


@consumer.on(InvoiceOverdueV1)
def invoice_overdue(event: InvoiceOverdueV1, _message: Message, changes: Changes) -> None:
    """Collect all of it where one late instalment makes the others due."""
    if event.accelerated:
        corrections.invoice_accelerated(changes, event.invoice.invoice)


@consumer.on(InvoicePaidV1)
def invoice_paid(event: InvoicePaidV1, _message: Message, changes: Changes) -> None:
    """Nothing is left to collect."""
    corrections.invoice_paid(changes, event.invoice.invoice)


@consumer.on(CollectionHoldRequestedV1)
def hold_requested(event: CollectionHoldRequestedV1, _message: Message, changes: Changes) -> None:
    """Pause until a credit note is issued."""
    corrections.hold_requested(changes, event.invoice, event.hold)


@consumer.on(CreditNoteIssuedV1)
def credit_note_issued(event: CreditNoteIssuedV1, _message: Message, changes: Changes) -> None:
    """Collect less."""
    corrections.credit_note_issued(changes, event.credit_note)

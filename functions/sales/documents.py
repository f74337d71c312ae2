"""Invoices and credit notes in the table: to items and back, and what the others hear of them."""

from __future__ import annotations

from billing.aws.changes import Changes
from billing.aws.cursor import first_page, read_cursor
from billing.aws.table import Table, found
from billing.core.credit import CreditNote
from billing.core.invoicing import Invoice
from events.base import RecordPart
from events.sales import CreditNotePart, InstalmentPart, InvoicePart
from sales.store import credit_note_key, invoice_key


def store_invoice(changes: Changes, invoice: Invoice, *, seen: int | None) -> None:
    """Write an invoice with its lines; an open one becomes overdue as due work."""
    item = {**invoice_key(changes.context.tenant, invoice.id), "data": invoice.to_data()}
    changes.put_due(item, seen=seen, due_at=invoice.work_at, label="invoice")


def stored_invoice(table: Table, tenant: str, invoice: str) -> tuple[Invoice, int]:
    """An invoice and its stored version."""
    item = found(table, invoice_key(tenant, invoice), "invoice")
    return Invoice.from_data(item["data"]), item["version"]


def invoice_part(invoice: Invoice, record: RecordPart | None = None) -> InvoicePart:
    """What the others need to know of a finalized invoice; its record is named once, when it is finalized."""
    if invoice.number is None or invoice.due_at is None:
        raise ValueError(f"{invoice.id} is not finalized")
    return InvoicePart(
        invoice=invoice.id,
        customer=invoice.customer,
        legal_entity=invoice.legal_entity,
        currency=invoice.currency,
        number=invoice.number,
        total_minor=invoice.total.minor,
        due_minor=invoice.due.minor,
        due_at=invoice.due_at,
        subscription=invoice.subscription,
        record=record,
        instalments=[
            InstalmentPart(due_at=each.due_at, amount_minor=each.amount.minor) for each in invoice.instalments
        ],
    )


def store_credit(changes: Changes, note: CreditNote, *, seen: int | None) -> None:
    """Write a credit note, beside its invoice."""
    item = {**credit_note_key(changes.context.tenant, note.invoice, note.id), "data": note.to_data()}
    changes.put(item, seen=seen, label="credit note")


def credit_notes(table: Table, tenant: str, invoice: str) -> list[tuple[CreditNote, int]]:
    """The credit notes of an invoice, drafts too, with their stored versions."""
    pk = invoice_key(tenant, invoice)["pk"]
    return [(CreditNote.from_data(item["data"]), item["version"]) for item in table.query(pk, "CREDIT#")]


def credit_note_page(
    table: Table, tenant: str, invoice: str, cursor: str | None, size: int
) -> tuple[list[CreditNote], str | None]:
    """A page of the credit notes of an invoice, and the cursor behind it."""
    pk, after = invoice_key(tenant, invoice)["pk"], read_cursor(cursor, "CREDIT#")
    items, behind = first_page(table.query(pk, "CREDIT#", after=after), size)
    return [CreditNote.from_data(item["data"]) for item in items], behind


def credit_note_part(note: CreditNote, record: RecordPart | None = None) -> CreditNotePart:
    """What the others need to know of an issued credit note."""
    if note.number is None:
        raise ValueError(f"{note.id} is not issued")
    return CreditNotePart(
        credit_note=note.id,
        number=note.number,
        invoice=note.invoice,
        customer=note.customer,
        legal_entity=note.legal_entity,
        currency=note.currency,
        total_minor=note.total.minor,
        applied_minor=note.applied_minor,
        balance_minor=note.balance_minor,
        refund_minor=note.refund_minor,
        record=record,
    )

"""From draft to numbered invoice: numbers have no gap, and each is taken in the invoice's own transaction."""

from __future__ import annotations

from datetime import datetime, timedelta

from billing.aws.changes import Changes
from billing.aws.work import sortable
from billing.core.invoicing import Invoice, InvoiceStatus, finalize, invoice_entry
from events.sales import InvoiceFinalizedV1, InvoicePaidV1
from sales.commands import FinalizeInvoiceV1
from sales.documents import invoice_item, invoice_part, stored_invoice
from sales.store import customer_invoice_key, legal_entity, number_key, series_key

SERIES = "invoice"


def request_finalization(changes: Changes, invoice: Invoice) -> None:
    """Ask for a number, in line behind the others of the same legal entity and series."""
    changes.send(
        "finalize",
        FinalizeInvoiceV1(invoice=invoice.id, legal_entity=invoice.legal_entity),
        subject=f"invoice/{invoice.id}",
        about="finalize",
        group=f"{changes.context.tenant}.{invoice.legal_entity}.{SERIES}",
    )


def finalize_invoice(changes: Changes, invoice_id: str) -> Invoice:
    """Number a draft, put it in the books and say so; what is numbered already stays as it is."""
    table, context = changes.table, changes.context
    stored, seen = stored_invoice(table, context.tenant, invoice_id)
    if stored.status is not InvoiceStatus.DRAFT:
        return stored
    issuer = legal_entity(table, context.tenant, stored.legal_entity)
    key = series_key(context.tenant, issuer.key, SERIES)
    series = table.get(**key) or {"last": 0}
    number = series["last"] + 1
    at = _not_before(context.now, series.get("last_issued_at"))
    due_at = at + timedelta(days=issuer.payment_days)
    invoice = finalize(stored, f"{issuer.invoice_prefix}{number:06}", at=at, due_at=due_at)
    changes.put(
        {**key, "last": number, "last_issued_at": at.isoformat()}, seen=series.get("version"), label="series"
    )
    taken = number_key(context.tenant, issuer.key, SERIES, number)
    changes.put({**taken, "invoice": invoice.id}, seen=None, label=f"number {number}")
    changes.put(invoice_item(context.tenant, invoice), seen=seen, label="invoice")
    listed = customer_invoice_key(context.tenant, invoice.customer, at, invoice.id)
    changes.put({**listed, "invoice": invoice.id, "at": sortable(at)}, seen=None, label="invoice list")
    if invoice.total:
        changes.book(invoice_entry(invoice))
    _say(changes, invoice, seen + 1)
    return invoice


def _say(changes: Changes, invoice: Invoice, sequence: int) -> None:
    subject, part = f"invoice/{invoice.id}", invoice_part(invoice)
    changes.emit(InvoiceFinalizedV1(invoice=part), subject=subject, sequence=sequence)
    if invoice.status is InvoiceStatus.PAID:
        changes.emit(InvoicePaidV1(invoice=part), subject=subject, sequence=sequence)


def _not_before(now: datetime, last: str | None) -> datetime:
    """A number is never older than the one before it, also when late work catches up."""
    return max(now, datetime.fromisoformat(last)) if last else now

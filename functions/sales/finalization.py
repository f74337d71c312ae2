"""From draft to numbered invoice, and what an unpaid one becomes with time."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from billing.aws.changes import Changes
from billing.aws.work import sortable
from billing.core.account import MoveKind
from billing.core.invoice_life import (
    balance_entry,
    finalize,
    invoice_entry,
    late,
    mark_overdue,
    settle_with_balance,
    write_off,
    write_off_entry,
)
from billing.core.invoicing import Invoice, InvoiceStatus
from billing.core.money import Money
from events.sales import InvoiceFinalizedV1, InvoiceOverdueV1, InvoicePaidV1, InvoiceWrittenOffV1
from sales.account import book
from sales.awaited import invoice_settled
from sales.balances import add_to_balance, in_hand
from sales.commands import FinalizeInvoiceV1
from sales.documents import invoice_part, store_invoice, stored_invoice
from sales.numbering import INVOICES, group, take_number
from sales.promotional import draw
from sales.records import invoice_record
from sales.store import customer_invoice_key, legal_entity


def request_finalization(changes: Changes, invoice: Invoice, *, at: datetime | None = None) -> None:
    """Ask for a number, in line behind the others of the same legal entity and series.

    It is issued now, or at an instant where that is later: work of a start that was dated back.
    """
    changes.send(
        "finalize",
        FinalizeInvoiceV1(invoice=invoice.id, legal_entity=invoice.legal_entity),
        subject=f"invoice/{invoice.id}",
        about="finalize",
        at=max(at, changes.context.now) if at else None,
        group=group(changes.context.tenant, invoice.legal_entity, INVOICES),
    )


def finalize_invoice(changes: Changes, invoice_id: str) -> Invoice:
    """Number a draft, put it in the books and say so; what is numbered already stays as it is."""
    table, tenant = changes.table, changes.context.tenant
    stored, seen = stored_invoice(table, tenant, invoice_id)
    if stored.status is not InvoiceStatus.DRAFT:
        return stored
    issuer = legal_entity(table, tenant, stored.legal_entity)
    number, at = take_number(changes, issuer, INVOICES, stored.id)
    due_at = at + timedelta(days=issuer.payment_days)
    overdue_at = due_at + timedelta(days=issuer.overdue_days)
    billed, balance = draw(changes, stored)
    invoice = finalize(billed, number, at=at, due_at=due_at, overdue_at=overdue_at)
    if any(line.amount for line in invoice.lines):  # one of nothing in all can still move what is earned
        book(changes, invoice_entry(invoice), invoice.customer, MoveKind.INVOICE, number)
    invoice = _use_balance(changes, invoice, balance, at)
    store_invoice(changes, invoice, seen=seen)
    listed = customer_invoice_key(tenant, invoice.customer, at, number, invoice.id)
    changes.put({**listed, "invoice": invoice.id, "at": sortable(at)}, seen=None, label="invoice list")
    _say(changes, invoice, seen + 1)
    return invoice


def invoice_due(changes: Changes, invoice_id: str) -> None:
    """An invoice was not paid in time, or a draft waited long enough; one that was settled is left alone."""
    stored, seen = stored_invoice(changes.table, changes.context.tenant, invoice_id)
    if stored.work_at is None or stored.work_at > changes.context.now:
        return
    if stored.status is InvoiceStatus.DRAFT:
        store_invoice(changes, replace(stored, waits_until=None), seen=seen)
        request_finalization(changes, stored)
        return
    invoice = mark_overdue(stored)
    store_invoice(changes, invoice, seen=seen)
    event = InvoiceOverdueV1(
        invoice=invoice_part(invoice),
        late_minor=late(invoice).minor if invoice.instalments else None,
        accelerated=invoice.accelerated,
    )
    changes.emit(event, subject=f"invoice/{invoice.id}", sequence=seen + 1)


def write_off_invoice(changes: Changes, invoice_id: str, reason: str) -> Invoice:
    """Give up on an open invoice; one that is not open stays as it is.

    What is the customer's by now (the credit of a stop, say) pays first: nobody is owed what was not paid.
    One that a change waits for is annulled with the change instead: that was never sold.
    """
    stored, seen = stored_invoice(changes.table, changes.context.tenant, invoice_id)
    if stored.status is not InvoiceStatus.OPEN:
        return stored
    if stored.settles:
        invoice_settled(changes, stored, paid=False)
        return stored
    table, now = changes.table, changes.context.now
    balance, _ = in_hand(table, changes.context.tenant, stored.customer, stored.currency)
    rest = _use_balance(changes, stored, balance, now, about="balance before write-off")
    if rest.status is InvoiceStatus.PAID:
        store_invoice(changes, rest, seen=seen)
        _say_paid(changes, rest, seen + 1)
        return rest
    invoice, loss = write_off(rest)
    store_invoice(changes, invoice, seen=seen)
    entry = write_off_entry(rest, loss, now)
    book(changes, entry, invoice.customer, MoveKind.WRITE_OFF, invoice.number or "")
    event = InvoiceWrittenOffV1(invoice=invoice_part(rest), reason=reason)
    changes.emit(event, subject=f"invoice/{invoice.id}", sequence=seen + 1)
    return invoice


def _use_balance(
    changes: Changes, invoice: Invoice, balance: Money, at: datetime, *, about: str = "balance"
) -> Invoice:
    """What already belongs to the customer pays first; what the invoice gives them is theirs from now on."""
    settled, took = settle_with_balance(invoice, balance)
    if took:
        changes.book(balance_entry(invoice, took, at, about))
        add_to_balance(changes, invoice.customer, -took, known=balance)
    return settled


def _say(changes: Changes, invoice: Invoice, sequence: int) -> None:
    subject = f"invoice/{invoice.id}"
    whole = invoice_part(invoice, invoice_record(changes.context.tenant, invoice))
    changes.emit(InvoiceFinalizedV1(invoice=whole), subject=subject, sequence=sequence)
    if invoice.status is InvoiceStatus.PAID:
        _say_paid(changes, invoice, sequence)


def _say_paid(changes: Changes, invoice: Invoice, sequence: int) -> None:
    event = InvoicePaidV1(invoice=invoice_part(invoice))
    changes.emit(event, subject=f"invoice/{invoice.id}", sequence=sequence)
    invoice_settled(changes, invoice, paid=True)

"""Money that payments collected, allocated to its invoice; what is too much becomes the customer's."""

from __future__ import annotations

from billing.aws.changes import Changes
from billing.core.account import MoveKind
from billing.core.ids import derived_id
from billing.core.invoice_life import pay
from billing.core.invoicing import InvoiceStatus
from billing.core.journal import payment_allocated
from billing.core.money import Money
from events.base import Message
from events.payments import PaymentSucceededV1
from events.sales import InvoiceCaughtUpV1, InvoicePaidV1
from sales.account import book
from sales.awaited import invoice_settled
from sales.balances import add_to_balance
from sales.documents import invoice_part, store_invoice, stored_invoice


def payment_succeeded(event: PaymentSucceededV1, _message: Message, changes: Changes) -> None:
    """Clear the receivable; money that arrives is never refused."""
    payment, context = event.payment, changes.context
    amount = Money(payment.amount_minor, payment.currency)
    stored, seen = stored_invoice(changes.table, context.tenant, payment.invoice)
    invoice, allocated, excess = pay(stored, amount)
    store_invoice(changes, invoice, seen=seen)
    entry = payment_allocated(
        derived_id("txn", payment.payment, "allocated"),
        context.now,
        invoice.legal_entity,
        f"payment/{payment.payment}",
        allocated,
        excess,
    )
    book(changes, entry, invoice.customer, MoveKind.PAYMENT, invoice.number or "")
    add_to_balance(changes, invoice.customer, excess)
    part, subject = invoice_part(invoice), f"invoice/{invoice.id}"
    if stored.overdue and not invoice.overdue:
        changes.emit(InvoiceCaughtUpV1(invoice=part), subject=subject, sequence=seen + 1)
    if invoice.status is InvoiceStatus.PAID and stored.status is not InvoiceStatus.PAID:
        paid = InvoicePaidV1(invoice=part, payment=payment.payment, paid_minor=invoice.paid_minor)
        changes.emit(paid, subject=subject, sequence=seen + 1)
        invoice_settled(changes, invoice, paid=True)

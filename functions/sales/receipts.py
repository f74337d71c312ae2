"""Money that payments collected, allocated to its invoice; what is too much becomes the customer's."""

from __future__ import annotations

from billing.aws.changes import Changes
from billing.core.ids import derived_id
from billing.core.invoicing import InvoiceStatus, pay
from billing.core.journal import payment_allocated
from billing.core.money import Money
from events.base import Message
from events.payments import PaymentSucceededV1
from events.sales import InvoicePaidV1
from sales.documents import invoice_item, invoice_part, stored_invoice
from sales.store import balance_key


def payment_succeeded(event: PaymentSucceededV1, _message: Message, changes: Changes) -> None:
    """Clear the receivable; money that arrives is never refused."""
    payment, context = event.payment, changes.context
    amount = Money(payment.amount_minor, payment.currency)
    stored, seen = stored_invoice(changes.table, context.tenant, payment.invoice)
    invoice, allocated, excess = pay(stored, amount)
    changes.put(invoice_item(context.tenant, invoice), seen=seen, label="invoice")
    changes.book(
        payment_allocated(
            derived_id("txn", payment.payment, "allocated"),
            context.now,
            invoice.legal_entity,
            f"payment/{payment.payment}",
            allocated,
            excess,
        )
    )
    if excess:
        _credit(changes, invoice.customer, excess)
    if invoice.status is InvoiceStatus.PAID and stored.status is not InvoiceStatus.PAID:
        paid = InvoicePaidV1(invoice=invoice_part(invoice), payment=payment.payment)
        changes.emit(paid, subject=f"invoice/{invoice.id}", sequence=seen + 1)


def _credit(changes: Changes, customer: str, amount: Money) -> None:
    key = balance_key(changes.context.tenant, customer, amount.currency)
    stored = changes.table.get(**key) or {"minor": 0}
    item = {**key, "minor": stored["minor"] + amount.minor}
    changes.put(item, seen=stored.get("version"), label="balance")

"""The life of an invoice behind its draft: numbered, paid, overdue, given up on; and what the books say."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from billing.core.errors import RuleError
from billing.core.ids import derived_id
from billing.core.instalments import due_by, with_grace
from billing.core.invoicing import Invoice, InvoiceStatus
from billing.core.journal import Account, Entry, entry
from billing.core.money import Money


def finalize(
    invoice: Invoice, number: str, *, at: datetime, due_at: datetime, overdue_at: datetime | None = None
) -> Invoice:
    """Give a draft its number; from now on it never changes. One of nothing is paid at once.

    One in instalments is due with the last of them, overdue with the first, the same grace behind each.
    """
    _require(invoice, InvoiceStatus.DRAFT)
    status = InvoiceStatus.OPEN if invoice.total else InvoiceStatus.PAID
    overdue_at = overdue_at or due_at
    parts = with_grace(invoice.instalments_at(at), overdue_at - due_at)
    if parts:
        due_at, overdue_at = parts[-1].due_at, parts[0].overdue_at
    return replace(
        invoice,
        status=status,
        number=number,
        issued_at=at,
        due_at=due_at,
        overdue_at=overdue_at,
        instalments=parts,
    )


def settle_with_balance(invoice: Invoice, balance: Money) -> tuple[Invoice, Money]:
    """Let the customer's balance pay a finalized invoice as far as it goes: the invoice, and what it took.

    An invoice in the customer's favour is settled at once: what it took is then negative, it gave.
    """
    if invoice.status is not InvoiceStatus.OPEN:
        return invoice, Money.zero(invoice.currency)
    took = (
        min(invoice.due, max(balance, Money.zero(balance.currency))) if invoice.due.minor > 0 else invoice.due
    )
    settled = replace(invoice, paid_minor=invoice.paid_minor + took.minor)
    return (settled if settled.due else replace(settled, status=InvoiceStatus.PAID)), took


def balance_entry(invoice: Invoice, took: Money, at: datetime, about: str = "balance") -> Entry:
    """The books of a balance that paid, or of an invoice that became one."""
    legs = ((Account.CUSTOMER_BALANCE, took), (Account.RECEIVABLE, -took))
    id_ = derived_id("txn", invoice.id, about)
    return entry(id_, at, invoice.legal_entity, f"invoice/{invoice.id}", *legs)


def mark_overdue(invoice: Invoice) -> Invoice:
    """Say once that an open invoice was not paid in time; one in instalments, once of each of them."""
    _require(invoice, InvoiceStatus.OPEN)
    late = invoice.next_overdue
    if late is None:
        return replace(invoice, overdue=True)
    accelerated = invoice.terms is not None and invoice.terms.scheme.accelerate
    return replace(invoice, overdue=True, called_overdue=late + 1, accelerated=accelerated)


def late(invoice: Invoice) -> Money:
    """What is overdue of an invoice that was said to be."""
    if not invoice.instalments or invoice.accelerated:
        return invoice.due
    return Money(sum(invoice.left[: invoice.called_overdue]), invoice.currency)


def asked_by(invoice: Invoice, at: datetime) -> Money:
    """What is to be paid of an invoice by an instant: all that is due, or the instalments of until then."""
    if not invoice.instalments or invoice.accelerated or not invoice.due:
        return invoice.due
    return Money(due_by(invoice.instalments, invoice.left, at), invoice.currency)


def write_off(invoice: Invoice) -> tuple[Invoice, Money]:
    """Give up on what is due: the invoice after it, and the loss."""
    _require(invoice, InvoiceStatus.OPEN)
    return replace(invoice, status=InvoiceStatus.WRITTEN_OFF), invoice.due


def pay(invoice: Invoice, amount: Money) -> tuple[Invoice, Money, Money]:
    """Allocate money: the invoice after it, what was allocated, and the excess.

    Money that arrives for an invoice that needs none is never refused: all of it is excess.
    """
    if invoice.status is InvoiceStatus.DRAFT:
        raise RuleError("invoice_is_draft", "a draft cannot be paid")
    allocated = min(amount, invoice.due) if invoice.due.minor > 0 else Money.zero(invoice.currency)
    paid = replace(invoice, paid_minor=invoice.paid_minor + allocated.minor)
    if paid.status is InvoiceStatus.OPEN and not paid.due:
        paid = replace(paid, status=InvoiceStatus.PAID)
    if paid.status is InvoiceStatus.OPEN and not late(paid):
        paid = replace(paid, overdue=False)
    return paid, allocated, amount - allocated


def invoice_entry(invoice: Invoice) -> Entry:
    """The books of a finalized invoice: what was billed ahead is deferred until it is earned."""
    if invoice.issued_at is None:
        raise RuleError("invoice_is_draft", "a draft is not in the books")
    legs = [(Account.RECEIVABLE, invoice.total), (Account.TAX_PAYABLE, -invoice.tax)]
    legs += [(line.account, -line.amount) for line in invoice.lines]
    id_ = derived_id("txn", invoice.id, "finalized")
    return entry(id_, invoice.issued_at, invoice.legal_entity, f"invoice/{invoice.id}", *legs)


def write_off_entry(invoice: Invoice, loss: Money, at: datetime) -> Entry:
    """The books of an invoice given up on."""
    legs = ((Account.BAD_DEBT, loss), (Account.RECEIVABLE, -loss))
    id_ = derived_id("txn", invoice.id, "written_off")
    return entry(id_, at, invoice.legal_entity, f"invoice/{invoice.id}", *legs)


def _require(invoice: Invoice, status: InvoiceStatus) -> None:
    if invoice.status is not status:
        raise RuleError("transition_not_allowed", f"{invoice.id} is {invoice.status}, not {status}")

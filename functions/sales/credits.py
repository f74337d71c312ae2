"""Use cases of credit notes: ask for one, wait until collection pauses, issue it, see the money go back."""

from __future__ import annotations

from collections.abc import Mapping

from billing.aws.changes import Changes
from billing.aws.table import Table
from billing.core.account import MoveKind
from billing.core.credit import (
    CreditNote,
    CreditStatus,
    credit_entry,
    credited_whole,
    draft_credit,
    issue_credit,
    refund_entry,
)
from billing.core.errors import NotFoundError, RuleError
from billing.core.ids import derived_id
from billing.core.invoicing import Invoice, InvoiceStatus
from billing.core.money import Money
from events.base import Message
from events.payments import CollectionHeldV1, RefundFailedV1, RefundPart, RefundSucceededV1
from events.sales import CollectionHoldRequestedV1, CreditNoteIssuedV1, InvoicePaidV1, InvoiceVoidedV1
from sales import promotional
from sales.account import book
from sales.balances import add_to_balance
from sales.commands import IssueCreditNoteV1
from sales.documents import (
    credit_note_part,
    credit_notes,
    invoice_part,
    store_credit,
    store_invoice,
    stored_invoice,
)
from sales.numbering import CREDIT_NOTES, group, take_number
from sales.records import credit_record
from sales.store import credits_key, legal_entity

PREFIX = "crn"


def request_credit(
    changes: Changes,
    invoice_id: str,
    wanted: Mapping[str, Money] | None,
    *,
    reason: str,
    refund: bool,
    key: str,
    annul: bool = False,
) -> CreditNote:
    """Draft a credit note. Where money may still be collected on the invoice, collection pauses first.

    One that a change waits for is annulled with that, or the change would wait for what nobody will pay.
    """
    table, context = changes.table, changes.context
    invoice, _ = stored_invoice(table, context.tenant, invoice_id)
    if invoice.settles and invoice.status is InvoiceStatus.OPEN and not annul:
        place = f"/sales/subscriptions/{invoice.subscription}/scheduled/{invoice.settles}"
        message = f"a change waits for it to be paid; take that back by DELETE {place}"
        raise RuleError("awaits_payment", message)
    earlier = [note for note, _ in credit_notes(table, context.tenant, invoice_id)]
    id_ = derived_id(PREFIX, context.tenant, key)
    note = draft_credit(
        id_, invoice, earlier, wanted, reason=reason, refund=refund, at=context.now, annul=annul
    )
    _one_more(changes, invoice_id)
    store_credit(changes, note, seen=None)
    if invoice.status is InvoiceStatus.OPEN:
        hold = CollectionHoldRequestedV1(hold=note.id, invoice=invoice.id, customer=invoice.customer)
        changes.emit(hold, subject=f"credit_note/{note.id}", sequence=1)
    else:
        _request_number(changes, note)
    return note


def collection_held(event: CollectionHeldV1, _message: Message, changes: Changes) -> None:
    """Collection pauses (a payment that was under way has been told before): the credit can be issued."""
    note, _ = _stored(changes.table, changes.context.tenant, event.invoice, event.hold)
    if note.status is CreditStatus.DRAFT:
        _request_number(changes, note)


def issue(changes: Changes, invoice_id: str, note_id: str) -> CreditNote:
    """Number a credit note, lower what is due, and leave the rest to the customer."""
    table, tenant = changes.table, changes.context.tenant
    draft, seen = _stored(table, tenant, invoice_id, note_id)
    if draft.status is CreditStatus.ISSUED:
        return draft
    before, version = stored_invoice(table, tenant, invoice_id)
    number, at = take_number(changes, legal_entity(table, tenant, draft.legal_entity), CREDIT_NOTES, draft.id)
    note, invoice = issue_credit(draft, before, number, at=at)
    store_credit(changes, note, seen=seen)
    store_invoice(changes, invoice, seen=version)
    entry = credit_entry(note, lost=before.status is InvoiceStatus.WRITTEN_OFF)
    book(changes, entry, note.customer, MoveKind.CREDIT_NOTE, number)
    add_to_balance(changes, note.customer, Money(note.balance_minor, note.currency))
    part = credit_note_part(note, credit_record(tenant, note, invoice))
    _restore(changes, before, note)
    event = CreditNoteIssuedV1(credit_note=part, reason=note.reason)
    changes.emit(event, subject=f"credit_note/{note.id}", sequence=2)
    if invoice.status is not before.status:
        _say_settled(changes, invoice, version + 1)
    return note


def _restore(changes: Changes, invoice: Invoice, note: CreditNote) -> None:
    """Of an invoice that is credited whole, promotional credit takes nothing; most have none."""
    if not any(off.credit for line in invoice.lines for off in line.discounts):
        return
    known = [each for each, _ in credit_notes(changes.table, changes.context.tenant, invoice.id)]
    issued = [each for each in known if each.status is CreditStatus.ISSUED]
    if credited_whole(invoice, [*issued, note]):
        promotional.undo(changes, invoice, annulled=note.annuls)


def refund_succeeded(event: RefundSucceededV1, _message: Message, changes: Changes) -> None:
    """Money went back: it is not the customer's balance any more."""
    amount = Money(event.refund.amount_minor, event.refund.currency)
    _book_refund(changes, event.refund, amount, "refunded")
    add_to_balance(changes, event.refund.customer, -amount)


def refund_failed(event: RefundFailedV1, _message: Message, changes: Changes) -> None:
    """Money that had gone back and came to us again is the customer's; where none moved, nothing changes."""
    if not event.returned:
        return
    amount = Money(event.refund.amount_minor, event.refund.currency)
    _book_refund(changes, event.refund, -amount, "returned")
    add_to_balance(changes, event.refund.customer, amount)


def _book_refund(changes: Changes, refund: RefundPart, amount: Money, what: str) -> None:
    """Money that left the customer's balance, or came back to it; known by the number of its invoice."""
    context = changes.context
    invoice, _ = stored_invoice(changes.table, context.tenant, refund.invoice)
    id_ = derived_id("txn", refund.refund, what)
    entry = refund_entry(id_, context.now, refund.legal_entity, f"refund/{refund.refund}", amount)
    book(changes, entry, refund.customer, MoveKind.REFUND, invoice.number or "")


def _stored(table: Table, tenant: str, invoice: str, note: str) -> tuple[CreditNote, int]:
    for known, version in credit_notes(table, tenant, invoice):
        if known.id == note:
            return known, version
    raise NotFoundError("credit_note_not_found", "there is no such credit note")


def _one_more(changes: Changes, invoice: str) -> None:
    """Of two credits asked for at once one is decided after the other: together they fit the invoice."""
    key = credits_key(changes.context.tenant, invoice)
    stored = changes.table.get(**key)
    changes.put({**key}, seen=stored["version"] if stored else None, label="credits")


def _request_number(changes: Changes, note: CreditNote) -> None:
    changes.send(
        "finalize",
        IssueCreditNoteV1(invoice=note.invoice, credit_note=note.id),
        subject=f"credit_note/{note.id}",
        about="issue",
        group=group(changes.context.tenant, note.legal_entity, CREDIT_NOTES),
    )


def _say_settled(changes: Changes, invoice: Invoice, sequence: int) -> None:
    part, subject = invoice_part(invoice), f"invoice/{invoice.id}"
    if invoice.status is InvoiceStatus.VOID:
        changes.emit(InvoiceVoidedV1(invoice=part, reason="credited"), subject=subject, sequence=sequence)
    else:
        changes.emit(InvoicePaidV1(invoice=part), subject=subject, sequence=sequence)

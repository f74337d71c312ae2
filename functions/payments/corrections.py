"""Use cases of what sales changes about an invoice while it is collected: void, paid, credited, given up."""

from __future__ import annotations

from collections.abc import Callable

from billing.aws.changes import Changes
from billing.aws.queue import NotYetError
from billing.core.collection import Collection, accelerate, hold, lower, settle, stop
from events.sales import CreditNotePart
from payments.collecting import ask, give_up, go_on, say_held
from payments.items import default_method, known_collection, write_collection
from payments.refunding import refund_credit_note


def invoice_stopped(changes: Changes, invoice: str) -> None:
    """Voided or written off: collect no more; what is under way and brings money all the same is booked."""
    _close(changes, invoice, stop)


def invoice_paid(changes: Changes, invoice: str) -> None:
    """Nothing is due any more, by our own payment or by any other way."""
    _close(changes, invoice, settle)


def invoice_accelerated(changes: Changes, invoice: str) -> None:
    """An instalment was overdue, and with it all of them are due."""
    collection, seen = _expected(changes, invoice)
    if not collection.open or collection.accelerated:
        return
    method = default_method(changes.table, changes.context.tenant, collection.customer)
    collection = ask(changes, accelerate(collection), method, changes.context.now)
    write_collection(changes, collection, seen=seen)


def hold_requested(changes: Changes, invoice: str, for_: str) -> None:
    """Begin nothing on an invoice; the answer waits for the attempt under way, if there is one."""
    collection, seen = _expected(changes, invoice)
    if not collection.active:
        say_held(changes, invoice, for_, seen)
    give_up(changes, collection)
    write_collection(changes, hold(collection, for_), seen=seen)


def credit_note_issued(changes: Changes, note: CreditNotePart) -> None:
    """Less is due, what was held goes on, and what the note says is sent back."""
    if note.refund_minor:
        refund_credit_note(changes, note)
    known = known_collection(changes.table, changes.context.tenant, note.invoice)
    if known is None:
        return
    stored, seen = known
    collection = lower(stored, note.applied_minor, note.credit_note)
    write_collection(changes, go_on(changes, collection, seen), seen=seen)


def _close(changes: Changes, invoice: str, close: Callable[[Collection], Collection]) -> None:
    known = known_collection(changes.table, changes.context.tenant, invoice)
    if known is None or not known[0].open:
        return
    collection, seen = known
    give_up(changes, collection)
    write_collection(changes, close(collection), seen=seen)


def _expected(changes: Changes, invoice: str) -> tuple[Collection, int]:
    known = known_collection(changes.table, changes.context.tenant, invoice)
    if known is None:
        raise NotYetError(f"the invoice {invoice} has not arrived")
    return known

"""Use cases of collecting: an invoice to collect, and a method that lets those that wait be collected."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from itertools import islice

from billing.aws.changes import Changes
from billing.aws.table import aggregate_pk
from billing.aws.wall import wall_now
from billing.core.collection import Collection, begin, call, calm, dun
from billing.core.dunning import worth_retrying
from billing.core.errors import RuleError
from billing.core.instalments import Instalment, left_of
from billing.core.money import Money
from billing.core.payment import AttemptStatus
from events.payments import CollectionHeldV1, PaymentRetriesExhaustedV1
from events.sales import InvoicePart
from payments.attempts import Stored, stored_attempt, write_attempt
from payments.commands import CancelV1, ChargeV1, CollectAllV1, CollectV1
from payments.items import (
    customer_item,
    default_method,
    known_collection,
    stored_collection,
    write_collection,
)
from payments.schedules import schedule_of
from payments.store import open_key

_PAGE = 40  # invoices of one customer handed on in one unit of work


def invoice_finalized(changes: Changes, invoice: InvoicePart) -> None:
    """Collect a finalized invoice with its customer's default method; without one it waits.

    One in instalments is collected as each of them comes due.
    """
    tenant = changes.context.tenant
    if not invoice.due_minor or known_collection(changes.table, tenant, invoice.invoice):
        return
    collection = Collection(
        invoice=invoice.invoice,
        number=invoice.number,
        customer=invoice.customer,
        legal_entity=invoice.legal_entity,
        currency=invoice.currency,
        due_minor=invoice.due_minor,
        due_at=invoice.due_at,
        subscription=invoice.subscription,
        instalments=_instalments(invoice),
    )
    listed = open_key(tenant, invoice.customer, invoice.invoice)
    changes.put({**listed, "invoice": invoice.invoice}, seen=None, label="open invoice")
    customer = customer_item(changes.table, tenant, invoice.customer)
    # Written, not only read: a method saved at the same instant sees this invoice, or this sees the method.
    changes.put(customer, seen=customer.get("version"), label="customer")
    method, since = customer.get("default"), invoice.due_at
    if collection.called_next:
        since = collection.called_next.due_at
        collection = call(collection, changes.context.now)
    write_collection(changes, ask(changes, collection, method, since), seen=None)


def instalment_due(changes: Changes, invoice: str) -> Collection | None:
    """Ask for what has come due; what is under way is waited for, and its failure for a while.

    The collection after it; None where nothing is due any more.
    """
    table, tenant, now = changes.table, changes.context.tenant, changes.context.now
    collection, seen = stored_collection(table, tenant, invoice)
    if collection.called_next is None or collection.called_next.due_at > now:
        return None
    method = default_method(table, tenant, collection.customer)
    collection = ask(changes, call(collection, now), method, collection.called_next.due_at)
    write_collection(changes, collection, seen=seen)
    return collection


def pay_off(changes: Changes, invoice: str) -> Collection:
    """Collect all that is left of an invoice now, instalments that are not due yet too."""
    table, tenant = changes.table, changes.context.tenant
    collection, seen = stored_collection(table, tenant, invoice)
    method = default_method(table, tenant, collection.customer)
    if method is None:
        raise RuleError("no_method", "the customer has saved nothing to pay with", "customer")
    collection = send_attempt(changes, collection, method, whole=True)
    write_collection(changes, collection, seen=seen)
    return collection


def collect(changes: Changes, invoice: str) -> None:
    """Collect an invoice now; where something is in the way, as soon as it is not."""
    collection, seen = stored_collection(changes.table, changes.context.tenant, invoice)
    default = default_method(changes.table, changes.context.tenant, collection.customer)
    if not collection.open or default is None or collection.again:
        return
    if collection.due_by(changes.context.now):
        write_collection(changes, _at_once(changes, collection, default), seen=seen)


def collect_all(changes: Changes, customer: str, *, about: str, after: str | None = None) -> None:
    """Hand on every open invoice of a customer, a page at a time; `about` is what made it happen."""
    pk = aggregate_pk(changes.context.tenant, f"customer/{customer}")
    page = list(islice(changes.table.query(pk, "OPEN#", after=after), _PAGE + 1))
    for item in page[:_PAGE]:
        invoice = item["invoice"]
        changes.send("work", CollectV1(invoice=invoice), subject=f"invoice/{invoice}", about=about)
    if len(page) > _PAGE:
        more = CollectAllV1(customer=customer, after=page[_PAGE - 1]["sk"], about=about)
        changes.send("work", more, subject=f"customer/{customer}", about=f"{about} {more.after}")


def ask(changes: Changes, collection: Collection, method: str | None, since: datetime) -> Collection:
    """Collect what has come due; who has nothing to pay with is reminded from an instant on.

    What is under way is waited for, and what failed in a way that no repeat can help is left to its schedule.
    """
    if not collection.due_by(changes.context.now):
        return collection
    if method is None:
        return dun(collection, schedule_of(changes.table, changes.context.tenant), since)
    if collection.acting:
        return _at_once(changes, collection, method)
    hopeless = collection.advice is not None and not worth_retrying(collection.advice)
    return send_attempt(changes, collection, method) if collection.free and not hopeless else collection


def _at_once(changes: Changes, collection: Collection, method: str) -> Collection:
    """Begin an attempt; where something is in the way, as soon as it is not."""
    if collection.free:
        return send_attempt(changes, collection, method)
    give_up(changes, collection)
    return replace(collection, again=True)


def _instalments(invoice: InvoicePart) -> tuple[Instalment, ...]:
    """What is left of each once the customer's balance has paid the earliest."""
    parts = [
        Instalment(each.due_at, Money(each.amount_minor, invoice.currency)) for each in invoice.instalments
    ]
    left = left_of(parts, paid=invoice.total_minor - invoice.due_minor)
    return tuple(
        replace(each, amount=Money(minor, invoice.currency))
        for each, minor in zip(parts, left, strict=True)
        if minor
    )


def send_attempt(changes: Changes, collection: Collection, method: str, *, whole: bool = False) -> Collection:
    """The next attempt and the command that sends it; both commit with the collection."""
    context = changes.context
    collection, attempt = begin(
        collection, context.tenant, provider="stripe", method=method, at=context.now, whole=whole
    )
    write_attempt(changes, Stored(attempt), wall=wall_now())
    changes.send(
        "charge",
        ChargeV1(invoice=attempt.invoice, number=attempt.number),
        subject=f"payment/{attempt.id}",
        about="charge",
    )
    return collection


def go_on(changes: Changes, collection: Collection, seen: int) -> Collection:
    """What follows once a collection has changed: holds answered, the next attempt, or the last word."""
    now = changes.context.now
    collection = calm(collection, now)
    if not collection.active:
        for asked in collection.asked:
            say_held(changes, collection.invoice, asked, seen)
        collection = replace(collection, asked=())
    if collection.free and (collection.again or collection.unattended):
        method = default_method(changes.table, changes.context.tenant, collection.customer)
        collection = call(replace(collection, again=False, advice=None), now)
        collection = ask(changes, collection, method, now)
    if collection.out_of_retries and not collection.exhausted:
        _say_exhausted(changes, collection, seen)
        collection = replace(collection, exhausted=True)
    return collection


def give_up(changes: Changes, collection: Collection) -> None:
    """Ask for an attempt to be cancelled that only its customer could bring on."""
    if not collection.acting:
        return
    number = collection.attempts
    active = stored_attempt(changes.table, changes.context.tenant, collection.invoice, number).attempt
    if active.status is AttemptStatus.REQUIRES_ACTION:
        changes.send(
            "charge",
            CancelV1(invoice=active.invoice, number=active.number),
            subject=f"payment/{active.id}",
            about=f"cancel {changes.context.causation_id}",
        )


def say_held(changes: Changes, invoice: str, for_: str, seen: int) -> None:
    """Nothing is under way on an invoice, and nothing begins."""
    held = CollectionHeldV1(hold=for_, invoice=invoice)
    changes.emit(held, subject=f"invoice/{invoice}", sequence=seen + 1, about=for_)


def _say_exhausted(changes: Changes, collection: Collection, seen: int) -> None:
    exhausted = PaymentRetriesExhaustedV1(
        invoice=collection.invoice,
        customer=collection.customer,
        legal_entity=collection.legal_entity,
        amount_minor=collection.due_by(changes.context.now).minor,
        currency=collection.currency,
        attempts=collection.attempts,
        number=collection.number,
        subscription=collection.subscription,
    )
    changes.emit(exhausted, subject=f"invoice/{collection.invoice}", sequence=seen + 1)

"""Use cases of collecting: an invoice to collect, one to collect no more, a method that lets others be."""

from __future__ import annotations

from dataclasses import replace
from itertools import islice

from billing.aws.changes import Changes
from billing.aws.items import Item
from billing.aws.table import Table, aggregate_pk
from billing.aws.wall import wall_now
from billing.core.collection import Collection, begin, stop
from billing.core.payment import AttemptStatus
from events.sales import InvoicePart
from payments.attempts import Stored, stored_attempt, write_attempt
from payments.commands import CancelV1, ChargeV1, CollectAllV1, CollectV1
from payments.store import collection_key, customer_key, found, open_key

_PAGE = 40  # invoices of one customer handed on in one unit of work


def invoice_finalized(changes: Changes, invoice: InvoicePart) -> None:
    """Collect a finalized invoice with its customer's default method; without one it waits."""
    tenant = changes.context.tenant
    if not invoice.due_minor or changes.table.get(*collection_key(tenant, invoice.invoice).values()):
        return
    collection = Collection(
        invoice=invoice.invoice,
        number=invoice.number,
        customer=invoice.customer,
        legal_entity=invoice.legal_entity,
        currency=invoice.currency,
        due_minor=invoice.due_minor,
        due_at=invoice.due_at,
    )
    listed = open_key(tenant, invoice.customer, invoice.invoice)
    changes.put({**listed, "invoice": invoice.invoice}, seen=None, label="open invoice")
    customer = customer_item(changes.table, tenant, invoice.customer)
    # Written, not only read: a method saved at the same instant sees this invoice, or this sees the method.
    changes.put(customer, seen=customer.get("version"), label="customer")
    if customer.get("default"):
        collection = send_attempt(changes, collection, customer["default"])
    write_collection(changes, collection, seen=None)


def invoice_voided(changes: Changes, invoice: str) -> None:
    """Collect no more; an attempt that waits for its customer is given up at the provider."""
    stored = _known(changes, invoice)
    if stored is None:
        return
    collection, seen = stored
    stopped = stop(collection)
    if stopped is collection:
        return
    _give_up(changes, collection)
    write_collection(changes, stopped, seen=seen)


def collect(changes: Changes, invoice: str) -> None:
    """Collect an invoice now; where an attempt is under way, right after it has come to nothing."""
    collection, seen = stored_collection(changes.table, changes.context.tenant, invoice)
    if not collection.open:
        return
    default = default_method(changes.table, changes.context.tenant, collection.customer)
    if default is None:
        return
    if collection.active:
        if collection.again:
            return
        _give_up(changes, collection)
        write_collection(changes, replace(collection, again=True), seen=seen)
        return
    write_collection(changes, send_attempt(changes, collection, default), seen=seen)


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


def send_attempt(changes: Changes, collection: Collection, method: str) -> Collection:
    """The next attempt and the command that sends it; both commit with the collection."""
    context = changes.context
    collection, attempt = begin(collection, context.tenant, provider="stripe", method=method, at=context.now)
    write_attempt(changes, Stored(attempt), wall=wall_now())
    changes.send(
        "charge",
        ChargeV1(invoice=attempt.invoice, number=attempt.number),
        subject=f"payment/{attempt.id}",
        about="charge",
    )
    return collection


def stored_collection(table: Table, tenant: str, invoice: str) -> tuple[Collection, int]:
    """What is to be collected for an invoice, and its stored version."""
    item = found(table, collection_key(tenant, invoice), "invoice")
    return Collection.from_data(item["data"]), item["version"]


def write_collection(changes: Changes, collection: Collection, *, seen: int | None) -> None:
    """Write a collection; one that is over leaves the list of open invoices."""
    tenant = changes.context.tenant
    item: Item = {**collection_key(tenant, collection.invoice), "data": collection.to_data()}
    changes.put(item, seen=seen, label="collection")
    listed = open_key(tenant, collection.customer, collection.invoice)
    if not collection.open and changes.table.get(**listed):
        changes.delete(listed["pk"], listed["sk"], seen=1, label="open invoice")


def customer_item(table: Table, tenant: str, customer: str) -> Item:
    """A customer as payments knows it; one never heard of before is empty."""
    key = customer_key(tenant, customer)
    return table.get(**key) or dict(key)


def default_method(table: Table, tenant: str, customer: str) -> str | None:
    """What a customer pays with."""
    return customer_item(table, tenant, customer).get("default")


def _known(changes: Changes, invoice: str) -> tuple[Collection, int] | None:
    item = changes.table.get(**collection_key(changes.context.tenant, invoice))
    return (Collection.from_data(item["data"]), item["version"]) if item else None


def _give_up(changes: Changes, collection: Collection) -> None:
    """Ask for an attempt to be cancelled that only its customer could bring on."""
    if collection.active is None:
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

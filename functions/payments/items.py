"""Collections and customers in the table: to items and back."""

from __future__ import annotations

from billing.aws.changes import Changes
from billing.aws.items import Item
from billing.aws.table import Table, found
from billing.core.collection import Collection
from payments.store import collection_key, customer_key, open_key


def stored_collection(table: Table, tenant: str, invoice: str) -> tuple[Collection, int]:
    """What is to be collected for an invoice, and its stored version."""
    item = found(table, collection_key(tenant, invoice), "invoice")
    return Collection.from_data(item["data"]), item["version"]


def known_collection(table: Table, tenant: str, invoice: str) -> tuple[Collection, int] | None:
    """The same, or None where nothing was ever to be collected."""
    item = table.get(**collection_key(tenant, invoice))
    return (Collection.from_data(item["data"]), item["version"]) if item else None


def write_collection(changes: Changes, collection: Collection, *, seen: int | None) -> None:
    """Write a collection; what comes next of it is due work, and one that is over leaves the open ones."""
    tenant = changes.context.tenant
    item: Item = {**collection_key(tenant, collection.invoice), "data": collection.to_data()}
    changes.put_due(item, seen=seen, due_at=collection.work_at, label="collection")
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

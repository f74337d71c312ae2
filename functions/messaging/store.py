"""The keys of the messaging table.

| pk (behind `T#<tenant>#`)   | sk                    | item                                              |
|-----------------------------|-----------------------|---------------------------------------------------|
| tenant/<tenant>             | TENANT                | projection: the seller's name, legal entities     |
| plans                       | PLAN#<key>#<00001>    | projection: what a plan version is called         |
| customer/<id>               | CUSTOMER              | projection: name, address, locale, zone           |
| customer/<id>               | METHOD#<method>       | projection: what is charged without asking        |
| customer/<id>               | PREFERENCES           | what the customer does not want to hear           |
| customer/<id>               | NOTICE#<instant>#<id> | its notices, for lists                            |
| invoice/<id>                | INVOICE               | projection: number, amount, due date              |
| invoice/<id>                | SETTLED               | projection: paid or void                          |
| notice/<id>                 | NOTICE                | a notice and how far it came                      |
| suppressed/<address id>     | SUPPRESSED            | an address that nothing is sent to                |
"""

from __future__ import annotations

from datetime import datetime

from billing.aws.items import Item
from billing.aws.table import Table, aggregate_pk
from billing.aws.work import sortable
from billing.core.errors import NotFoundError
from billing.core.ids import derived_id

Key = dict[str, str]


def tenant_key(tenant: str) -> Key:
    """The projection of a tenant."""
    return {"pk": aggregate_pk(tenant, f"tenant/{tenant}"), "sk": "TENANT"}


def plan_key(tenant: str, plan: str, version: int) -> Key:
    """What a plan version is called."""
    return {"pk": aggregate_pk(tenant, "plans"), "sk": f"PLAN#{plan}#{version:05}"}


def customer_key(tenant: str, customer: str) -> Key:
    """The projection of a customer, the only item with personal data."""
    return {"pk": aggregate_pk(tenant, f"customer/{customer}"), "sk": "CUSTOMER"}


def method_key(tenant: str, customer: str, method: str) -> Key:
    """A payment method of a customer."""
    return {"pk": aggregate_pk(tenant, f"customer/{customer}"), "sk": f"METHOD#{method}"}


def preferences_key(tenant: str, customer: str) -> Key:
    """What a customer does not want to hear."""
    return {"pk": aggregate_pk(tenant, f"customer/{customer}"), "sk": "PREFERENCES"}


def customer_notice_key(tenant: str, customer: str, at: datetime, notice: str) -> Key:
    """A customer's notice in its list, in the order of time."""
    sk = f"NOTICE#{sortable(at)}#{notice}"
    return {"pk": aggregate_pk(tenant, f"customer/{customer}"), "sk": sk}


def invoice_key(tenant: str, invoice: str) -> Key:
    """What an invoice asks for."""
    return {"pk": aggregate_pk(tenant, f"invoice/{invoice}"), "sk": "INVOICE"}


def settled_key(tenant: str, invoice: str) -> Key:
    """That nothing is due on an invoice any more, and why."""
    return {"pk": aggregate_pk(tenant, f"invoice/{invoice}"), "sk": "SETTLED"}


def notice_key(tenant: str, notice: str) -> Key:
    """A notice."""
    return {"pk": aggregate_pk(tenant, f"notice/{notice}"), "sk": "NOTICE"}


def suppressed_key(tenant: str, address_id: str) -> Key:
    """An address nothing is sent to."""
    return {"pk": aggregate_pk(tenant, f"suppressed/{address_id}"), "sk": "SUPPRESSED"}


def address_id(tenant: str, address: str) -> str:
    """What an address is called where it must not be repeated: by its hash."""
    return derived_id("adr", tenant, address.strip().casefold())


def customer_id(tenant: str, name: str) -> str:
    """The id behind a customer's id or the seller's external id (as sales derives it)."""
    return name if name.startswith("cus_") else derived_id("cus", tenant, "external", name)


def read(table: Table, key: Key) -> Item | None:
    """The item at a key."""
    return table.get(key["pk"], key["sk"])


def found(table: Table, key: Key, what: str) -> Item:
    """An item that a request names; NotFoundError `<what>_not_found` where there is none."""
    item = read(table, key)
    if item is None:
        raise NotFoundError(f"{what}_not_found", f"there is no such {what}")
    return item

"""The keys of the messaging table.

| pk (behind `T#<tenant>#`)   | sk                    | item                                              |
|-----------------------------|-----------------------|---------------------------------------------------|
| tenant/<tenant>             | TENANT                | projection: the seller's name, legal entities     |
| plans                       | PLAN#<key>#<00001>    | projection: what a plan version is called         |
| customer/<id>               | CUSTOMER              | projection: name, address, locale, zone           |
| customer/<id>               | METHOD#<method>       | projection: what is charged without asking        |
| customer/<id>               | SUB#<subscription>    | projection: its subscriptions as they stand       |
| customer/<id>               | PREFERENCES           | what the customer does not want to hear           |
| customer/<id>               | NOTICE#<instant>#<id> | its notices, for lists                            |
| customer/<id>               | CAP#<template>#<of>   | when it was last told something it is told rarely |
| invoice/<id>                | INVOICE               | projection: number, amount, due date              |
| invoice/<id>                | SETTLED               | projection: paid, void or written off             |
| invoice/<id>                | CREDITED              | projection: a credit note lowered what was due    |
| invoice/<id>                | NOTE#<credit note>    | projection: where a credit went                   |
| notice/<id>                 | NOTICE                | a notice and how far it came                      |
| suppressed/<address id>     | SUPPRESSED            | an address that nothing is sent to                |
| suppressed/<address id>     | RETURNED              | how often mail to it came back only for now       |

`UNSUBSCRIBE#<token>` / UNSUBSCRIBE has no tenant before it: it is what names the tenant and the customer.
"""

from __future__ import annotations

from datetime import datetime

from billing.aws.table import Key, item_key
from billing.aws.work import sortable
from billing.core.ids import derived_id


def plan_key(tenant: str, plan: str, version: int) -> Key:
    """What a plan version is called."""
    return item_key(tenant, "plans", f"PLAN#{plan}#{version:05}")


def customer_key(tenant: str, customer: str) -> Key:
    """The projection of a customer, the only item with personal data."""
    return item_key(tenant, f"customer/{customer}", "CUSTOMER")


def method_key(tenant: str, customer: str, method: str) -> Key:
    """A payment method of a customer."""
    return item_key(tenant, f"customer/{customer}", f"METHOD#{method}")


def subscription_key(tenant: str, customer: str, subscription: str) -> Key:
    """A subscription of a customer."""
    return item_key(tenant, f"customer/{customer}", f"SUB#{subscription}")


def cap_key(tenant: str, customer: str, template: str, of: str) -> Key:
    """When a customer was last told something that is told rarely."""
    return item_key(tenant, f"customer/{customer}", f"CAP#{template}#{of}")


def preferences_key(tenant: str, customer: str) -> Key:
    """What a customer does not want to hear."""
    return item_key(tenant, f"customer/{customer}", "PREFERENCES")


def customer_notice_key(tenant: str, customer: str, at: datetime, notice: str) -> Key:
    """A customer's notice in its list, in the order of time."""
    return item_key(tenant, f"customer/{customer}", f"NOTICE#{sortable(at)}#{notice}")


def invoice_key(tenant: str, invoice: str) -> Key:
    """What an invoice asks for."""
    return item_key(tenant, f"invoice/{invoice}", "INVOICE")


def settled_key(tenant: str, invoice: str) -> Key:
    """That nothing is due on an invoice any more, and why."""
    return item_key(tenant, f"invoice/{invoice}", "SETTLED")


def credited_key(tenant: str, invoice: str) -> Key:
    """That a credit note lowered what was due on an invoice."""
    return item_key(tenant, f"invoice/{invoice}", "CREDITED")


def credit_note_key(tenant: str, invoice: str, note: str) -> Key:
    """What became of a credit, beside its invoice."""
    return item_key(tenant, f"invoice/{invoice}", f"NOTE#{note}")


def notice_key(tenant: str, notice: str) -> Key:
    """A notice."""
    return item_key(tenant, f"notice/{notice}", "NOTICE")


def unsubscribe_key(token: str) -> Key:
    """Whose offers end with this link."""
    return {"pk": f"UNSUBSCRIBE#{token}", "sk": "UNSUBSCRIBE"}


def suppressed_key(tenant: str, address_id: str) -> Key:
    """An address nothing is sent to."""
    return item_key(tenant, f"suppressed/{address_id}", "SUPPRESSED")


def returned_key(tenant: str, address_id: str) -> Key:
    """How often mail to an address came back only for now."""
    return item_key(tenant, f"suppressed/{address_id}", "RETURNED")


def address_id(tenant: str, address: str) -> str:
    """What an address is called where it must not be repeated: by its hash."""
    return derived_id("adr", tenant, address.strip().casefold())

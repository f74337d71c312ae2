"""The keys of the payments table.

| pk (behind `T#<tenant>#`) | sk              | item                                                        |
|---------------------------|-----------------|-------------------------------------------------------------|
| tenant/<tenant>           | TENANT          | projection: legal entities, clock                           |
| tenant/<tenant>           | CLOCK           | projection: how far its test clock has advanced             |
| tenant/<tenant>           | SCHEDULE        | what happens while an invoice stays unpaid                  |
| customer/<id>             | CUSTOMER        | its name at the provider, its default method                |
| customer/<id>             | METHOD#<method> | a saved payment method                                      |
| customer/<id>             | OPEN#<invoice>  | an invoice still to be collected                            |
| payer/<provider's name>   | CUSTOMER        | which customer the provider means                           |
| invoice/<id>              | COLLECTION      | what is to be collected; its next instalment, dunning step  |
| invoice/<id>              | ATTEMPT#<0001>  | one try; its next look at the provider is due in wall time  |
| invoice/<id>              | REFUND#<id>     | money on its way back; its next look likewise               |
| notification/<id>         | NOTIFICATION    | what the provider told, and what became of it               |
| provider/<name>           | CATCH-UP        | how far the provider's changes are known; the next look     |
| journal/<shard>           | ENTRY#<id>      | a journal entry                                             |
"""

from __future__ import annotations

from billing.aws.table import Key, item_key


def schedule_key(tenant: str) -> Key:
    """A tenant's own dunning schedule."""
    return item_key(tenant, f"tenant/{tenant}", "SCHEDULE")


def customer_key(tenant: str, customer: str) -> Key:
    """A customer; every change of what it pays with, and every new invoice, goes through this item."""
    return item_key(tenant, f"customer/{customer}", "CUSTOMER")


def method_key(tenant: str, customer: str, method: str) -> Key:
    """A saved payment method."""
    return item_key(tenant, f"customer/{customer}", f"METHOD#{method}")


def open_key(tenant: str, customer: str, invoice: str) -> Key:
    """An invoice of a customer that is still to be collected."""
    return item_key(tenant, f"customer/{customer}", f"OPEN#{invoice}")


def payer_key(tenant: str, ref: str) -> Key:
    """The customer behind the provider's name for it."""
    return item_key(tenant, f"payer/{ref}", "CUSTOMER")


def collection_key(tenant: str, invoice: str) -> Key:
    """What is to be collected for an invoice."""
    return item_key(tenant, f"invoice/{invoice}", "COLLECTION")


def attempt_key(tenant: str, invoice: str, number: int) -> Key:
    """One attempt to collect an invoice."""
    return item_key(tenant, f"invoice/{invoice}", f"ATTEMPT#{number:04}")


def refund_key(tenant: str, invoice: str, refund: str) -> Key:
    """A refund of an invoice's payment."""
    return item_key(tenant, f"invoice/{invoice}", f"REFUND#{refund}")


def notification_key(tenant: str, notification: str) -> Key:
    """Something the provider told."""
    return item_key(tenant, f"notification/{notification}", "NOTIFICATION")


def catch_up_key(tenant: str, provider: str) -> Key:
    """How far a provider's changes are known."""
    return item_key(tenant, f"provider/{provider}", "CATCH-UP")

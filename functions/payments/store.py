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
| invoice/<id>              | COLLECTION      | what is to be collected, how far; the next dunning step     |
| invoice/<id>              | ATTEMPT#<0001>  | one try; its next look at the provider is due in wall time  |
| invoice/<id>              | REFUND#<id>     | money on its way back; its next look likewise               |
| notification/<id>         | NOTIFICATION    | what the provider told, and what became of it               |
| provider/<name>           | CATCH-UP        | how far the provider's changes are known; the next look     |
| journal/<shard>           | ENTRY#<id>      | a journal entry                                             |
"""

from __future__ import annotations

from datetime import datetime

from billing.aws.items import Item
from billing.aws.table import Key, Table, aggregate_pk
from billing.aws.wall import wall_now
from billing.core.errors import NotFoundError
from events.foundation import TenantChangedV1


def tenant_key(tenant: str) -> Key:
    """The projection of a tenant."""
    return {"pk": aggregate_pk(tenant, f"tenant/{tenant}"), "sk": "TENANT"}


def clock_key(tenant: str) -> Key:
    """How far a tenant's test clock has advanced."""
    return {"pk": aggregate_pk(tenant, f"tenant/{tenant}"), "sk": "CLOCK"}


def schedule_key(tenant: str) -> Key:
    """A tenant's own dunning schedule."""
    return {"pk": aggregate_pk(tenant, f"tenant/{tenant}"), "sk": "SCHEDULE"}


def customer_key(tenant: str, customer: str) -> Key:
    """A customer; every change of what it pays with, and every new invoice, goes through this item."""
    return {"pk": aggregate_pk(tenant, f"customer/{customer}"), "sk": "CUSTOMER"}


def method_key(tenant: str, customer: str, method: str) -> Key:
    """A saved payment method."""
    return {"pk": aggregate_pk(tenant, f"customer/{customer}"), "sk": f"METHOD#{method}"}


def open_key(tenant: str, customer: str, invoice: str) -> Key:
    """An invoice of a customer that is still to be collected."""
    return {"pk": aggregate_pk(tenant, f"customer/{customer}"), "sk": f"OPEN#{invoice}"}


def payer_key(tenant: str, ref: str) -> Key:
    """The customer behind the provider's name for it."""
    return {"pk": aggregate_pk(tenant, f"payer/{ref}"), "sk": "CUSTOMER"}


def collection_key(tenant: str, invoice: str) -> Key:
    """What is to be collected for an invoice."""
    return {"pk": aggregate_pk(tenant, f"invoice/{invoice}"), "sk": "COLLECTION"}


def attempt_key(tenant: str, invoice: str, number: int) -> Key:
    """One attempt to collect an invoice."""
    return {"pk": aggregate_pk(tenant, f"invoice/{invoice}"), "sk": f"ATTEMPT#{number:04}"}


def refund_key(tenant: str, invoice: str, refund: str) -> Key:
    """A refund of an invoice's payment."""
    return {"pk": aggregate_pk(tenant, f"invoice/{invoice}"), "sk": f"REFUND#{refund}"}


def notification_key(tenant: str, notification: str) -> Key:
    """Something the provider told."""
    return {"pk": aggregate_pk(tenant, f"notification/{notification}"), "sk": "NOTIFICATION"}


def catch_up_key(tenant: str, provider: str) -> Key:
    """How far a provider's changes are known."""
    return {"pk": aggregate_pk(tenant, f"provider/{provider}"), "sk": "CATCH-UP"}


def found(table: Table, key: Key, what: str) -> Item:
    """The item a request names; NotFoundError `<what>_not_found` where there is none."""
    item = table.get(key["pk"], key["sk"])
    if item is None:
        raise NotFoundError(f"{what}_not_found", f"there is no such {what}")
    return item


def tenant_state(table: Table, tenant: str) -> TenantChangedV1:
    """What foundation said last of a tenant."""
    item = found(table, tenant_key(tenant), "tenant")
    return TenantChangedV1.model_validate(item["state"])


def tenant_now(table: Table, tenant: str) -> tuple[datetime, str | None]:
    """The time a tenant lives in and the test clock it comes from, for work no request began."""
    state = tenant_state(table, tenant)
    if state.clock is None or state.clock_now is None:
        return wall_now(), None
    advanced = table.get(**clock_key(tenant))
    now = datetime.fromisoformat(advanced["now"]) if advanced else state.clock_now
    return max(now, state.clock_now), state.clock

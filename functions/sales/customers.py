"""Use cases of customers: create, change, find."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from billing.aws.changes import Changes
from billing.aws.items import Item
from billing.aws.table import Table, found
from billing.core.errors import RuleError
from billing.core.ids import customer_id, derived_id
from billing.core.periods import local_date
from events.sales import CustomerChangedV1, PersonalPart
from sales.store import clean, customer_key

PREFIX = "cus"


@dataclass(frozen=True, slots=True)
class Profile:
    """What a seller says of a customer."""

    name: str
    email: str
    external_id: str | None = None
    locale: str = "en"
    zone: str = "UTC"
    country: str | None = None
    address: Mapping[str, str] | None = None
    tax_id: str | None = None
    order: str | None = None
    reference: str | None = None
    endpoint: str | None = None
    consolidate: bool = False  # what its subscriptions are billed at one instant is one invoice


_ON_DOCUMENTS = ("address", "tax_id", "order", "reference", "endpoint")


def create(changes: Changes, profile: Profile, *, key: str) -> Item:
    """Create a customer, named after its external id or else after the request's key."""
    tenant = changes.context.tenant
    external = profile.external_id
    if external and external.startswith(f"{PREFIX}_"):
        raise RuleError("external_id_reserved", f"must not begin with {PREFIX}_", "external_id")
    new = derived_id(PREFIX, tenant, "external", external) if external else derived_id(PREFIX, tenant, key)
    if external and changes.table.get(**customer_key(tenant, new)):
        raise RuleError("customer_exists", "there is a customer of this external id", "external_id")
    return _write(changes, new, profile, seen=None)


def change(changes: Changes, customer: str, profile: Profile) -> Item:
    """Replace what is known of a customer; its external id stays what it is."""
    tenant = changes.context.tenant
    stored = found(changes.table, customer_key(tenant, customer), "customer")
    if profile.external_id != stored.get("external_id"):
        raise RuleError("external_id_fixed", "an external id cannot change", "external_id")
    return _write(changes, customer, profile, seen=stored["version"])


def read(table: Table, tenant: str, customer: str) -> Item:
    """A customer by its id or external id."""
    return found(table, customer_key(tenant, customer_id(tenant, customer)), "customer")


def _write(changes: Changes, customer: str, profile: Profile, *, seen: int | None) -> Item:
    local_date(changes.context.now, profile.zone)  # an unknown zone is refused here, by name
    tenant = changes.context.tenant
    billed_as = {name: getattr(profile, name) for name in _ON_DOCUMENTS}
    data = clean(
        {
            "id": customer,
            "name": profile.name,
            "email": profile.email,
            "external_id": profile.external_id,
            "locale": profile.locale,
            "zone": profile.zone,
            "country": profile.country,
            "consolidate": profile.consolidate or None,
            **billed_as,
        }
    )
    item = {**customer_key(tenant, customer), **data}
    changes.put(item, seen=seen, label="customer", private=frozenset({"name", *_ON_DOCUMENTS}))
    changes.emit(
        CustomerChangedV1(
            customer=customer,
            external_id=profile.external_id,
            locale=profile.locale,
            zone=profile.zone,
            country=profile.country,
            person=PersonalPart.model_validate({"name": profile.name, "email": profile.email, **billed_as}),
        ),
        subject=f"customer/{customer}",
        sequence=(seen or 0) + 1,
    )
    return data

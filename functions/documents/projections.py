"""The little that documents keeps of the others: who sells, who buys."""

from __future__ import annotations

from billing.aws.changes import Changes
from billing.aws.queue import NotYetError
from billing.aws.table import Table
from billing.aws.tenants import tenant_key
from billing.core.document import Address, BankAccount, Party
from billing.core.document_building import Buyer, Seller
from billing.core.errors import NotFoundError
from documents.store import customer_key
from events.base import AddressPart, Message
from events.foundation import LegalEntity, TenantChangedV1
from events.sales import CustomerChangedV1


def keep(event: TenantChangedV1 | CustomerChangedV1, message: Message, changes: Changes) -> None:
    """Keep the newest state."""
    tenant = message.tenant
    key = tenant_key(tenant) if isinstance(event, TenantChangedV1) else customer_key(tenant, event.customer)
    state = event.model_dump(mode="json", exclude_none=True)
    changes.put_newer({**key, "state": state}, sequence=message.sequence)


def entity(table: Table, tenant: str, key: str) -> LegalEntity:
    """A legal entity of a tenant."""
    item = table.get(**tenant_key(tenant))
    if item is None:
        raise NotYetError("the tenant has not arrived")
    state = TenantChangedV1.model_validate(item["state"])
    for one in state.legal_entities:
        if one.key == key:
            return one
    raise NotYetError("the legal entity has not arrived")


def known_entity(table: Table, tenant: str, key: str) -> LegalEntity:
    """A legal entity that a request names."""
    try:
        return entity(table, tenant, key)
    except NotYetError as error:
        raise NotFoundError("legal_entity_not_found", "there is no such legal entity") from error


def seller_of(known: LegalEntity) -> Seller:
    """Who issues, as documents name it."""
    address = known.address or AddressPart(country=known.country)
    party = Party(
        name=known.name,
        address=_address(address) if known.address else None,
        tax_id=known.tax_id,
        registration=known.registration,
        email=known.email,
        phone=known.phone,
        endpoint=known.endpoint,
    )
    account = BankAccount(known.iban.replace(" ", ""), known.bic) if known.iban else None
    return Seller(party, account, known.exemption)


def buyer_of(table: Table, tenant: str, customer: str) -> Buyer:
    """Who is asked to pay, as documents name it."""
    item = table.get(**customer_key(tenant, customer))
    if item is None:
        raise NotYetError("the customer has not arrived")
    known = CustomerChangedV1.model_validate(item["state"])
    person = known.person
    party = Party(
        name=person.name,
        address=_address(person.address) if person.address else None,
        tax_id=person.tax_id,
        email=person.email,
        endpoint=person.endpoint,
    )
    return Buyer(party, known.locale, known.zone, person.order, person.reference)


def _address(part: AddressPart) -> Address:
    return Address(part.country, part.street, part.more, part.postcode, part.city, part.region)

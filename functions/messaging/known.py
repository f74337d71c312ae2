"""Everything a notice is written from, read at the moment it is sent: the newest, not the first."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeVar

from billing.aws.items import Item
from billing.aws.queue import NotYetError
from billing.aws.table import Table, aggregate_pk
from billing.aws.tenants import tenant_key
from events.base import Event
from events.foundation import LegalEntity, TenantChangedV1
from events.payments import PaymentMethodSavedV1
from events.sales import (
    CreditNotePart,
    CustomerChangedV1,
    InvoicePart,
    PlanPublishedV1,
    SubscriptionPart,
)
from messaging.facts import Facts, what_became_of
from messaging.formats import one_line
from messaging.store import (
    Key,
    credit_note_key,
    credited_key,
    customer_key,
    invoice_key,
    plan_key,
    settled_key,
)

E = TypeVar("E", bound=Event)


@dataclass(frozen=True, slots=True)
class Known:
    """The seller, the customer, and what the notice is about."""

    tenant: str
    seller: TenantChangedV1
    customer: CustomerChangedV1
    plan: str | None = None  # its name
    method: PaymentMethodSavedV1 | None = None  # that is charged without asking
    invoice: InvoicePart | None = None
    now: frozenset[str] = frozenset()  # what is true now: `invoice_paid`, `subscription_ended` ...

    @property
    def seller_name(self) -> str:
        """The tenant's name as a reader sees it."""
        return one_line(self.seller.name) or self.tenant

    def entity(self, key: str | None) -> LegalEntity | None:
        """The legal entity of this key; the seller's first one where none is named."""
        entities = self.seller.legal_entities
        return next((one for one in entities if one.key == key), entities[0] if entities else None)


def known_for(table: Table, tenant: str, facts: Facts) -> Known:
    """Read it all; NotYetError where something that must exist has not arrived."""
    has = list(table.query(aggregate_pk(tenant, f"customer/{facts.customer}"), "SUB#"))
    subscriptions = [SubscriptionPart.model_validate(item["state"]) for item in has]
    invoice = _invoice(table, tenant, facts.invoice) if facts.invoice else None
    now = _of_invoice(table, tenant, invoice) | _of_subscriptions(subscriptions, facts)
    now |= _of_credit_note(table, tenant, facts)
    seller, customer = recipient(table, tenant, facts.customer)
    return Known(
        tenant=tenant,
        seller=seller,
        customer=customer,
        plan=_plan(table, tenant, facts.plan, facts.plan_version),
        method=_method(table, tenant, facts.customer),
        invoice=invoice,
        now=frozenset(now),
    )


def recipient(table: Table, tenant: str, customer: str) -> tuple[TenantChangedV1, CustomerChangedV1]:
    """Who writes to whom."""
    seller = _must(table, tenant_key(tenant), TenantChangedV1)
    return seller, _must(table, customer_key(tenant, customer), CustomerChangedV1)


def _of_invoice(table: Table, tenant: str, invoice: InvoicePart | None) -> set[str]:
    """What became of the invoice."""
    if invoice is None:
        return set()
    settled = table.get(**settled_key(tenant, invoice.invoice))
    credited = table.get(**credited_key(tenant, invoice.invoice))
    how = settled["how"] if settled else "paid" if invoice.due_minor <= 0 else "open"
    return {f"invoice_{how}"} | ({"invoice_credited"} if credited else set())


def _of_credit_note(table: Table, tenant: str, facts: Facts) -> set[str]:
    """Where the credit went."""
    if facts.credit_note is None or facts.invoice is None:
        return set()
    item = table.get(**credit_note_key(tenant, facts.invoice, facts.credit_note))
    if item is None:
        raise NotYetError("the credit note has not arrived")
    return set(what_became_of(CreditNotePart.model_validate(item["state"])))


def _of_subscriptions(subscriptions: list[SubscriptionPart], facts: Facts) -> set[str]:
    """What became of the subscription, and of the offer."""
    found: set[str] = set()
    for one in subscriptions:
        if one.subscription == facts.subscription:
            found.add(f"subscription_{one.status}")
            if (one.plan, one.plan_version) != (facts.plan, facts.plan_version):
                found.add("subscription_moved_on")
        if one.plan == facts.offer and one.status != "ended":
            found.add("offer_taken")
    return found


def _must(table: Table, key: Key, cls: type[E]) -> E:
    item = table.get(**key)
    if item is None:
        raise NotYetError(f"{cls.__name__} has not arrived")
    return cls.model_validate(item["state"])


def _plan(table: Table, tenant: str, plan: str | None, version: int | None) -> str | None:
    """A plan's name; its key, should the event that names it be late."""
    if plan is None or version is None:
        return plan
    item = table.get(**plan_key(tenant, plan, version))
    return PlanPublishedV1.model_validate(item["state"]).name if item else plan


def _invoice(table: Table, tenant: str, invoice: str) -> InvoicePart:
    item = table.get(**invoice_key(tenant, invoice))
    if item is None:
        raise NotYetError("the invoice has not arrived")
    return InvoicePart.model_validate(item["state"])


def _method(table: Table, tenant: str, customer: str) -> PaymentMethodSavedV1 | None:
    """The method that was last saved to be charged by default."""
    items: list[Item] = list(table.query(aggregate_pk(tenant, f"customer/{customer}"), "METHOD#"))
    saved = sorted((item for item in items if "removed" not in item), key=lambda item: item["at"])
    methods = [PaymentMethodSavedV1.model_validate(item["state"]) for item in saved]
    return next((method for method in reversed(methods) if method.default), None)

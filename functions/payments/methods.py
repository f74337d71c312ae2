"""Use cases of payment methods: a hosted page to save one, the one that is charged, one to forget."""

from __future__ import annotations

from datetime import datetime

from billing.aws.changes import Changes
from billing.aws.cursor import first_page, read_cursor
from billing.aws.items import Item
from billing.aws.table import Table, aggregate_pk, found
from billing.aws.tenants import tenant_state
from billing.core.errors import RuleError
from billing.core.ids import derived_id
from events.payments import PaymentMethodRemovedV1, PaymentMethodSavedV1
from payments.collecting import collect_all
from payments.items import customer_item
from payments.provider import Instrument, PaymentProvider, SetupOrder
from payments.store import method_key, payer_key


def begin_setup(
    changes: Changes, provider: PaymentProvider, customer: str, return_url: str, *, key: str
) -> str:
    """A hosted page where the customer saves a method; the same request gives the same page."""
    tenant = changes.context.tenant
    item = customer_item(changes.table, tenant, customer)
    payer = item.get("payer")
    if payer is None:
        payer = provider.ensure_customer(customer, derived_id("payer", tenant, customer))
        changes.put({**payer_key(tenant, payer), "customer": customer}, seen=None, label="payer")
    currency = tenant_state(changes.table, tenant).legal_entities[0].currency
    order = SetupOrder(derived_id("setup", tenant, key), payer, currency, return_url)
    url = provider.begin_setup(order)
    known = {**item, "payer": payer, "return_url": return_url}
    changes.put(known, seen=item.get("version"), label="customer")
    return url


def save(changes: Changes, provider: str, instrument: Instrument) -> bool:
    """Keep a method a customer saved, as the default; all its open invoices are collected with it at once.

    False where it is no customer of ours, or the method is known already.
    """
    tenant = changes.context.tenant
    owner = changes.table.get(**payer_key(tenant, instrument.payer))
    if owner is None or changes.table.get(**method_key(tenant, owner["customer"], instrument.ref)):
        return False
    customer = owner["customer"]
    method: Item = {
        **method_key(tenant, customer, instrument.ref),
        "method": instrument.ref,
        "provider": provider,
        "rail": instrument.rail,
        "label": instrument.label,
        "brand": instrument.brand,
        "last4": instrument.last4,
        "saved_at": changes.context.now.isoformat(),
    }
    changes.put(method, seen=None, label="method")
    _make_default(changes, customer, method)
    return True


def set_default(changes: Changes, customer: str, method: str) -> Item:
    """Pay with another method from now on, what is open included."""
    tenant = changes.context.tenant
    item = found(changes.table, method_key(tenant, customer, method), "method")
    if customer_item(changes.table, tenant, customer).get("default") != method:
        _make_default(changes, customer, item)
    return item


def remove(changes: Changes, provider: PaymentProvider, customer: str, method: str) -> Item:
    """Forget a method, here and at the provider; the newest of the others becomes the default."""
    tenant = changes.context.tenant
    item = found(changes.table, method_key(tenant, customer, method), "method")
    others = [other for other in saved_methods(changes.table, tenant, customer) if other["method"] != method]
    known = customer_item(changes.table, tenant, customer)
    provider.detach(method)
    changes.delete(item["pk"], item["sk"], seen=item["version"], label="method")
    default = known.get("default")
    if default == method:
        default = max(others, key=_saved_at)["method"] if others else None
    changes.put({**known, "default": default}, seen=known["version"], label="customer")
    removed = PaymentMethodRemovedV1(customer=customer, method=method, default=default)
    changes.emit(removed, subject=f"customer/{customer}", sequence=known["version"] + 1)
    return item


def saved_methods(table: Table, tenant: str, customer: str) -> list[Item]:
    """What a customer can pay with, newest first."""
    pk = aggregate_pk(tenant, f"customer/{customer}")
    return sorted(table.query(pk, "METHOD#"), key=_saved_at, reverse=True)


def method_page(
    table: Table, tenant: str, customer: str, cursor: str | None, size: int
) -> tuple[list[Item], str | None]:
    """A page of what a customer can pay with, newest first, and the cursor behind it."""
    behind, methods = read_cursor(cursor, "METHOD#"), saved_methods(table, tenant, customer)
    names = [method["sk"] for method in methods]
    start = names.index(behind) + 1 if behind in names else 0
    return first_page(methods[start:], size)


def _make_default(changes: Changes, customer: str, method: Item) -> None:
    item = customer_item(changes.table, changes.context.tenant, customer)
    if "payer" not in item:
        raise RuleError("unknown_payer", "the provider does not know this customer", "customer")
    changes.put({**item, "default": method["method"]}, seen=item["version"], label="customer")
    saved = PaymentMethodSavedV1(
        customer=customer,
        method=method["method"],
        rail=method["rail"],
        label=method["label"],
        brand=method.get("brand"),
        last4=method.get("last4"),
    )
    sequence = item["version"] + 1
    changes.emit(saved, subject=f"customer/{customer}", sequence=sequence)
    collect_all(changes, customer, about=f"default {sequence}")


def _saved_at(item: Item) -> datetime:
    return datetime.fromisoformat(item["saved_at"])

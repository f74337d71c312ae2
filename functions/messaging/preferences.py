"""What a customer does not want to hear. Money matters cannot be switched off, only sent elsewhere."""

from __future__ import annotations

from dataclasses import dataclass

from billing.aws.changes import Changes
from billing.aws.table import Table
from billing.core.record import Record
from messaging.rules import Category
from messaging.store import preferences_key


@dataclass(frozen=True, slots=True)
class Preferences(Record):
    """Which kinds of notices a customer wants besides those about money."""

    account: bool = True
    offers: bool = True


def stored(table: Table, tenant: str, customer: str) -> tuple[Preferences, int | None]:
    """A customer's preferences and the version of their item; without one everything is wanted."""
    item = table.get(**preferences_key(tenant, customer))
    return (Preferences.from_data(item["data"]), item["version"]) if item else (Preferences(), None)


def change(changes: Changes, customer: str, wanted: Preferences) -> None:
    """Replace a customer's preferences."""
    tenant = changes.context.tenant
    _, seen = stored(changes.table, tenant, customer)
    item = {**preferences_key(tenant, customer), "data": wanted.to_data()}
    changes.put(item, seen=seen, label="preferences")


def wants(table: Table, tenant: str, customer: str, category: Category) -> bool:
    """Whether a customer wants notices of a category."""
    if category is Category.BILLING:
        return True
    wanted, _ = stored(table, tenant, customer)
    return wanted.account if category is Category.ACCOUNT else wanted.offers

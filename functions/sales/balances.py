"""Money that belongs to a customer: what was paid too much, or credited after it was paid."""

from __future__ import annotations

from billing.aws.changes import Changes
from billing.aws.table import Table
from billing.core.money import Money
from sales.store import balance_key


def balance_of(table: Table, tenant: str, customer: str, currency: str) -> Money:
    """What belongs to a customer in one currency."""
    stored = table.get(**balance_key(tenant, customer, currency))
    return Money(stored["minor"] if stored else 0, currency)


def add_to_balance(changes: Changes, customer: str, amount: Money) -> None:
    """Add to a customer's balance, or take from it; nothing changes nothing."""
    if not amount:
        return
    key = balance_key(changes.context.tenant, customer, amount.currency)
    stored = changes.table.get(**key) or {"minor": 0}
    item = {**key, "minor": stored["minor"] + amount.minor}
    changes.put(item, seen=stored.get("version"), label="balance")

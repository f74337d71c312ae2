"""Money that belongs to a customer: what was paid too much, or credited after it was paid."""

from __future__ import annotations

from billing.aws.changes import Changes
from billing.aws.errors import ConflictError
from billing.aws.items import Item
from billing.aws.table import Table
from billing.core.money import Money
from sales.store import balance_key


def in_hand(table: Table, tenant: str, customer: str, currency: str) -> tuple[Money, list[Item]]:
    """What belongs to a customer in one currency, and its promotional credits; one read, whatever it has."""
    key = balance_key(tenant, customer, currency)
    items = list(table.query(key["pk"], key["sk"]))
    money = next((item["minor"] for item in items if item["sk"] == key["sk"]), 0)
    return Money(money, currency), [item for item in items if item["sk"] != key["sk"]]


def add_to_balance(changes: Changes, customer: str, amount: Money, *, known: Money | None = None) -> None:
    """Add to a customer's balance, or take from it; nothing changes nothing.

    Where the amount came of what was `known` of it, a balance that has moved since is a conflict: tried anew.
    """
    if not amount:
        return
    key = balance_key(changes.context.tenant, customer, amount.currency)
    stored = changes.table.get(**key) or {"minor": 0}
    if known is not None and stored["minor"] != known.minor:
        raise ConflictError(["balance"])
    item = {**key, "minor": stored["minor"] + amount.minor}
    changes.put(item, seen=stored.get("version"), label="balance")

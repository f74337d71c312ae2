"""A customer's account: every fact in the books that changes what is owed, in the order of time.

It is written with the books, from the same entry, so that the two cannot disagree.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from billing.aws.changes import Changes
from billing.aws.table import Table
from billing.core.account import Move, MoveKind, owed
from billing.core.journal import Entry
from sales.store import account_end, account_key, account_start, customer_key

_PLACE = {kind: place for place, kind in enumerate(MoveKind)}


def book(changes: Changes, entry: Entry, customer: str, kind: MoveKind, number: str) -> None:
    """Put a fact into the books and on the account of its customer."""
    changes.book(entry)
    amount = owed(entry)
    if amount:
        move = Move(entry.at, kind, number, amount, entry.legal_entity)
        tenant = changes.context.tenant
        key = account_key(tenant, customer, entry.currency, entry.at, _PLACE[kind], entry.id)
        changes.keep({**key, "data": move.to_data()})


def moves(table: Table, tenant: str, customer: str, currency: str, until: datetime) -> Iterator[Move]:
    """What moved an account before an instant, oldest first."""
    pk = customer_key(tenant, customer)["pk"]
    for item in table.between(pk, account_start(currency), account_end(currency, until)):
        yield Move.from_data(item["data"])


def currencies(table: Table, tenant: str, customer: str) -> list[str]:
    """The currencies a customer has an account in; one read each, however much moved."""
    pk, found = customer_key(tenant, customer)["pk"], list[str]()
    while True:
        behind = account_end(found[-1]) if found else None
        item = next(iter(table.query(pk, "ACCOUNT#", after=behind, limit=1)), None)
        if item is None:
            return found
        found.append(Move.from_data(item["data"]).amount.currency)

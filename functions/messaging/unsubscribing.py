"""Ending offers from a mail: whoever has its link may, without signing in, and nothing else."""

from __future__ import annotations

from dataclasses import replace

from billing.aws.changes import Changes
from billing.aws.context import Context
from billing.aws.items import Item
from billing.aws.table import Table, found
from billing.aws.wall import wall_now
from billing.core.errors import NotFoundError
from messaging import preferences, writing
from messaging.known import recipient
from messaging.store import unsubscribe_key


def question(table: Table, token: str) -> str:
    """The page that asks. Opening it changes nothing: mail scanners open every link."""
    return _page(table, _owner(table, token), "unsubscribe")


def no_more_offers(table: Table, token: str, request: str) -> str:
    """End them, and the page that says so; again is the same."""
    owner = _owner(table, token)
    tenant, customer = owner["tenant"], owner["customer"]
    wanted, _ = preferences.stored(table, tenant, customer)
    if wanted.offers:
        context = Context(tenant, wall_now(), f"customer/{customer}", request, request)
        changes = Changes(table, context)
        preferences.change(changes, customer, replace(wanted, offers=False))
        changes.commit()
    return _page(table, owner, "unsubscribed")


def _owner(table: Table, token: str) -> Item:
    if not token.isascii() or not token.isprintable():
        raise NotFoundError("link_not_found", "there is no such link")
    return found(table, unsubscribe_key(token), "link")


def _page(table: Table, owner: Item, name: str) -> str:
    seller, customer = recipient(table, owner["tenant"], owner["customer"])
    return writing.page(name, owner["tenant"], seller, customer)

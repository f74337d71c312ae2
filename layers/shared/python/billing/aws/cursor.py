"""Cursors of lists: opaque to the caller, bound to the list they came from."""

from __future__ import annotations

import base64
from collections.abc import Iterable
from itertools import islice

from billing.aws.items import Item
from billing.core.errors import RuleError


def write_cursor(sk: str) -> str:
    """The cursor behind the item with this sort key."""
    return base64.urlsafe_b64encode(sk.encode()).decode().rstrip("=")


def read_cursor(cursor: str | None, prefix: str) -> str | None:
    """The sort key a list goes on behind; a cursor of another list is refused."""
    if cursor is None:
        return None
    try:
        sk = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode()
    except ValueError as error:  # no base64, not ASCII, or no text behind it
        raise RuleError("cursor_invalid", "this is no cursor of this list", "cursor") from error
    if not sk.startswith(prefix):
        raise RuleError("cursor_invalid", "this is no cursor of this list", "cursor")
    return sk


def first_page(items: Iterable[Item], size: int) -> tuple[list[Item], str | None]:
    """At most `size` items, and the cursor behind them where there are more."""
    found = list(islice(items, size + 1))
    more = len(found) > size
    return found[:size], write_cursor(found[size - 1]["sk"]) if more else None

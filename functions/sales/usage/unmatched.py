"""Events that counted for nobody: kept with their reason by the day they came, listed, judged again."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from billing.aws.changes import Changes
from billing.aws.cursor import first_page, read_cursor
from billing.aws.items import Item
from billing.aws.table import Table, aggregate_pk
from billing.core.ids import derived_id
from sales.store import unmatched_key
from sales.usage.cloudevent import OLDEST, Receipt, Verdict, size
from sales.usage.door import Door, Judged, Raw
from sales.usage.log import expires_at
from sales.usage.packing import LARGEST_EVENT

PREFIX = "EVENT#"
PAGE = 50  # events judged again in one request
LISTED = 100  # of a page of the list
_SHOWN = 200  # characters of an attribute that may be anything


@dataclass(frozen=True, slots=True)
class Replayed:
    """What became of a page of unmatched events, and the cursor behind it."""

    accepted: list[dict[str, Any]]
    verdicts: dict[str, int]
    behind: str | None


def set_aside(changes: Changes, judged: Judged, now: datetime) -> None:
    """Keep what did not count; the same event is kept once a day."""
    items = [_item(changes.context.tenant, event, receipt, now) for event, receipt in judged.set_aside]
    for item in {item["sk"]: item for item in items}.values():
        changes.keep(item)


def listed(table: Table, tenant: str, day: str, cursor: str | None) -> tuple[list[Item], str | None]:
    """What came on a day and still counts for nobody: a page, and the cursor behind it."""
    after = read_cursor(cursor, PREFIX)
    items = table.query(aggregate_pk(tenant, f"unmatched/{day}"), PREFIX, after=after)
    return first_page((item for item in items if item["verdict"] != Verdict.ACCEPTED), LISTED)


def replay(changes: Changes, day: str, after: str | None, now: datetime) -> Replayed:
    """Judge a page of a day's unmatched events again: their customer or meter may exist by now.

    The acceptance window is that of the day they came: waiting here costs an event nothing.
    """
    table, tenant = changes.table, changes.context.tenant
    door = Door(table, tenant)
    found = Replayed([], {}, None)
    items = list(table.query(aggregate_pk(tenant, f"unmatched/{day}"), "EVENT#", after=after, limit=PAGE))
    for item in items:
        if item["verdict"] != Verdict.UNMATCHED or "body" not in item:
            continue
        event = json.loads(item["body"])
        judged = door.judge([event], min(now, datetime.fromisoformat(item["came_at"])))
        [receipt] = judged.receipts
        found.accepted.extend(judged.accepted)
        found.verdicts[receipt.verdict.value] = found.verdicts.get(receipt.verdict.value, 0) + 1
        changes.keep({**item, "verdict": receipt.verdict.value, "reason": receipt.reason})
    behind = items[-1]["sk"] if len(items) == PAGE else None
    return Replayed(found.accepted, found.verdicts, behind)


def find(table: Table, tenant: str, source: str, id_: str, day: str, today: str) -> Item | None:
    """What was set aside of an event of a day, on whichever day it came within the window."""
    first = datetime.fromisoformat(day)
    days = min((datetime.fromisoformat(today) - first).days, OLDEST.days + 1)
    name = _name(source, id_)
    keys = [
        unmatched_key(tenant, (first + timedelta(days=n)).date().isoformat(), name) for n in range(days + 1)
    ]
    found = table.some(keys)
    return max(found, key=lambda item: item["came_at"], default=None)


def _item(tenant: str, event: Raw, receipt: Receipt, now: datetime) -> Item:
    source, id_ = str(event.get("source"))[:_SHOWN], str(event.get("id"))[:_SHOWN]
    body = json.dumps(event, separators=(",", ":"), ensure_ascii=False)
    return {
        **unmatched_key(tenant, now.date().isoformat(), _name(source, id_)),
        "verdict": receipt.verdict.value,
        "reason": receipt.reason,
        "field": receipt.field,
        "source": source,
        "event": id_,
        "type": str(event.get("type"))[:_SHOWN],
        "body": body if size(event) <= LARGEST_EVENT else None,
        "came_at": now.isoformat(),
        "expires_at": expires_at(),
    }


def _name(source: str, id_: str) -> str:
    return derived_id("use", source, id_)


def in_parts(events: Sequence[dict[str, Any]], largest: int) -> list[list[dict[str, Any]]]:
    """Events in groups of at most so many bytes."""
    parts: list[list[dict[str, Any]]] = []
    room = 0
    for event in events:
        taken = size(event)
        if taken > room:
            parts.append([])
            room = largest
        parts[-1].append(event)
        room -= taken
    return parts

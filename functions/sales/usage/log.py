"""The usage log: one packed chunk per customer, event day and flush; counted from the chunks themselves.

| pk (behind `T#<tenant>#`)   | sk            | item                                                     |
|-----------------------------|---------------|----------------------------------------------------------|
| usage/<customer>/<day>      | CHUNK#<flush> | compressed events of one flush; `expires_at` lets it go  |

No transaction and no condition: a redelivered flush writes the same chunk again, and a repeated event
counts once because its identity (source, id, day of its time) does.
"""

from __future__ import annotations

import hashlib
import json
import zlib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from billing.aws.clients import client
from billing.aws.items import Item, pack
from billing.aws.settings import setting
from billing.aws.table import Table, aggregate_pk
from billing.core.instants import parse_instant
from billing.core.periods import Period
from billing.core.usage import UsageRecord, distinct

KEPT = timedelta(days=400)  # a chunk outlives the acceptance window and the correction of its year
MOST_IN_CHUNK = 500  # events; at most 200 bytes a field they stay far below an item's limit

Event = Mapping[str, Any]


def append(tenant: str, flush: str, events: Sequence[Event], now: datetime) -> int:
    """Write a flush of events, a chunk per customer and day; returns how many chunks."""
    groups: dict[tuple[str, str], list[Event]] = defaultdict(list)
    for event in events:
        day = parse_instant(event["time"]).date().isoformat()
        groups[event["customer"], day].append(event)
    written = 0
    for (customer, day), group in groups.items():
        for n, start in enumerate(range(0, len(group), MOST_IN_CHUNK)):
            item = _chunk(tenant, customer, day, f"{flush}.{n}", group[start : start + MOST_IN_CHUNK], now)
            client("dynamodb").put_item(TableName=setting("USAGE_TABLE_NAME"), Item=pack(item))
            written += 1
    return written


def records_between(tenant: str, customer: str, period: Period) -> tuple[list[UsageRecord], dict[str, Any]]:
    """The distinct records of a customer in a period, and the manifest of what was read."""
    chunks: list[str] = []
    records: list[UsageRecord] = []
    for day in _days(period):
        pk = aggregate_pk(tenant, f"usage/{customer}/{day.isoformat()}")
        for item in Table(setting("USAGE_TABLE_NAME")).query(pk, "CHUNK#"):
            chunks.append(f"{day.isoformat()}/{item['sk']}")
            records.extend(_unpacked(item))
    counted = [record for record in distinct(records) if period.contains(record.time)]
    return counted, {
        "from": period.start.isoformat(),
        "to": period.end.isoformat(),
        "count": len(counted),
        "chunks": len(chunks),
        "hash": fingerprint(counted),
    }


def fingerprint(records: Iterable[UsageRecord]) -> str:
    """SHA-256 over the identities and values of records, in their order."""
    digest = hashlib.sha256()
    for record in records:
        digest.update(json.dumps(record.to_data(), sort_keys=True).encode())
    return digest.hexdigest()


def _chunk(tenant: str, customer: str, day: str, name: str, events: Sequence[Event], now: datetime) -> Item:
    rows = [[e["id"], e["source"], e["time"], e["type"], e["data"]] for e in events]
    packed = zlib.compress(json.dumps(rows, separators=(",", ":"), ensure_ascii=False).encode())
    return {
        "pk": aggregate_pk(tenant, f"usage/{customer}/{day}"),
        "sk": f"CHUNK#{name}",
        "events": packed,
        "count": len(rows),
        "expires_at": int((now + KEPT).timestamp()),
    }


def _unpacked(item: Item) -> Iterator[UsageRecord]:
    for id_, source, time, type_, data in json.loads(zlib.decompress(bytes(item["events"]))):
        yield UsageRecord(id_, source, parse_instant(time), type_, data)


def _days(period: Period) -> Iterator[date]:
    """The UTC days a period touches; its end belongs to the next one."""
    day, last = period.start.date(), (period.end - timedelta(microseconds=1)).date()
    while day <= last:
        yield day
        day += timedelta(days=1)

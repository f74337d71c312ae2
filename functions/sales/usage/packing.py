"""Usage events as they are kept: packed rows in a chunk, lines in an object of raw events."""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from billing.core.instants import parse_instant
from billing.core.usage_records import UsageRecord

LARGEST_CHUNK = 64 * 1024  # bytes, packed
LARGEST_EVENT = 16 * 1024  # bytes; one alone always fits into a chunk

Event = Mapping[str, Any]


def packed(events: Sequence[Event]) -> Iterator[tuple[bytes, int]]:
    """Events in as few chunks as their size allows, each with how many it holds."""
    rows = [_row(event) for event in events]
    body = zlib.compress(_json(rows), 6)
    if len(body) <= LARGEST_CHUNK or len(events) == 1:
        yield body, len(events)
        return
    half = len(events) // 2
    yield from packed(events[:half])
    yield from packed(events[half:])


def unpacked(body: bytes) -> Iterator[UsageRecord]:
    """The records of a chunk."""
    rows: list[Any] = json.loads(zlib.decompress(body))
    for id_, source, time, type_, data, *amendment in rows:
        named: dict[str, str] = amendment[0] if amendment else {}
        yield UsageRecord(
            id_, source, parse_instant(time), type_, data, named.get("replaces"), named.get("voids")
        )


def raw(events: Sequence[Event], by: Sequence[str], received_at: str) -> bytes:
    """Events with who sent each and when they were taken, a line of JSON each."""
    lines = (
        _json({**event, "by": sender, "received_at": received_at})
        for event, sender in zip(events, by, strict=True)
    )
    return gzip.compress(b"\n".join(lines), 6, mtime=0)


def pack_json(data: Any) -> bytes:
    """JSON-able data, compressed."""
    return zlib.compress(_json(data), 6)


def unpack_json(body: bytes) -> Any:
    """Read what `pack_json` wrote."""
    return json.loads(zlib.decompress(body))


def _row(event: Event) -> list[Any]:
    row = [event["id"], event["source"], event["time"], event["type"], event["data"]]
    amendment = {name: event[name] for name in ("replaces", "voids") if name in event}
    return [*row, amendment] if amendment else row


def _json(data: Any) -> bytes:
    return json.dumps(data, separators=(",", ":"), ensure_ascii=False).encode()

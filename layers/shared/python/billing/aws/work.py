"""Where waiting work stands in the work index: due instants, unpublished outbox rows, and what is parked.

| partition                | sort key     | what waits                                  |
|--------------------------|--------------|---------------------------------------------|
| due#<shard>              | due instant  | work of tenants that live in wall time      |
| due#<tenant>#<clock>     | due instant  | work of a tenant under a test clock         |
| outbox#<shard>           | recorded_at  | messages committed but not known published  |
| parked#<tenant>          | when it was  | work that cannot succeed as things stand    |
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from zlib import crc32

from events.base import instant_text

SHARDS = 4  # one index partition takes about 1,000 writes a second


def due_partitions() -> list[str]:
    """Every partition a wall-clock tick sweeps."""
    return [f"due#{shard}" for shard in range(SHARDS)]


def outbox_partitions() -> list[str]:
    """Every partition the outbox sweep looks into."""
    return [f"outbox#{shard}" for shard in range(SHARDS)]


def clock_partition(tenant: str, clock: str) -> str:
    """The partition swept when this tenant's clock advances."""
    return f"due#{tenant}#{clock}"


def due_work(tenant: str, clock: str | None, pk: str, at: datetime | None) -> dict[str, str]:
    """Index attributes of an item with work due at an instant; none where nothing is due."""
    if at is None:
        return {}
    partition = clock_partition(tenant, clock) if clock else f"due#{_shard(pk)}"
    return {"work": partition, "work_at": sortable(at)}


def outbox_work(pk: str, recorded_at: datetime) -> dict[str, str]:
    """Index attributes of an outbox row."""
    return {"work": f"outbox#{_shard(pk)}", "work_at": sortable(recorded_at)}


def parked_partition(tenant: str) -> str:
    """Where what is parked of a tenant is listed; no sweep looks there."""
    return f"parked#{tenant}"


def without_work(item: Mapping[str, Any]) -> dict[str, Any]:
    """An item without what says when its work is due, or why it is parked."""
    return {name: value for name, value in item.items() if name not in {"work", "work_at", "parked"}}


def sortable(at: datetime) -> str:
    """An instant as text that sorts as time does: always with microseconds."""
    text = instant_text(at)
    return text if "." in text else text.replace("Z", ".000000Z")


def _shard(pk: str) -> int:
    return crc32(pk.encode()) % SHARDS

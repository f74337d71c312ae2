"""Teaches when the cloud is settled: nothing queued, nothing streaming, nothing running."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

PAUSE_SECONDS = 0.01
CALM_LOOKS = 2


@dataclass(frozen=True)
class Stream:
    """How far the reader of one table's stream has come."""

    table: str
    end: int
    read: int | None


@dataclass(frozen=True)
class Look:
    """What was under way at one instant, and a counter that moves whenever a stream grows."""

    busy: Mapping[str, int]
    moved: int


def dead_letter_arns(queues: Iterable[Mapping[str, Any]]) -> set[str]:
    """The queues other queues give up into; what lies there waits for a person."""
    found: set[str] = set()
    for queue in queues:
        policy = queue.get("attributes", {}).get("RedrivePolicy")
        if policy:
            parsed = json.loads(policy) if isinstance(policy, str) else policy
            found.add(str(parsed.get("deadLetterTargetArn")))
    return found


def look(
    queues: Iterable[Mapping[str, Any]], streams: Iterable[Stream], *, batches: int, functions: int
) -> Look:
    """Name everything under way.

    A message in its visibility timeout is still in its queue and therefore counts: the answer
    then names the queue that retries, which is what one wants to read.
    """
    queues, streams = list(queues), list(streams)
    dead = dead_letter_arns(queues)
    busy: dict[str, int] = {}
    for queue in queues:
        arn = queue.get("attributes", {}).get("QueueArn")
        if queue["messages"] and arn not in dead:
            busy[f"queue {queue.get('name', arn)}"] = len(queue["messages"])
    for stream in streams:
        if stream.end and stream.read != stream.end:
            busy[f"stream {stream.table}"] = stream.end - (stream.read or 0)
    if batches:
        busy["batches"] = batches
    if functions:
        busy["functions"] = functions
    return Look(busy, sum(stream.end for stream in streams))


async def settled(see: Callable[[], Look], timeout: float) -> dict[str, Any]:
    """Wait until two looks in a row after the first are empty and equal.

    One empty look proves nothing: work may be between a queue and a stream. `timeout` is in
    seconds; the answer names what is still under way when it has passed.
    """
    start, calm, last = time.monotonic(), 0, None
    while True:
        seen = see()
        calm = calm + 1 if not seen.busy and seen.moved == last else 0
        last = seen.moved
        waited = time.monotonic() - start
        if calm >= CALM_LOOKS or waited > timeout:
            return {
                "settled": calm >= CALM_LOOKS,
                "busy": dict(seen.busy),
                "waited_ms": round(waited * 1000),
            }
        await asyncio.sleep(PAUSE_SECONDS)

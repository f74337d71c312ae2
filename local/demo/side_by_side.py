"""Teaches how tenants play the same story side by side: every step of their clocks once for all of them."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime
from typing import Protocol, TypeVar

from local.client import ClockFailedError
from local.cloud.warming import aws
from local.sandbox import Sandbox, invoke

AT_ONCE = 4
PATIENCE, BUSY = 300.0, 10.0  # seconds to wait for an outcome; for a cloud that has much to do
IMPATIENCE = 2.0  # seconds before looks are made due
PAUSE = 0.2
ADVANCE = "/foundation/clock/advance"


class Player(Protocol):
    """Whoever plays in a tenant of their own."""

    @property
    def sandbox(self) -> Sandbox:
        """The tenant."""
        ...


Plays = TypeVar("Plays", bound=Player)
Outcome = TypeVar("Outcome")


def each(players: Sequence[Plays], work: Callable[[Plays], Outcome]) -> list[Outcome]:
    """Let everybody do something, some at once; what came of it, in their order."""
    with ThreadPoolExecutor(AT_ONCE) as pool:
        return list(pool.map(work, players))


def advance(players: Sequence[Plays], to: datetime) -> None:
    """Advance all clocks to an instant, once what was begun before is done, whatever the provider does."""
    players[0].sandbox.quiet()
    each(players, lambda player: player.sandbox.client.send(ADVANCE, {"to": to.isoformat()}))
    until(players, _idle)


def until(players: Sequence[Plays], so: Callable[[Plays], bool]) -> None:
    """Wait until something is so of all; after a while let the looks be due that are due in some minutes.

    The cloud is one and tells when it is quiet: everybody is asked only then, or when it takes its time.
    """
    begun = looked = time.monotonic()
    left = list(players)
    while True:
        left[0].sandbox.quiet(BUSY)
        left = [player for player, done in zip(left, each(left, so), strict=True) if not done]
        if not left:
            return
        now = time.monotonic()
        if now - begun > PATIENCE:
            names = ", ".join(player.sandbox.tenant for player in left)
            raise TimeoutError(f"not over after {PATIENCE:.0f} s: {names}")
        if now - looked > IMPATIENCE:
            hasten(left)
            looked = time.monotonic()
        time.sleep(PAUSE)


def hasten(players: Sequence[Player]) -> None:
    """Let every look at the provider that is due in wall time be due now.

    What payments would do in some minutes it does at once: the same tick, the same handlers.
    """
    cloud = players[0].sandbox.cloud
    tables, now = aws(cloud, "dynamodb"), datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    name = next(t for t in tables.list_tables()["TableNames"] if "-Payments-" in t and "Usage" not in t)
    found = tables.get_paginator("scan").paginate(
        TableName=name,
        FilterExpression="#work IN (:a, :b, :c, :d) AND work_at > :now",
        ExpressionAttributeNames={"#work": "work"},
        ExpressionAttributeValues={
            ":now": {"S": now},
            **{f":{letter}": {"S": f"due#{shard}"} for shard, letter in enumerate("abcd")},
        },
    )
    ours = tuple(f"T#{player.sandbox.tenant}#" for player in players)
    keys = [{"pk": item["pk"], "sk": item["sk"]} for page in found for item in page["Items"]]
    keys = [key for key in keys if key["pk"]["S"].startswith(ours)]
    for key in keys:
        with suppress(tables.exceptions.ConditionalCheckFailedException):  # it was looked at just now
            tables.update_item(
                TableName=name,
                Key=key,
                UpdateExpression="SET work_at = :now",
                ConditionExpression="attribute_exists(work_at)",
                ExpressionAttributeValues={":now": {"S": now}},
            )
    if keys:
        functions = aws(cloud, "lambda").get_paginator("list_functions").paginate()
        ticks = [f for page in functions for f in page["Functions"] if f["Description"] == "payments.tick"]
        invoke(cloud, ticks[0]["FunctionName"], {})


def _idle(player: Player) -> bool:
    clock = player.sandbox.client.clock()
    if clock["status"] == "failed":
        raise ClockFailedError(clock["failure"])
    return bool(clock["status"] == "idle")

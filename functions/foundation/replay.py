"""Events of the archive sent again to one consumer, through its ordinary queue."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from billing.aws.clients import client
from billing.aws.settings import setting
from billing.aws.table import Table
from billing.core.errors import RuleError
from events.subscriptions import SUBSCRIPTIONS
from foundation.archive import opened

_BATCH = 10


@dataclass(frozen=True, slots=True)
class Replay:
    """Which events go to whom: those recorded on the days from `first` to `last`, both included."""

    consumer: str
    tenant: str
    first: date
    last: date
    types: tuple[str, ...] = ()


def replay(order: Replay, table: Table) -> dict[str, int]:
    """Send them; returns how many of each type. The consumer's own rules make a repeat harmless."""
    if order.consumer not in SUBSCRIPTIONS:
        raise RuleError("unknown_consumer", f"one of: {', '.join(sorted(SUBSCRIPTIONS))}", "consumer")
    hears = {cls.detail_type(): cls.personal for cls in SUBSCRIPTIONS[order.consumer]}
    wanted = [type_ for type_ in hears if not order.types or type_ in order.types]
    url = client("sqs").get_queue_url(QueueName=queue_name(order.consumer))["QueueUrl"]
    sent: dict[str, int] = {}
    for type_ in wanted:
        bodies = [
            json.dumps({"detail": opened(body, hears[type_], table)}, ensure_ascii=False)
            for body in _archived(order, type_)
        ]
        for start in range(0, len(bodies), _BATCH):
            _send(url, bodies[start : start + _BATCH])
        sent[type_] = len(bodies)
    return sent


def queue_name(consumer: str) -> str:
    """The physical name of a consumer's queue, as the stacks give it."""
    return f"billing-{setting('STAGE')}-{consumer.replace('.', '-').replace('_', '-')}"


def _archived(order: Replay, type_: str) -> Iterator[dict[str, Any]]:
    day = order.first
    while day <= order.last:
        prefix = f"{order.tenant}/{day.strftime('%Y/%m/%d')}/{type_}/"
        pages = client("s3").get_paginator("list_objects_v2")
        for page in pages.paginate(Bucket=setting("ARCHIVE_BUCKET"), Prefix=prefix):
            for item in page.get("Contents", []):
                stored = client("s3").get_object(Bucket=setting("ARCHIVE_BUCKET"), Key=item["Key"])
                yield json.loads(stored["Body"].read())
        day += timedelta(days=1)


def _send(url: str, bodies: Sequence[str]) -> None:
    entries = [{"Id": str(n), "MessageBody": body} for n, body in enumerate(bodies)]
    reply = client("sqs").send_message_batch(QueueUrl=url, Entries=entries)
    if reply.get("Failed"):
        raise TimeoutError("the queue refused a part; the replay can be started again")

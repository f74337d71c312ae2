"""From a committed outbox row to the bus or an own queue: published, checked, then deleted."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from billing.aws.clients import client
from billing.aws.errors import TooLargeError
from billing.aws.items import Item, pack, unpack
from billing.aws.observability import logger, place_of
from billing.aws.settings import SettingError, queue_url, setting
from billing.aws.table import Table, aggregate_pk, own_table
from billing.aws.wall import wall_now
from billing.aws.work import outbox_partitions, outbox_work, sortable
from events.base import Message

LARGEST = 64 * 1024  # bytes of one message body; EventBridge bills per 64 KB
STALE = timedelta(seconds=60)  # an older row was missed by the stream: the sweep publishes it
_MOST_ENTRIES = 10  # of one PutEvents
_LARGEST_REQUEST = 240 * 1024  # bytes of their bodies together; the bus takes 256 KB with all around them


@dataclass(frozen=True, slots=True)
class OutboxRow:
    """A message and where it goes: the domain bus (no queue) or one of our own queues."""

    message: Message
    queue: str | None
    group: str | None = None


def outbox_item(tenant: str, row: OutboxRow) -> Item:
    """The item of a row; it lies under its aggregate, so that no partition gets hot."""
    body = json.dumps(row.message.detail(), separators=(",", ":"), ensure_ascii=False)
    if len(body.encode()) > LARGEST:
        raise TooLargeError(f"{row.message.type} has {len(body.encode())} bytes, at most {LARGEST}")
    pk = aggregate_pk(tenant, row.message.subject)
    return {
        "pk": pk,
        "sk": f"OUTBOX#{row.message.id}",
        "body": body,
        "queue": row.queue,
        "group": row.group,
        **outbox_work(pk, row.message.recorded_at),
    }


def publish(table: Table, rows: list[Item]) -> list[Item]:
    """Publish rows and delete those that arrived; returns the ones that did not."""
    refused = [row for row in rows if row.get("queue") and not _send(row)]
    for batch in _requests([row for row in rows if not row.get("queue")]):
        refused += _put_events(batch)
    lost = {row["sk"] for row in refused}
    for row in rows:
        if row["sk"] not in lost:
            key = pack({"pk": row["pk"], "sk": row["sk"]})
            client("dynamodb").delete_item(TableName=table.name, Key=key)
    return refused


def publish_records(table: Table, records: Iterable[dict[str, Any]]) -> dict[str, Any]:
    """Publish a batch of stream records; reports the first that was refused, so it comes again."""
    inserted = [record for record in records if record["eventName"] == "INSERT"]
    rows = {r["dynamodb"]["SequenceNumber"]: unpack(r["dynamodb"]["NewImage"]) for r in inserted}
    refused = {row["sk"] for row in publish(table, list(rows.values()))}
    logger.info("published", extra={"rows": len(rows), "refused": len(refused)})
    failures = [number for number, row in rows.items() if row["sk"] in refused]
    return {"batchItemFailures": [{"itemIdentifier": number} for number in failures]}


def publisher() -> Callable[[dict[str, Any], object], dict[str, Any]]:
    """The handler of a subsystem's stream: it publishes what was committed."""

    def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
        return publish_records(own_table(), event["Records"])

    return handler


def sweep(table: Table) -> int:
    """Publish what has waited too long; returns how many rows left. What is refused waits for the next."""
    until = sortable(wall_now() - STALE)
    published = 0
    for partition in outbox_partitions():
        keys = list(table.work(partition, until, limit=100))
        rows = [row for key in keys if (row := table.get(key["pk"], key["sk"]))]
        published += len(rows) - len(publish(table, rows))
    return published


def _requests(rows: list[Item]) -> Iterator[list[Item]]:
    """Rows in their order, as many at once as the bus takes."""
    batch: list[Item] = []
    size = 0
    for row in rows:
        bytes_ = len(row["body"].encode())
        if len(batch) == _MOST_ENTRIES or (batch and size + bytes_ > _LARGEST_REQUEST):
            yield batch
            batch, size = [], 0
        batch.append(row)
        size += bytes_
    if batch:
        yield batch


def _put_events(rows: list[Item]) -> list[Item]:
    """Put one batch on the domain bus; an entry can be refused while the call succeeds."""
    entries = [_entry(row) for row in rows]
    try:
        reply = client("events").put_events(Entries=entries)
    except (BotoCoreError, ClientError) as error:
        _warn(error)
        return rows
    outcomes = zip(rows, reply["Entries"], strict=True)
    return [row for row, outcome in outcomes if "EventId" not in outcome]


def _entry(row: Item) -> dict[str, Any]:
    body = json.loads(row["body"])
    return {
        "EventBusName": setting("BUS_NAME"),
        "Source": body["source"],
        "DetailType": body["type"],
        "Detail": row["body"],
    }


def _send(row: Item) -> bool:
    """Send a command to its queue; its id deduplicates on FIFO queues."""
    fifo: dict[str, str] = {}
    if row.get("group"):
        fifo = {
            "MessageGroupId": row["group"],
            "MessageDeduplicationId": row["sk"].removeprefix("OUTBOX#"),
        }
    try:
        client("sqs").send_message(QueueUrl=queue_url(row["queue"]), MessageBody=row["body"], **fifo)
    except (BotoCoreError, ClientError, SettingError) as error:
        _warn(error)
        return False
    return True


def _warn(error: Exception) -> None:
    """One row that cannot leave must not keep the others; it is tried again by stream and sweep."""
    logger.error("not published", extra={"error": type(error).__name__, "place": place_of(error)})

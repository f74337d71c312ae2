"""The usage log: one packed chunk per customer, event day and flush, and the objects of raw events.

| pk (behind `T#<tenant>#`) | sk            | item                                                          |
|---------------------------|---------------|---------------------------------------------------------------|
| usage/<customer>/<day>    | CHUNK#<name>  | packed events of one flush; names its object of raw events    |
| usage/<customer>/<day>    | FOLD#<00001>  | the chunks that this fold was the first to count              |
| usage/<customer>          | HEAD          | how often each day was appended to; when it is told next      |
| usage/<customer>          | DAY#<day>     | the newest fold of a day: tallies by meter, `fold` its number |

Appending takes no transaction and no condition: a redelivered flush is one more chunk, and a repeated event
counts once because its identity (source, id, day of its time) does. The order is raw object, chunk, HEAD:
what HEAD counts is there to be folded.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from botocore.exceptions import ClientError

from billing.aws.clients import client
from billing.aws.items import Item, pack, pack_value, unpack
from billing.aws.settings import setting
from billing.aws.table import Key, Table, aggregate_pk
from billing.aws.wall import wall_now
from billing.core.instants import parse_instant
from billing.core.usage_records import UsageRecord
from sales.usage.packing import Event, packed, raw, unpack_json, unpacked

KEPT = timedelta(days=400)  # a chunk outlives the acceptance window and the correction of its year
TURN = "turn"


@dataclass(frozen=True, slots=True)
class Flush:
    """Events of one tenant that are appended together, and who sent each."""

    tenant: str
    events: Sequence[Event]
    by: Sequence[str]
    now: datetime


@dataclass(frozen=True, slots=True)
class Head:
    """How often each day of a customer was appended to, and until when its roll-up is promised."""

    days: dict[str, int]
    turn: str = ""


@dataclass(frozen=True, slots=True)
class Chunk:
    """The records of a chunk; `fold` is the number of the fold that named it, None before the next."""

    name: str
    fold: int | None
    records: list[UsageRecord]


def append(flush: Flush) -> dict[str, Head]:
    """Write a flush; returns the head of every customer it touched."""
    grouped: dict[str, dict[str, list[Event]]] = defaultdict(lambda: defaultdict(list))
    for event in flush.events:
        grouped[event["customer"]][day_of(parse_instant(event["time"]))].append(event)
    raw_key = _keep_raw(flush) if flush.events else ""
    heads: dict[str, Head] = {}
    for customer, days in grouped.items():
        for day, events in days.items():
            for body, count in packed(events):
                _put_chunk(day_pk(flush.tenant, customer, day), body, count, raw_key)
        heads[customer] = _count(flush.tenant, customer, list(days))
    return heads


def read_day(tenant: str, customer: str, day: str) -> tuple[list[Chunk], int]:
    """The chunks of a day, first those that were counted first, and the number of its last fold."""
    named: dict[str, int] = {}
    found: list[Item] = []
    number = 0
    for item in usage_table().query(day_pk(tenant, customer, day)):
        kind, _, rest = item["sk"].partition("#")
        if kind == "FOLD":
            number = int(rest)
            named |= dict.fromkeys(unpack_json(bytes(item["chunks"])), number)
        else:
            found.append(item)
    chunks = [Chunk(n := i["sk"][6:], named.get(n), list(unpacked(bytes(i["events"])))) for i in found]
    return sorted(chunks, key=lambda c: (c.fold is None, c.fold or 0, c.name)), number


def read_head(tenant: str, customer: str) -> Head:
    """What was appended to a customer's days so far."""
    return _head(usage_table().get(**head_key(tenant, customer)) or {})


def promise(tenant: str, customer: str, until: str) -> None:
    """Note until when a customer's roll-up is promised: until then nobody else has to."""
    client("dynamodb").update_item(
        TableName=usage_table().name,
        Key=pack(head_key(tenant, customer)),
        UpdateExpression="SET #turn = :until",
        ExpressionAttributeNames={"#turn": TURN},
        ExpressionAttributeValues={":until": pack_value(until)},
    )


def forget(tenant: str, customer: str, day: str, appended: int) -> None:
    """Take a day that was folded off the head, unless it was appended to meanwhile."""
    try:
        client("dynamodb").update_item(
            TableName=usage_table().name,
            Key=pack(head_key(tenant, customer)),
            UpdateExpression="REMOVE #day",
            ConditionExpression="#day = :appended",
            ExpressionAttributeNames={"#day": day},
            ExpressionAttributeValues={":appended": pack_value(appended)},
        )
    except ClientError as error:
        if error.response.get("Error", {}).get("Code") != "ConditionalCheckFailedException":
            raise


def usage_table() -> Table:
    """The table of the usage log."""
    return Table(setting("USAGE_TABLE_NAME"))


def expires_at() -> int:
    """When an item written now may go: on the wall, whatever the tenant's clock says."""
    return int((wall_now() + KEPT).timestamp())


def day_of(at: datetime) -> str:
    """The UTC day of an instant."""
    return at.date().isoformat()


def day_pk(tenant: str, customer: str, day: str) -> str:
    """The partition of a customer's day."""
    return aggregate_pk(tenant, f"usage/{customer}/{date.fromisoformat(day).isoformat()}")


def head_key(tenant: str, customer: str) -> Key:
    """What was appended to a customer's days."""
    return {"pk": aggregate_pk(tenant, f"usage/{customer}"), "sk": "HEAD"}


def _keep_raw(flush: Flush) -> str:
    """Keep the events as they were taken."""
    body = raw(flush.events, flush.by, flush.now.isoformat())
    key = f"usage/{flush.tenant}/{day_of(flush.now)}/{_named(body)}.jsonl.gz"
    client("s3").put_object(Bucket=setting("RAW_USAGE_BUCKET"), Key=key, Body=body)
    return key


def _put_chunk(pk: str, body: bytes, count: int, raw_key: str) -> None:
    """Put a chunk under the name of its content: no other content ever takes its place."""
    item = {
        "pk": pk,
        "sk": f"CHUNK#{_named(body)}",
        "events": body,
        "count": count,
        "raw": raw_key,
        "expires_at": expires_at(),
    }
    client("dynamodb").put_item(TableName=usage_table().name, Item=pack(item))


def _named(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()[:20]


def _count(tenant: str, customer: str, days: list[str]) -> Head:
    """Count an append to days. One that is counted twice only makes a fold look once more."""
    names = {f"#d{n}": day for n, day in enumerate(days)}
    answer = client("dynamodb").update_item(
        TableName=usage_table().name,
        Key=pack(head_key(tenant, customer)),
        UpdateExpression="ADD " + ", ".join(f"{name} :one" for name in names),
        ExpressionAttributeNames=names,
        ExpressionAttributeValues={":one": pack_value(1)},
        ReturnValues="ALL_NEW",
    )
    return _head(unpack(answer["Attributes"]))


def _head(item: dict[str, Any]) -> Head:
    days = {name: count for name, count in item.items() if name not in {"pk", "sk", TURN}}
    return Head(days, item.get(TURN, ""))

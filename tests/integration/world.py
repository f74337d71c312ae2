"""One subsystem's handlers on an in-process AWS, wired as the stacks wire them.

What the platform does between the handlers is done here by hand: the table's stream calls the publisher,
the bus's rules fill the queues, the queues call their consumers, failed messages come again.
"""

from __future__ import annotations

import importlib
import json
import os
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import boto3

from billing.aws.items import pack, unpack
from billing.aws.table import own_table
from billing.aws.work import outbox_partitions, sortable
from events.subscriptions import SUBSCRIPTIONS, counted_consumers
from tests.wire import Crash, Wire

ACCOUNT = "123456789012"
BUS = "billing-test-domain"
Record = dict[str, Any]


class World:
    """A subsystem, its tables and its queues; everything is reached as its callers reach it."""

    def __init__(
        self,
        subsystem: str,
        *,
        queues: dict[str, str],
        tables: tuple[str, ...] = ("main",),
        wire: Wire | None = None,
    ) -> None:
        """`queues` maps the subsystem's own queues to the handlers that consume them.

        A handler that dies at the `wire` is what Lambda makes of it: its batch comes again, its caller asks
        again.
        """
        self.subsystem = subsystem
        self.wire = wire
        self.events: list[dict[str, Any]] = []
        self.dead: list[dict[str, Any]] = []
        self.receipts: list[dict[str, Any]] = []
        self._dynamodb, self._sqs = boto3.client("dynamodb"), boto3.client("sqs")
        boto3.client("events").create_event_bus(Name=BUS)
        self._tap = self._queue("tap")
        self._subscribe_tap()
        self._dead_letters = {name: self._queue(name) for name in ("dead", "finalize-dead")}
        self._consumers = {name: (self._queue(name), handler) for name, handler in queues.items()}
        for name in SUBSCRIPTIONS:
            if name.startswith(f"{subsystem}."):
                self._consumers[name] = (self._queue(name.replace(".", "-")), name.split(".")[1])
        os.environ |= {
            "SUBSYSTEM": subsystem,
            "TABLE_NAME": self._table(tables[0]),
            "BUS_NAME": BUS,
            "DEAD_LETTER_URL": self._dead_letters["dead"],
            **{f"{name.upper()}_TABLE_NAME": self._table(name) for name in tables[1:]},
            **{f"QUEUE_{name.upper()}_URL": self._consumers[name][0] for name in queues},
        }

    def call(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        tenant: str = "ten_a",
        now: datetime | None = None,
        clock: str | None = None,
        scopes: str = "*",
        key: str | None = None,
        raw: str | None = None,
        headers: dict[str, str] | None = None,
    ) -> tuple[int, Any]:
        """Send a request as the gateway does, with what the authorizer proved of its sender."""
        self._requests = getattr(self, "_requests", 0) + 1
        proven = {"tenant": tenant, "key": "key_1", "scopes": scopes}
        if now:
            proven |= {"now": now.isoformat(), "clock": clock or ""}
        path, _, query = path.partition("?")
        sent = raw if raw is not None else (json.dumps(body) if body is not None else None)
        event = {
            "version": "2.0",
            "rawPath": path,
            "rawQueryString": query,
            "queryStringParameters": dict(pair.split("=") for pair in query.split("&")) if query else {},
            "headers": {
                "content-type": "application/json",
                "idempotency-key": key or f"key-{self._requests}",
                **(headers or {}),
            },
            "requestContext": {
                "requestId": f"req-{self._requests}",
                "stage": "$default",
                "http": {"method": method, "path": path},
                "authorizer": {"lambda": proven},
            },
            "body": sent,
            "isBase64Encoded": False,
        }
        handler = self._handler("api", f"{method} {path}")
        try:
            answer = handler(event, None)
        except Crash:
            event["requestContext"]["requestId"] += "-again"
            answer = handler(event, None)
        return answer["statusCode"], json.loads(answer["body"])

    def tick(self) -> None:
        """Let a minute pass on the wall; a tick that died is made up for by the next."""
        handler = self._handler("tick", "")
        try:
            handler({}, None)
        except Crash:
            handler({}, None)

    def hear(self, message: dict[str, Any]) -> None:
        """Let an event of another subsystem arrive, as the rules of the bus deliver it."""
        body = json.dumps({"source": message["source"], "detail-type": message["type"], "detail": message})
        for name, (url, _) in self._consumers.items():
            if any(cls.detail_type() == message["type"] for cls in SUBSCRIPTIONS.get(name, ())):
                self._sqs.send_message(QueueUrl=url, MessageBody=body)

    def put_on_queue(self, queue: str, body: Any, *, group: str | None = None) -> None:
        """Let a message arrive at one queue; an ordered queue wants its group."""
        fifo = {"MessageGroupId": group, "MessageDeduplicationId": body["id"]} if group else {}
        self._sqs.send_message(QueueUrl=self._consumers[queue][0], MessageBody=json.dumps(body), **fifo)

    def redrive(self, queue: str) -> None:
        """Bring the dead letters back to a queue, with their reasons, as the operator does."""
        letters, self.dead = self.dead, []
        for letter in letters:
            told = {"reason": {"DataType": "String", "StringValue": letter["reason"]}}
            url = self._consumers[queue][0]
            self._sqs.send_message(QueueUrl=url, MessageBody=letter["body"], MessageAttributes=told)
        self.settle()

    def settle(self) -> None:
        """Let everything happen until nothing is under way."""
        for _ in range(100):
            if not (self._publish() + self._tap_bus() + sum(self._consume(n) for n in self._consumers)):
                return
            self._take_dead_letters()
        raise AssertionError("it never settles")

    def rows(self, prefix: str = "", table: str = "TABLE_NAME") -> list[dict[str, Any]]:
        """Every item of the main (or another) table whose sort key has the prefix."""
        found = self._dynamodb.scan(TableName=os.environ[table], ConsistentRead=True)["Items"]
        return [item for item in map(unpack, found) if item["sk"].startswith(prefix)]

    def said(self, type_: str) -> list[dict[str, Any]]:
        """Data of every event of a type that went over the bus."""
        return [event["data"] for event in self.events if event["type"] == type_]

    def unsettled(self) -> set[tuple[str, str]]:
        """What the receipts expect of this subsystem and did not get, or got and nobody expected."""
        expected: set[tuple[str, str]] = set()
        received: set[tuple[str, str]] = set()
        for receipt in self.receipts:
            if receipt.get("message"):
                received.add((receipt["message"], receipt["consumer"]))
            expected |= {(key, "outcome") for key in receipt["awaited"]}
            received |= {(key, "outcome") for key in receipt["resolved"]}
            for emitted in receipt["emitted"]:
                names = [emitted["consumer"]] if "consumer" in emitted else counted_consumers(emitted["type"])
                expected |= {(emitted["id"], n) for n in names if n.startswith(f"{self.subsystem}.")}
        return expected ^ received

    def _publish(self) -> int:
        table = own_table()
        until = sortable(datetime.max.replace(tzinfo=UTC))
        keys = [key for partition in outbox_partitions() for key in table.work(partition, until)]
        rows = [table.get(key["pk"], key["sk"]) for key in keys]
        for row in rows:
            record = {"eventName": "INSERT", "dynamodb": {"SequenceNumber": row["sk"], "NewImage": pack(row)}}
            handler = self._handler("publish_outbox", "to a queue" if row.get("queue") else "to the bus")
            try:
                refused = handler({"Records": [record]}, None)["batchItemFailures"]
            except Crash:
                continue  # the stream brings the record again
            assert not refused
        return len(rows)

    def _tap_bus(self) -> int:
        bodies = [json.loads(body) for body in self._receive(self._tap)]
        for body in bodies:
            detail = body["detail"]
            if detail["type"] == "WorkDone.v1":
                self.receipts.append(detail["data"])
            else:
                self.events.append(detail)
            self.hear(detail)
        return len(bodies)

    def _consume(self, name: str) -> int:
        url, handler = self._consumers[name]
        os.environ["DEAD_LETTER_URL"] = self._dead_letters["finalize-dead" if name == "finalize" else "dead"]
        batch = self._sqs.receive_message(
            QueueUrl=url, MaxNumberOfMessages=10, AttributeNames=["All"], MessageAttributeNames=["All"]
        ).get("Messages", [])
        records = [
            {
                "messageId": m["MessageId"],
                "receiptHandle": m["ReceiptHandle"],
                "body": m["Body"],
                "attributes": m["Attributes"],
                "messageAttributes": m.get("MessageAttributes", {}),
            }
            for m in batch
        ]
        if records:
            try:
                answer = self._handler(handler, _type_of(records[0]))({"Records": records}, None)
                failed = {item["itemIdentifier"] for item in answer["batchItemFailures"]}
            except Crash:
                failed = {record["messageId"] for record in records}
            for message in batch:
                if message["MessageId"] in failed:
                    self._sqs.change_message_visibility(
                        QueueUrl=url, ReceiptHandle=message["ReceiptHandle"], VisibilityTimeout=0
                    )
                else:
                    self._sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
        return len(batch)

    def _take_dead_letters(self) -> None:
        for url in self._dead_letters.values():
            letters = self._sqs.receive_message(
                QueueUrl=url, MaxNumberOfMessages=10, MessageAttributeNames=["All"]
            ).get("Messages", [])
            for letter in letters:
                reason = letter["MessageAttributes"]["reason"]["StringValue"]
                self.dead.append({"reason": reason, "body": letter["Body"]})
                self._sqs.delete_message(QueueUrl=url, ReceiptHandle=letter["ReceiptHandle"])

    def _receive(self, url: str) -> list[str]:
        found: list[str] = []
        while batch := self._sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
            for message in batch:
                found.append(message["Body"])
                self._sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
        return found

    def _handler(self, name: str, about: str = "") -> Callable[[Any, Any], Any]:
        handler = importlib.import_module(f"{self.subsystem}.handlers.{name}").handler
        return (
            self.wire.watched(f"{self.subsystem}.{name} {about}".strip(), handler) if self.wire else handler
        )

    def _table(self, name: str) -> str:
        physical = f"billing-test-{self.subsystem}-{name}"
        self._dynamodb.create_table(
            TableName=physical,
            BillingMode="PAY_PER_REQUEST",
            AttributeDefinitions=[
                {"AttributeName": attribute, "AttributeType": "S"}
                for attribute in ("pk", "sk", "work", "work_at")
            ],
            KeySchema=[
                {"AttributeName": "pk", "KeyType": "HASH"},
                {"AttributeName": "sk", "KeyType": "RANGE"},
            ],
            GlobalSecondaryIndexes=[
                {
                    "IndexName": "work",
                    "KeySchema": [
                        {"AttributeName": "work", "KeyType": "HASH"},
                        {"AttributeName": "work_at", "KeyType": "RANGE"},
                    ],
                    "Projection": {"ProjectionType": "KEYS_ONLY"},
                }
            ],
        )
        return physical

    def _queue(self, name: str) -> str:
        fifo = {"FifoQueue": "true"} if name.startswith("finalize") else {}
        suffix = ".fifo" if fifo else ""
        return self._sqs.create_queue(QueueName=f"billing-test-{name}{suffix}", Attributes=fifo)["QueueUrl"]

    def _subscribe_tap(self) -> None:
        arn = self._sqs.get_queue_attributes(QueueUrl=self._tap, AttributeNames=["QueueArn"])
        events = boto3.client("events")
        pattern = json.dumps({"source": [{"prefix": "billing."}]})
        events.put_rule(Name="tap", EventBusName=BUS, EventPattern=pattern)
        target = {"Id": "tap", "Arn": arn["Attributes"]["QueueArn"]}
        events.put_targets(Rule="tap", EventBusName=BUS, Targets=[target])


def _type_of(record: Record) -> str:
    """What a message is about, to name its handling by; one that nobody can read has no type."""
    try:
        body = json.loads(record["body"])
        return str(body.get("detail-type") or body.get("type") or body["detail"]["type"])
    except (ValueError, AttributeError, KeyError, TypeError):
        return ""


def message(
    producer: str,
    type_: str,
    data: dict[str, Any],
    *,
    subject: str,
    tenant: str = "ten_a",
    sequence: int = 1,
    at: datetime = datetime(2023, 11, 1, tzinfo=UTC),
    clock: str | None = None,
    id_: str | None = None,
) -> dict[str, Any]:
    """An event of another subsystem, as it travels."""
    found = {
        "specversion": "1.0",
        "id": id_ or f"evt_{type_}_{subject}_{sequence}",
        "source": f"billing.{producer}",
        "type": type_,
        "subject": subject,
        "time": at.isoformat(),
        "tenant": tenant,
        "sequence": sequence,
        "recordedat": "2026-01-01T00:00:00Z",
        "correlationid": "test",
        "causationid": "test",
        "actor": "system/test",
        "data": data,
    }
    return found | ({"clock": clock} if clock else {})

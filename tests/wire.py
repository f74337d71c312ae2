"""The hook at the botocore wire: counts calls and what they bill, and breaks them on purpose.

It stands where botocore sends a request, on the events of the default session: our code and its clients are
as they are in production. Only what happens inside a handler that is `watched` counts or breaks; what a test
does beside it is its own business.

| fault   | what happens                                                  | who must cope             |
|---------|---------------------------------------------------------------|---------------------------|
| BEFORE  | the process dies before the request is sent                   | redelivery, sweep, caller |
| AFTER   | it dies after the request took effect                         | the same                  |
| LOST    | the request took effect, its answer is lost; the SDK retries  | the SDK, idempotency      |
| REFUSED | throttled: nothing happened; the SDK retries                  | the SDK                   |
"""

from __future__ import annotations

import functools
import io
import json
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from http import HTTPStatus
from typing import Any

import boto3
from botocore.awsrequest import AWSResponse
from botocore.exceptions import ReadTimeoutError
from moto.core.models import botocore_stubber

from tests.billed_units import Shape, Units, item_size, read, refused, written

Sender = Callable[[str, Any], Any]


class Crash(BaseException):
    """The process died here; nobody in it can catch that."""


class Fault(StrEnum):
    """How a call breaks."""

    BEFORE = "crash before"
    AFTER = "crash after"
    LOST = "lost answer"
    REFUSED = "throttled"


@dataclass(frozen=True, slots=True)
class Call:
    """One request that was sent."""

    who: str  # the handler
    turn: int  # which run of the handler, from 1
    number: int  # of this handler, from 1 over all its runs
    service: str
    operation: str
    units: Units

    def __str__(self) -> str:
        return f"{self.who} {self.number} {self.service}.{self.operation}"


class Wire:
    """Everything that went over the wire, and what shall break."""

    def __init__(self, send: Sender | None = None, *, bills: bool = True) -> None:
        """`send` does what botocore would; without it requests go to the in-process AWS.

        Billing looks at what a write replaces; without `bills` nothing is asked beside the calls themselves.
        """
        self.calls: list[Call] = []
        self.struck: list[str] = []
        self._send_on = send or _in_process
        self._bills = bills
        self._plan: dict[tuple[str, int], Fault] = {}
        self._who: str | None = None
        self._numbers: Counter[str] = Counter()
        self._turns: Counter[str] = Counter()
        self._shapes: dict[str, Shape] = {}
        self._committed: set[str] = set()
        self._retries_now = False

    @contextmanager
    def listening(self) -> Iterator[Wire]:
        """Stand at the wire of every client that is made meanwhile."""
        if boto3.DEFAULT_SESSION is None:
            boto3.setup_default_session()
        events = boto3.DEFAULT_SESSION.events  # type: ignore[union-attr]
        # botocore calls every handler of an event, and each would send: ours sends for both.
        events.unregister("before-send", botocore_stubber)
        events.register_first("before-send", self._send)
        events.register_first("needs-retry", self._retry)
        self._own = boto3.client("dynamodb")
        try:
            yield self
        finally:
            events.unregister("needs-retry", self._retry)
            events.unregister("before-send", self._send)
            events.register("before-send", botocore_stubber)

    def watched(self, who: str, handler: Callable[..., Any]) -> Callable[..., Any]:
        """A handler whose calls count under its name."""

        @functools.wraps(handler)
        def inside(*args: Any, **more: Any) -> Any:
            self._who = who
            self._turns[who] += 1
            try:
                return handler(*args, **more)
            finally:
                self._who = None

        return inside

    def strike(self, who: str, number: int, fault: Fault) -> None:
        """Let the n-th call of a handler break, once."""
        self._plan[who, number] = fault

    def counted(self) -> Counter[str]:
        """How many calls of each kind."""
        return Counter(f"{call.service}.{call.operation}" for call in self.calls)

    def units(self) -> Units:
        """What DynamoDB bills for all of it."""
        return sum((call.units for call in self.calls), Units())

    def _send(self, request: Any, event_name: str, **_: Any) -> Any:
        if self._who is None:
            return self._send_on(event_name, request)
        who, self._who = self._who, None  # what the hook itself asks is not counted
        try:
            return self._watched_send(who, event_name, request)
        finally:
            self._who = who

    def _watched_send(self, who: str, event_name: str, request: Any) -> Any:
        _, service, operation = event_name.split(".")
        self._numbers[who] += 1
        number = self._numbers[who]
        fault = self._fault(who, number)
        if fault is Fault.BEFORE:
            raise Crash(f"before {who} {number} {service}.{operation}")
        if fault is Fault.REFUSED:
            return _throttled(request)
        bill = self._bill(operation, request) if service == "dynamodb" and self._bills else None
        response = self._answered_before(operation, request) or self._send_on(event_name, request)
        if operation == "TransactWriteItems" and response.status_code == HTTPStatus.OK:
            self._committed.add(json.loads(request.body).get("ClientRequestToken"))
        units = bill(response) if bill else Units()
        self.calls.append(Call(who, self._turns[who], number, service, operation, units))
        if fault is Fault.AFTER:
            raise Crash(f"after {who} {number} {service}.{operation}")
        if fault is Fault.LOST:
            raise ReadTimeoutError(endpoint_url=request.url)
        return response

    def _fault(self, who: str, number: int) -> Fault | None:
        fault = self._plan.pop((who, number), None)
        if fault is None:
            return None
        self.struck.append(f"{fault} {who} {number}")
        self._retries_now = fault in {Fault.LOST, Fault.REFUSED}
        return fault

    def _retry(self, operation: Any, **_: Any) -> int | None:
        """Let the SDK repeat what was broken on purpose without its pause; mail it never repeats."""
        now, self._retries_now = self._retries_now, False
        return 0 if now and operation.service_model.service_name != "sesv2" else None

    def _answered_before(self, operation: str, request: Any) -> Any:
        """A transaction sent again with its token changes nothing; the in-process AWS does not know that."""
        if operation != "TransactWriteItems":
            return None
        if json.loads(request.body).get("ClientRequestToken") in self._committed:
            return _response(request, HTTPStatus.OK, b"{}")
        return None

    def _bill(self, operation: str, request: Any) -> Callable[[Any], Units] | None:
        """Look at what is there before a call; the bill is made once its answer is known."""
        body = json.loads(request.body)
        if operation in {"GetItem", "BatchGetItem", "Query"}:
            return lambda response: _reading(body, json.loads(response.content))
        writes = [(write, self._stored(write)) for write in _writes(operation, body)]
        transaction = operation == "TransactWriteItems"

        def bill(response: Any) -> Units:
            total = Units()
            for write, old in writes:
                new = old if write.check else self._stored(write) if write.in_place else write.new
                if response.status_code >= HTTPStatus.BAD_REQUEST:
                    total += refused(old, new, transaction=transaction)
                else:
                    total += written(self._shape(write.table), old, new, transaction=transaction)
            return total

        return bill

    def _stored(self, write: _Write) -> dict[str, Any] | None:
        key = {name: write.key[name] for name in self._shape(write.table).key}
        reply = self._own.get_item(TableName=write.table, Key=key, ConsistentRead=True)
        return reply.get("Item")

    def _shape(self, table: str) -> Shape:
        if table not in self._shapes:
            self._shapes[table] = Shape.of(self._own.describe_table(TableName=table))
        return self._shapes[table]


@dataclass(frozen=True, slots=True)
class _Write:
    """One item written; a condition check leaves it as it is and is billed as if it wrote it.

    What an update in place made of it is looked up behind it.
    """

    table: str
    key: dict[str, Any]
    new: dict[str, Any] | None
    check: bool = False
    in_place: bool = False


def _writes(operation: str, body: dict[str, Any]) -> Iterator[_Write]:
    match operation:
        case "PutItem" | "DeleteItem":
            yield _Write(body["TableName"], body.get("Key") or body["Item"], body.get("Item"))
        case "UpdateItem":
            yield _Write(body["TableName"], body["Key"], None, in_place=True)
        case "TransactWriteItems":
            for action in body["TransactItems"]:
                [(kind, write)] = action.items()
                key = write.get("Key") or write["Item"]
                yield _Write(write["TableName"], key, write.get("Item"), kind == "ConditionCheck")
        case "BatchWriteItem":
            for table, requests in body["RequestItems"].items():
                for request in requests:
                    [write] = request.values()
                    yield _Write(table, write.get("Key") or write["Item"], write.get("Item"))
        case _:
            raise NotImplementedError(f"nobody used {operation} yet: its bill is not written")


def _reading(body: dict[str, Any], answer: dict[str, Any]) -> Units:
    if "RequestItems" in body:
        return sum(
            (_batch(asked, answer["Responses"][t]) for t, asked in body["RequestItems"].items()), Units()
        )
    found = answer.get("Items", [answer.get("Item")])
    return read(sum(item_size(item) for item in found), consistent=body.get("ConsistentRead", False))


def _batch(asked: dict[str, Any], found: list[dict[str, Any]]) -> Units:
    """Each key for itself, whether it is there or not."""
    sizes = [item_size(item) for item in found] + [0] * (len(asked["Keys"]) - len(found))
    return sum((read(size, consistent=asked.get("ConsistentRead", False)) for size in sizes), Units())


def _in_process(event_name: str, request: Any) -> Any:
    return botocore_stubber(event_name, request)


def _throttled(request: Any) -> AWSResponse:
    if "X-Amz-Target" in request.headers:
        body = {"__type": "com.amazonaws#ThrottlingException", "message": "slow down"}
        return _response(request, HTTPStatus.BAD_REQUEST, json.dumps(body).encode())
    return _response(request, HTTPStatus.SERVICE_UNAVAILABLE, b"<Error><Code>SlowDown</Code></Error>")


def _response(request: Any, status: int, body: bytes) -> AWSResponse:
    return AWSResponse(request.url, status, {"content-type": "application/x-amz-json-1.0"}, _Raw(body))


class _Raw(io.BytesIO):
    """A body as botocore reads one."""

    def stream(self, **_: Any) -> Iterator[bytes]:
        """All of it at once."""
        yield self.read()

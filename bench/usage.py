"""What recorded usage costs: every DynamoDB call and unit from the door to the invoice, in-process.

    python -m bench.usage ../shared/data/llm-usage/code.csv [--wall]

Units follow DynamoDB's published size rules, on the base table; in a transaction each write counts twice.
Under a test clock each unit of work also leaves its receipt: `--wall` is the tenant as it is in production.
"""

from __future__ import annotations

import csv
import os
import sys
import time
from collections import Counter
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from math import ceil
from pathlib import Path
from typing import Any

from moto import mock_aws

BATCH = 100  # events of one request, as many as the door takes


class Meter:
    """Counts calls and units on the wire of the product's own client."""

    def __init__(self) -> None:
        self.calls: Counter[str] = Counter()
        self.written = 0
        self.read = 0.0

    def attach(self, client: Any) -> None:
        """Hear every answered call of a DynamoDB client."""
        client.meta.events.register("provide-client-params.dynamodb", self._asked)
        client.meta.events.register("after-call.dynamodb", self._answered)

    def _asked(self, params: dict[str, Any], **_: Any) -> None:
        self._params = params

    def _answered(self, model: Any, parsed: dict[str, Any], **_: Any) -> None:
        self.calls[model.name] += 1
        params = self._params
        match model.name:
            case "PutItem":
                self.written += _kilobytes(params["Item"])
            case "UpdateItem":
                self.written += _kilobytes(parsed.get("Attributes") or {})
            case "DeleteItem":
                self.written += 1
            case "TransactWriteItems":
                for action in params["TransactItems"]:
                    [body] = action.values()
                    self.written += 2 * _kilobytes(body.get("Item") or {})
            case "GetItem":
                self.read += _reads(_size(parsed.get("Item") or {}), params)
            case "Query":
                self.read += _reads(sum(map(_size, parsed["Items"])), params)
            case "BatchGetItem":
                found = [item for items in parsed["Responses"].values() for item in items]
                self.read += sum(_reads(_size(item), {"ConsistentRead": True}) for item in found)
            case _:
                raise NotImplementedError(model.name)


def main(path: str, *, wall: bool) -> None:
    """Report the file through the door, settle, bill the month, and print what it took."""
    from billing.aws.clients import client  # noqa: PLC0415 -- inside the fake
    from tests.integration.sales.conftest import Sales, a_catalogue  # noqa: PLC0415

    sales = Sales()
    sales.open_tenant(wall=wall)
    sales.ask("POST", "/sales/catalogue", {"catalogue": a_catalogue()})
    sales.ask("POST", "/sales/customers", {"name": "Ada", "email": "a@example.com", "external_id": "ada"})
    sales.ask("POST", "/sales/subscriptions", {"customer": "ada", "plan": "team", "currency": "USD"})
    sales.settle()
    events = recorded(path, shift=sales.now - datetime(2023, 11, 1, tzinfo=UTC))
    sales.now += timedelta(days=16)
    meter, began = Meter(), time.process_time()
    meter.attach(client("dynamodb"))
    for start in range(0, len(events), BATCH):
        status, _ = sales.ask("POST", "/sales/usage", {"events": events[start : start + BATCH]})
        assert status == HTTPStatus.OK
        if not wall:
            sales.settle()  # the consumer keeps up with the door
    sales.settle()
    _print("ingested and rolled up", meter, len(events), time.process_time() - began)
    billed = Meter()
    billed.attach(client("dynamodb"))
    if not wall:
        sales.advance(datetime(2023, 12, 1, tzinfo=UTC))
        _print("billed", billed, len(events), 0)
        invoice = sales.ask("GET", "/sales/customers/ada/invoices")[1]["invoices"][0]
        for line in invoice["lines"]:
            print(f"  {line['name']:20} {line['quantity']:>12} {line['amount']['minor']:>8}")


def recorded(path: str, shift: timedelta) -> list[dict[str, Any]]:
    """The requests of a file as events of one customer."""
    found: list[dict[str, Any]] = []
    with Path(path).open(newline="") as rows:
        for number, row in enumerate(csv.DictReader(rows)):
            at = datetime.fromisoformat(row["TIMESTAMP"][:26]).replace(tzinfo=UTC) + shift
            found.append(
                {
                    "specversion": "1.0",
                    "id": f"req-{number:06}",
                    "source": "acme.app",
                    "type": "llm.request",
                    "subject": "ada",
                    "time": at.isoformat(),
                    "data": {
                        "context_tokens": int(row["ContextTokens"]),
                        "generated_tokens": int(row["GeneratedTokens"]),
                    },
                }
            )
    return found


def _print(what: str, meter: Meter, events: int, seconds: float) -> None:
    calls = sum(meter.calls.values())
    print(f"{what}: {calls} calls, {meter.written} write units, {meter.read:.1f} read units")
    print(f"  per event {meter.written / events:.4f} WRU, {meter.read / events:.4f} RRU; {seconds:.1f} s CPU")
    print(f"  {dict(meter.calls)}")


def _kilobytes(item: dict[str, Any]) -> int:
    return max(1, ceil(_size(item) / 1024))


def _reads(size: int, params: dict[str, Any]) -> float:
    return max(1, ceil(size / 4096)) * (1 if params.get("ConsistentRead") else 0.5)


def _size(item: dict[str, Any]) -> int:
    return sum(len(name.encode()) + _value(value) for name, value in item.items())


def _value(typed: dict[str, Any]) -> int:
    [(kind, value)] = typed.items()
    match kind:
        case "S":
            return len(value.encode())
        case "N":
            return (len(value.lstrip("-").replace(".", "")) + 1) // 2 + 1
        case "B":
            return len(value)
        case "M":
            return 3 + sum(len(name.encode()) + 1 + _value(inner) for name, inner in value.items())
        case "L":
            return 3 + sum(1 + _value(inner) for inner in value)
        case _:
            return 1


if __name__ == "__main__":
    os.environ |= {
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_REGION": "us-east-1",
        "POWERTOOLS_LOG_LEVEL": "CRITICAL",
    }
    with mock_aws():
        main(sys.argv[1], wall="--wall" in sys.argv)

"""What recorded usage costs, from the door to the invoice: `python -m bench.usage path/to/code.csv [--wall]`.

Every DynamoDB call of the handlers and what it bills, counted in-process at the wire. Under a test clock each
unit of work also leaves its receipt, and the consumer is given every request alone; `--wall` is a tenant as
it is in production, whose consumer finds batches of ten.
"""

from __future__ import annotations

import csv
import os
import sys
import time
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from pathlib import Path
from typing import Any

from moto import mock_aws

BATCH = 100  # events of one request, as many as the door takes
PATIENCE = 60  # seconds until a roll-up that waits on the wall must have been told


def main(path: str, *, wall: bool) -> None:
    """Report the file through the door, roll it up, bill the month, and print what it took."""
    from tests.wire import Wire  # noqa: PLC0415 -- inside the fake

    with Wire().listening() as wire:
        sales, events = _opened(wire, path, wall=wall)
        wire.calls.clear()
        began = time.process_time()
        for start in range(0, len(events), BATCH):
            status, _ = sales.ask("POST", "/sales/usage", {"events": events[start : start + BATCH]})
            if status != HTTPStatus.OK:
                raise SystemExit(f"the door answered {status}")
            if not wall:
                sales.settle()
        _roll_up(sales)
        _print("reported, appended, rolled up", wire, len(events), time.process_time() - began)
        if wall:
            return
        wire.calls.clear()
        sales.advance(datetime(2023, 12, 1, tzinfo=UTC))
        _print("billed", wire, len(events), 0)
        for line in sales.ask("GET", "/sales/customers/ada/invoices")[1]["invoices"][0]["lines"]:
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


def _opened(wire: Any, path: str, *, wall: bool) -> tuple[Any, list[dict[str, Any]]]:
    from tests.integration.sales.conftest import Sales, a_catalogue  # noqa: PLC0415 -- inside the fake

    sales = Sales(wire)
    sales.open_tenant(wall=wall)
    sales.ask("POST", "/sales/catalogue", {"catalogue": a_catalogue()})
    sales.ask("POST", "/sales/customers", {"name": "Ada", "email": "a@example.com", "external_id": "ada"})
    sales.ask("POST", "/sales/subscriptions", {"customer": "ada", "plan": "team", "currency": "USD"})
    sales.settle()
    events = recorded(path, shift=sales.now - datetime(2023, 11, 1, tzinfo=UTC))
    sales.now += timedelta(days=16)
    return sales, events


def _roll_up(sales: Any) -> None:
    """Let what waits on the wall be told, too."""
    deadline = time.monotonic() + PATIENCE
    sales.settle()
    while not sales.said("UsageRolledUp.v1") and time.monotonic() < deadline:
        sales.settle()


def _print(what: str, wire: Any, events: int, seconds: float) -> None:
    calls = {name: n for name, n in wire.counted().items() if name.startswith("dynamodb.")}
    units = wire.units()
    print(
        f"{what}: {sum(calls.values())} calls, {units.writes:.0f} write units, {units.reads:.1f} read units"
    )
    print(f"  an event: {units.writes / events:.4f} write, {units.reads / events:.4f} read units")
    print(f"  {', '.join(f'{name[9:]} {n}' for name, n in sorted(calls.items()))}; {seconds:.1f} s of CPU")


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

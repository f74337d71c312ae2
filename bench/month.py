"""Calls and billed units of one subscription's month, counted at the wire: `python -m bench.month [--json]`.

A customer in wall time reports usage, the period ends, the invoice is numbered, charged, paid, mailed and
archived. Every subsystem's handlers run in-process; what the platform does between them is not billed to
them and not counted. DynamoDB's units follow its published size rules (tests/billed_units.py).
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import boto3
import pytest
from moto import mock_aws

import tests.conftest  # noqa: F401 -- no real account
from tests.wire import Call, Wire

Message = dict[str, Any]
Part = tuple[str, list[Call]]
EVENTS = 100  # of the one usage report
MONTH = ("SubscriptionRenewed.v1", "UsageRolledUp.v1", "InvoiceFinalized.v1", "InvoicePaid.v1")


@contextmanager
def a_cloud() -> Iterator[Wire]:
    """A fresh in-process AWS with a hook at its wire."""
    from billing.aws import clients, settings  # noqa: PLC0415 -- inside the fake

    with mock_aws(), Wire().listening() as wire:
        clients.client.cache_clear()
        settings.subsystem.cache_clear()
        yield wire


def sales(wire: Wire) -> tuple[list[Part], list[Message]]:
    """The month as sales lives it, and all it says."""
    from tests.builders import a_catalogue  # noqa: PLC0415
    from tests.integration.sales.conftest import Sales  # noqa: PLC0415
    from tests.integration.sales.test_a_month_of_sales import an_event  # noqa: PLC0415

    world = Sales(wire)
    world.open_tenant(wall=True)
    world.now = (world.now - timedelta(days=1)).replace(day=1)
    world.ask("POST", "/sales/catalogue", {"catalogue": a_catalogue()})
    ada = {"name": "Ada Byron", "email": "ada@example.com", "external_id": "ada"}
    world.ask("POST", "/sales/customers", ada)
    world.ask("POST", "/sales/subscriptions", {"customer": "ada", "plan": "team", "currency": "USD"})
    world.settle()
    _pay(world, 0)
    world.now += timedelta(days=2)
    time = (world.now - timedelta(hours=1)).isoformat()
    used = [an_event(f"req-{n}", context=50_000, generated=100, time=time) for n in range(EVENTS)]
    parts: list[Part] = []
    with _part(parts, f"sales: {EVENTS} usage events", wire):
        world.ask("POST", "/sales/usage", {"events": used})
        world.settle()
    with _part(parts, "sales: period end, invoice", wire):
        world.tick()
        world.settle()
    with _part(parts, "sales: money in", wire):
        _pay(world, 1)
    assert [paid["invoice"]["number"] for paid in world.said("InvoicePaid.v1")] == [
        "INV-000001",
        "INV-000002",
    ]
    assert not world.dead
    return parts, world.events


def _pay(world: Any, n: int) -> None:
    """Let payments tell that the n-th invoice was paid."""
    from tests.integration.world import message  # noqa: PLC0415

    invoice = world.said("InvoiceFinalized.v1")[n]["invoice"]
    about = {name: invoice[name] for name in ("invoice", "customer", "currency", "legal_entity")}
    payment = {**about, "payment": f"pay_{n}", "amount_minor": invoice["total_minor"], "provider": "stripe"}
    subject = f"invoice/{invoice['invoice']}"
    data = {"payment": payment}
    world.hear(
        message("payments", "PaymentSucceeded.v1", data, subject=subject, at=world.now, id_=f"evt_{n}")
    )
    world.settle()


def hearing(
    name: str, title: str, make: Callable[[Wire], Any], told: list[Message], month: list[Message]
) -> Part:
    """What one subsystem does with the month's events, all that came before being known to it."""
    parts: list[Part] = []
    with a_cloud() as wire:
        world = make(wire)
        for message in told:
            world.hear(message)
        world.settle()
        with _part(parts, f"{name}: {title}", wire):
            for message in month:
                world.hear(message)
            world.settle()
        assert not world.dead, world.dead
    return parts[0]


def measured() -> list[Part]:
    """Every part of the month, as title and calls."""
    from tests.integration.messaging.conftest import Messaging  # noqa: PLC0415
    from tests.integration.payments.conftest import Payments  # noqa: PLC0415
    from tests.integration.world import World  # noqa: PLC0415

    with a_cloud() as wire:
        parts, events = sales(wire)
    last = {event["type"]: event["id"] for event in events if event["type"] in MONTH}
    month = [event for event in events if event["id"] in last.values()]
    told = [_tenant(), *(event for event in events if event["id"] not in last.values())]
    [customer] = [event["data"]["customer"] for event in events if event["type"] == "CustomerChanged.v1"]

    def archive(wire: Wire) -> World:
        boto3.client("s3").create_bucket(Bucket="archive")
        return World("foundation", queues={}, wire=wire)

    def payments(wire: Wire) -> Payments:
        world = Payments(patch, wire)
        world.open_tenant(clock=None)
        world.save_card(customer=customer)
        return world

    with pytest.MonkeyPatch.context() as patch:
        access = "plan, renewal, usage"
        parts.append(
            hearing("access", access, lambda w: World("access", queues={"work": "work"}, wire=w), told, month)
        )
        parts.append(hearing("payments", "charge a saved card", payments, told, month))
        parts.append(hearing("messaging", "invoice, receipt", Messaging, told, month))
        parts.append(hearing("foundation", "archive", archive, told, month))
    return parts


def _tenant() -> Message:
    """The tenant as foundation tells of it."""
    from tests.integration.world import message  # noqa: PLC0415

    entity = {"key": "main", "name": "Acme AG", "country": "CH", "currency": "USD"}
    data = {"name": "Acme", "sandbox": False, "legal_entities": [entity]}
    return message("foundation", "TenantChanged.v1", data, subject="tenant/ten_a")


@contextmanager
def _part(parts: list[Part], title: str, wire: Wire) -> Iterator[None]:
    start = len(wire.calls)
    yield
    parts.append((title, wire.calls[start:]))


def _row(title: str, calls: list[Call]) -> dict[str, Any]:
    kinds = sorted({f"{call.service}.{call.operation}" for call in calls})
    return {
        "part": title,
        "calls": len(calls),
        "writes": sum(call.units.writes for call in calls),
        "reads": sum(call.units.reads for call in calls),
        "operations": {kind: sum(f"{c.service}.{c.operation}" == kind for c in calls) for kind in kinds},
    }


def main(*, as_json: bool) -> None:
    """Print the table, or one JSON document."""
    os.environ |= {"ARCHIVE_BUCKET": "archive", "SUBSYSTEMS": "foundation sales", "STAGE": "test"}
    parts = measured()
    parts.append(("together", [call for _, calls in parts for call in calls]))
    rows = [_row(title, calls) for title, calls in parts]
    if as_json:
        print(json.dumps(rows, indent=2))
        return
    print(f"{'a subscription month':42}{'calls':>8}{'write units':>14}{'read units':>12}")
    for row in rows:
        print(f"{row['part']:42}{row['calls']:>8}{row['writes']:>14.0f}{row['reads']:>12.1f}")


if __name__ == "__main__":
    main(as_json="--json" in sys.argv)

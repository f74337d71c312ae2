"""From a committed row to the bus: whatever is refused comes again, whatever arrived is gone."""

import os
from datetime import UTC, datetime, timedelta

import pytest

from billing.aws import outbox
from billing.aws.changes import Changes
from billing.aws.context import Context
from billing.aws.due import tick
from billing.aws.errors import TooLargeError
from billing.aws.items import pack
from billing.aws.outbox import publish_records, sweep
from billing.aws.table import own_table
from events.access import AccessGrantedV1
from events.sales import InvoiceFinalizedV1, InvoicePart
from sales.commands import FinalizeInvoiceV1
from tests.integration.world import World
from tests.wire import Wire

NOW = datetime(2023, 11, 1, tzinfo=UTC)


def an_event(n=1, size=1):
    return AccessGrantedV1(customer=f"cus_{n}", subscription="sub_1", plan="team", features=["x" * size])


def commit(*numbers, size=1, queue=False):
    context = Context("ten_a", NOW, "key/k", "request/r", "request/r")
    changes = Changes(own_table(), context)
    for n in numbers:
        if queue:
            command = FinalizeInvoiceV1(invoice=f"inv_{n}", legal_entity="main")
            changes.send("finalize", command, subject=f"invoice/inv_{n}", about="x", group="g")
        else:
            changes.emit(an_event(n, size), subject=f"access/sub_{n}", sequence=1)
    changes.commit()


def records(world, event_name="INSERT"):
    rows = sorted(world.rows("OUTBOX#"), key=lambda row: row["pk"])
    return [
        {"eventName": event_name, "dynamodb": {"SequenceNumber": str(n), "NewImage": pack(row)}}
        for n, row in enumerate(rows)
    ]


def arrived(world):
    world._tap_bus()
    return sorted(event["data"]["customer"] for event in world.events)


@pytest.fixture
def world():
    return World("sales", queues={"finalize": "finalize"})


def test_what_was_published_is_gone_and_a_removal_is_no_news(world):
    commit(1, 2)

    assert publish_records(own_table(), records(world)) == {"batchItemFailures": []}

    assert (arrived(world), world.rows("OUTBOX#")) == (["cus_1", "cus_2"], [])
    commit(3)
    assert publish_records(own_table(), records(world, "REMOVE")) == {"batchItemFailures": []}
    assert len(world.rows("OUTBOX#")) == 1


def test_large_events_fill_no_request_beyond_what_the_bus_takes(world):
    sent = []
    with Wire(lambda name, request: _noting(sent, name, request)).listening():
        from billing.aws.clients import client  # noqa: PLC0415

        client.cache_clear()
        commit(*range(12), size=60_000)
        assert publish_records(own_table(), records(world)) == {"batchItemFailures": []}

    assert len(arrived(world)) == 12
    assert max(sent) < 256 * 1024


def _noting(sent, name, request):
    from moto.core.models import botocore_stubber  # noqa: PLC0415

    if name.endswith("PutEvents"):
        sent.append(len(request.body))
    return botocore_stubber(name, request)


def test_an_entry_the_bus_refuses_comes_again_and_the_others_are_gone(world):
    commit(1, 2, 3)
    [first, second, third] = records(world)
    broken = dict(second["dynamodb"]["NewImage"]) | {"body": {"S": '{"source": "billing.sales", "type": ""}'}}
    second["dynamodb"]["NewImage"] = broken

    answer = publish_records(own_table(), [first, second, third])

    assert answer == {"batchItemFailures": [{"itemIdentifier": "1"}]}
    assert [row["pk"] for row in world.rows("OUTBOX#")] == ["T#ten_a#access/sub_2"]
    assert arrived(world) == ["cus_1", "cus_3"]


def test_a_queue_that_is_not_there_holds_nothing_else_back(world, monkeypatch):
    commit(1, queue=True)
    commit(2)
    for url in ("https://sqs.us-east-1.amazonaws.com/123456789012/nowhere.fifo", ""):
        monkeypatch.setenv("QUEUE_FINALIZE_URL", url)
        answer = publish_records(own_table(), records(world))

        assert len(answer["batchItemFailures"]) == 1
        assert arrived(world) == ["cus_2"]
        assert [row["queue"] for row in world.rows("OUTBOX#")] == ["finalize"]


def test_a_bus_that_is_not_there_refuses_all_of_it(world, monkeypatch):
    commit(1, 2)
    monkeypatch.setenv("BUS_NAME", "nowhere")

    answer = publish_records(own_table(), records(world))

    assert [item["itemIdentifier"] for item in answer["batchItemFailures"]] == ["0", "1"]
    assert len(world.rows("OUTBOX#")) == 2


def test_the_sweep_publishes_what_is_old_enough_and_leaves_the_rest(world, monkeypatch):
    monkeypatch.setattr(outbox, "wall_now", lambda: datetime.now(UTC) + timedelta(seconds=50))
    commit(1)
    assert (sweep(own_table()), arrived(world)) == (0, [])

    monkeypatch.setattr(outbox, "wall_now", lambda: datetime.now(UTC) + timedelta(seconds=70))
    assert (sweep(own_table()), arrived(world)) == (1, ["cus_1"])
    assert sweep(own_table()) == 0


def test_a_row_that_cannot_leave_keeps_no_tick_from_its_due_work(world, monkeypatch):
    commit(1, queue=True)
    commit(2)
    monkeypatch.setattr(outbox, "wall_now", lambda: datetime.now(UTC) + timedelta(seconds=70))
    monkeypatch.setenv("QUEUE_FINALIZE_URL", "https://sqs.us-east-1.amazonaws.com/123456789012/nowhere.fifo")

    assert tick(own_table(), None) == {"republished": 1, "due": 0}
    assert arrived(world) == ["cus_2"]


def test_an_event_too_large_to_travel_is_refused_before_anything_is_written(world):
    with pytest.raises(TooLargeError, match=r"AccessGranted\.v1 has 70\d\d\d bytes, at most 65536"):
        commit(1, size=70_000)

    assert world.rows() == []


def test_more_writes_than_a_transaction_takes_are_refused_before_anything_is_written(world):
    with pytest.raises(TooLargeError, match="101 writes in one unit of work, at most 100"):
        commit(*range(101))

    assert world.rows() == []


def test_an_event_of_the_same_aggregate_version_is_itself(world):
    part = {
        "invoice": "inv_1",
        "customer": "cus_1",
        "legal_entity": "main",
        "currency": "CHF",
        "number": "INV-1",
        "total_minor": 1,
        "due_minor": 1,
        "due_at": NOW,
    }
    ids = set()
    for request in ("r1", "r2"):
        context = Context("ten_a", NOW, "key/k", f"request/{request}", f"request/{request}")
        event = InvoiceFinalizedV1(invoice=InvoicePart.model_validate(part))
        ids.add(Changes(own_table(), context).emit(event, subject="invoice/inv_1", sequence=2))

    assert len(ids) == 1
    assert os.environ["SUBSYSTEM"] == "sales"

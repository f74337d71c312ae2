"""The usage log: appended without a condition, folded by one writer, exact however events come."""

import itertools
import os
from datetime import UTC, datetime, timedelta

import boto3
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from billing.aws.batch import Work
from billing.aws.changes import Changes
from billing.aws.clients import client
from billing.aws.context import Context
from billing.aws.errors import ConflictError
from billing.aws.items import unpack
from billing.aws.table import Table
from billing.core.periods import Period
from billing.core.quantities import decimal_text
from billing.core.usage_records import fingerprint
from sales.commands import RollUpUsageV1
from sales.usage import folding, log, rollups
from sales.usage.aggregator import take
from sales.usage_totals import CustomerUsage
from tests.integration.sales.test_a_month_of_sales import an_event, subscribe

DAY = "2023-11-16"
NOON = datetime(2023, 11, 16, 12, tzinfo=UTC)
NOVEMBER = Period(datetime(2023, 11, 1, tzinfo=UTC), datetime(2023, 12, 1, tzinfo=UTC))
METERS = ["context_tokens", "generated_tokens"]
customers = itertools.count(1)
slow = settings(
    max_examples=25,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


def kept(id_, tokens=1, *, customer="cus_1", at=NOON, **more):
    data = {"context_tokens": str(tokens), "generated_tokens": "0"}
    time = at.isoformat()
    return {
        "id": id_,
        "source": "app",
        "type": "llm.request",
        "time": time,
        "customer": customer,
        "data": data,
        **more,
    }


def append(*events):
    log.append(log.Flush("ten_a", events, ["key/1"] * len(events), NOON))


def used(period=NOVEMBER, *, keep=True, customer="cus_1"):
    table = Table(os.environ["TABLE_NAME"])
    found = CustomerUsage(table, "ten_a", customer, keep=keep).of_meters(METERS, period)
    return found["context_tokens"]


def tokens(*args, **more):
    return decimal_text(used(*args, **more).quantity)


def usage_rows(prefix):
    table = os.environ["USAGE_TABLE_NAME"]
    found = [unpack(item) for item in boto3.client("dynamodb").scan(TableName=table)["Items"]]
    return [item for item in found if item["sk"].startswith(prefix)]


def test_a_flush_is_one_chunk_a_customer_and_day_and_one_object_of_raw_events(sales):
    append(
        kept("a"),
        kept("b"),
        kept("c", customer="cus_2"),
        kept("d", at=NOON - timedelta(days=1)),
    )

    chunks = usage_rows("CHUNK#")
    assert sorted((c["pk"], c["count"]) for c in chunks) == [
        ("T#ten_a#usage/cus_1/2023-11-15", 1),
        ("T#ten_a#usage/cus_1/2023-11-16", 2),
        ("T#ten_a#usage/cus_2/2023-11-16", 1),
    ]
    [raw] = boto3.client("s3").list_objects_v2(Bucket=os.environ["RAW_USAGE_BUCKET"])["Contents"]
    assert {c["raw"] for c in chunks} == {raw["Key"]}
    assert raw["Key"].startswith("usage/ten_a/2023-11-16/")


def test_a_chunk_never_exceeds_64_kilobytes(sales):
    noise = [os.urandom(95).hex() for _ in range(4000)]
    append(*(kept(f"e{n}") | {"data": {"context_tokens": "1", "x": text}} for n, text in enumerate(noise)))

    sizes = [len(bytes(chunk["events"])) for chunk in usage_rows("CHUNK#")]
    assert max(sizes) <= 65536
    assert len(sizes) > 1
    assert tokens() == "4000"


def test_a_chunk_that_was_counted_once_is_read_again_only_when_its_day_moves(sales):
    append(kept("a", 5))
    append(kept("b", 7, at=NOON - timedelta(days=3)))
    assert tokens() == "12"

    read = count_reads()
    assert tokens() == "12"
    assert read == {"GetItem": 1, "Query": 2}  # head; meters and folded days

    append(kept("c", 1))
    read = count_reads()
    assert tokens() == "13"
    assert read == {"GetItem": 1, "Query": 3, "TransactWriteItems": 1}


def count_reads():
    found = {}

    def heard(model, **_):
        if model.name not in {"PutItem", "UpdateItem"}:
            found[model.name] = found.get(model.name, 0) + 1

    client("dynamodb").meta.events.register("after-call.dynamodb", heard)
    return found


@pytest.mark.parametrize("history", [1, 40])
def test_a_flush_and_a_fold_cost_the_same_behind_any_history(sales, history):
    for n in range(history):
        append(kept(f"old {n}", at=NOVEMBER.start + timedelta(hours=6 * n)))
    assert tokens() == str(history)

    calls = count_calls()
    append(kept("new", at=datetime(2023, 11, 20, tzinfo=UTC)))
    assert calls == ["PutItem", "UpdateItem"]
    used()
    assert calls[2:] == ["Query", "GetItem", "Query", "Query", "TransactWriteItems"]


def count_calls():
    found = []
    client("dynamodb").meta.events.register(
        "after-call.dynamodb", lambda model, **_: found.append(model.name)
    )
    return found


def test_a_period_that_begins_inside_a_day_takes_its_part_of_it(sales):
    append(kept("before", 1, at=NOON - timedelta(microseconds=1)), kept("at", 10, at=NOON), kept("c", 100))
    half = Period(NOON, NOON + timedelta(days=30))

    assert tokens(half) == "110"
    assert tokens(Period(NOVEMBER.start, NOON)) == "1"
    assert tokens() == "111"

    append(kept("late", 1000, at=NOON - timedelta(hours=1)))
    assert (tokens(half), tokens(Period(NOVEMBER.start, NOON))) == ("110", "1001")


def test_a_preview_stores_nothing_and_says_the_same(sales):
    append(kept("a", 5))

    assert tokens(keep=False) == "5"
    assert usage_rows("DAY#") == usage_rows("FOLD#") == []
    assert tokens(keep=True) == "5"


def test_a_bill_can_be_counted_again_from_the_log_as_of_its_folds(sales):
    append(kept("a", 5))
    manifest = used().manifest
    append(kept("b", 7))
    assert used().manifest["folds"] == {DAY: 2}

    assert manifest["folds"] == {DAY: 1}
    assert (manifest["meter"], manifest["count"]) == ("context_tokens", 1)
    [record] = folding.records_until("ten_a", "cus_1", DAY, 1)
    assert record.id == "a"
    [day] = usage_rows("DAY#")
    assert day["fold"] == 2
    assert fingerprint([record]) == fingerprint(folding.records_until("ten_a", "cus_1", DAY, 1))


def test_what_was_counted_stays_counted_when_its_id_comes_with_another_content(sales):
    for n in range(8):  # whatever the names of the chunks
        append(kept(f"id{n}", 1))
        assert tokens() == str(n + 1)
        append(kept(f"id{n}", 1000))
        assert tokens() == str(n + 1)


def test_a_crash_between_chunk_and_head_loses_nothing_once_the_flush_comes_again(sales, monkeypatch):
    append(kept("a", 5))
    assert tokens() == "5"
    real = log._count
    monkeypatch.setattr(log, "_count", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        append(kept("b", 7))
    monkeypatch.setattr(log, "_count", real)
    assert tokens() == "5"

    append(kept("b", 7))

    assert tokens() == "12"


def test_whoever_is_beaten_folds_again_from_what_the_other_stored(sales, monkeypatch):
    append(kept("a", 5))
    real, beaten = folding.read_day, []

    def read_day(*args):
        found = real(*args)
        if not beaten:
            beaten.append(True)
            append(kept("b", 7))
            monkeypatch.setattr(folding, "read_day", real)
            assert tokens() == "12"
        return found

    monkeypatch.setattr(folding, "read_day", read_day)

    assert tokens() == "12"
    names = [row["sk"] for row in usage_rows("FOLD#")]
    assert names == ["FOLD#00001"]


def test_whoever_is_beaten_by_a_fold_that_covers_its_own_writes_nothing(sales, monkeypatch):
    append(kept("a", 5))
    real, beaten = folding.read_day, []

    def read_day(*args):
        found = real(*args)
        if not beaten:
            beaten.append(True)
            assert tokens() == "5"
        return found

    monkeypatch.setattr(folding, "read_day", read_day)

    assert tokens() == "5"
    assert [row["version"] for row in usage_rows("DAY#")] == [1]


def test_a_roll_up_that_another_was_faster_at_is_done_where_it_stands(sales, monkeypatch):
    subscribe(sales)
    customer = sales.said("SubscriptionStarted.v1")[0]["state"]["customer"]
    append(kept("a", 5, customer=customer))
    table = Table(os.environ["TABLE_NAME"])
    frame = Context("ten_a", NOON, "key/1", "test", "test", message="evt_1", consumer="sales.usage")
    command = RollUpUsageV1(customers=[customer])
    work = Work(
        command, Changes(table, frame).message(command, subject="tenant/ten_a"), Changes(table, frame)
    )
    real, beaten = rollups.UsageRolledUpV1, []

    def said(**data):
        if not beaten:
            beaten.append(True)
            take([work])
        return real(**data)

    monkeypatch.setattr(rollups, "UsageRolledUpV1", said)

    take([work])

    [row] = sales.rows("ROLLUP")
    assert (row["used"]["context_tokens"], row["version"]) == ("5", 1)


def test_a_writer_that_is_always_beaten_gives_up(sales, monkeypatch):
    append(kept("a", 5))
    monkeypatch.setattr(folding, "_store", lambda *_: False)

    with pytest.raises(ConflictError):
        used()


def test_the_head_forgets_days_that_nothing_is_accepted_for_any_more(sales):
    append(kept("a", 5), kept("b", 7, at=NOON - timedelta(days=10)))
    usage = CustomerUsage(Table(os.environ["TABLE_NAME"]), "ten_a", "cus_1", keep=True)

    usage.close(before=NOON - timedelta(days=5))

    assert log.read_head("ten_a", "cus_1").days == {DAY: 1}
    assert tokens() == "12"

    append(kept("redriven", 100, at=NOON - timedelta(days=10)))
    assert tokens() == "112"


def test_many_distinct_values_are_counted_from_the_chunks(sales, monkeypatch):
    monkeypatch.setattr(folding, "MOST_DISTINCT", 3)
    catalogue = {
        "features": [],
        "meters": [
            {"key": "users", "event_type": "login", "aggregation": "unique", "property": "user"},
        ],
        "plans": [],
    }
    assert sales.ask("POST", "/sales/catalogue", {"catalogue": catalogue})[0] == 200
    append(*(kept(f"e{n}") | {"type": "login", "data": {"user": f"u{n % 5}"}} for n in range(9)))

    found = CustomerUsage(Table(os.environ["TABLE_NAME"]), "ten_a", "cus_1", keep=True)
    assert found.of_meters(["users"], NOVEMBER)["users"].quantity == 5
    assert found.of_meters(["users"], Period(NOON, NOVEMBER.end))["users"].quantity == 5


events = st.lists(
    st.tuples(st.integers(0, 9), st.integers(0, 2), st.integers(1, 1000)),
    min_size=1,
    max_size=20,
    unique_by=lambda e: e[:2],
)


@slow
@given(events, st.data())
def test_any_order_duplication_and_batching_give_the_same_total(sales, some, data):
    customer = f"cus_{next(customers)}"
    sent = [kept(f"id{id_}", n, customer=customer, at=NOON + timedelta(days=day)) for id_, day, n in some]
    again = data.draw(st.permutations([*sent, *data.draw(st.lists(st.sampled_from(sent), max_size=10))]))
    while again:
        size = data.draw(st.integers(1, len(again)))
        flush, again = again[:size], again[size:]
        append(*flush)
        if data.draw(st.booleans()):  # the flush comes again, or somebody rolls up in between
            append(*flush)
            used(customer=customer)

    assert tokens(customer=customer) == str(sum(n for _, _, n in some))


def test_roll_ups_under_a_clock_are_coalesced_and_end_with_the_exact_value(sales):
    subscribe(sales)
    sales.now = NOON + timedelta(hours=1)
    for n in range(9):
        sales.ask("POST", "/sales/usage", {"events": [an_event(f"r{n}", context=10)]})

    sales.settle()

    told = [said["used"]["context_tokens"] for said in sales.said("UsageRolledUp.v1")]
    assert told[-1] == "90"
    assert len(told) <= 2
    assert sales.unsettled() == set()

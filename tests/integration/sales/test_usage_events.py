"""What becomes of an event: by its id, when it is amended, when nobody matched it, when it is too much."""

from datetime import UTC, datetime

import boto3
import pytest

from tests.integration.sales.test_a_month_of_sales import an_event, subscribe
from tests.integration.world import message

DAY = "2023-11-16"
NOON = datetime(2023, 11, 16, 12, tzinfo=UTC)


@pytest.fixture
def at_noon(sales):
    subscribe(sales)
    sales.now = NOON
    return sales


def unmatched(sales, **more):
    return sales.ask("GET", f"/sales/usage/unmatched/{DAY}", **more)[1]["events"]


def report(sales, *events):
    status, body = sales.ask("POST", "/sales/usage", {"events": list(events)})
    assert status == 200
    sales.settle()
    return [(receipt["verdict"], receipt["reason"]) for receipt in body["receipts"]]


def fate(sales, id_, *, subject="ada", day=DAY):
    path = f"/sales/usage/events/{id_}?source=acme.app&subject={subject}&day={day}"
    status, body = sales.ask("GET", path)
    assert status == 200
    return body


def used(sales):
    return sales.said("UsageRolledUp.v1")[-1]["used"]["context_tokens"]


def test_a_counted_event_names_its_meters_chunk_and_fold(at_noon):
    report(at_noon, an_event("a", context=1))

    found = fate(at_noon, "a")

    assert (found["fate"], found["meters"]) == ("counted", ["context_tokens", "generated_tokens"])
    assert (found["copies"], found["differing"], found["fold"]) == (1, 0, 1)
    assert len(found["chunk"]) == 20


def test_an_event_that_was_never_sent_is_not_here_yet(at_noon):
    assert fate(at_noon, "nothing")["fate"] == "not_yet"


def test_a_repeated_id_shows_how_often_it_came_and_whether_it_differed(at_noon):
    report(at_noon, an_event("a", context=1))
    report(at_noon, an_event("a", context=1), an_event("b", context=1))
    report(at_noon, an_event("a", context=500))

    found = fate(at_noon, "a")
    assert (found["fate"], found["copies"], found["differing"]) == ("counted", 3, 1)
    assert used(at_noon) == "2"


def test_what_was_refused_says_why(at_noon):
    report(
        at_noon,
        an_event("stranger", subject="nobody"),
        an_event("other", type="page.view"),
        an_event("nan") | {"data": {"context_tokens": "NaN", "generated_tokens": 1}},
    )

    assert [(f["fate"], f["reason"], f["field"]) for f in (fate(at_noon, i) for i in ("other", "nan"))] == [
        ("unmatched", "no_meter", "type"),
        ("rejected", "invalid_decimal", "data.context_tokens"),
    ]
    assert fate(at_noon, "stranger", subject="nobody")["reason"] == "unknown_customer"


def test_an_amendment_refolds_its_day_and_tells_the_new_total(at_noon):
    report(at_noon, an_event("a", context=100), an_event("b", context=5))
    assert used(at_noon) == "105"

    report(at_noon, an_event("a2", context=10, replaces="a", reason="counted the cache"))
    assert used(at_noon) == "15"
    report(at_noon, an_event("undo", voids="b") | {"data": {}})
    assert used(at_noon) == "10"

    assert [(f["fate"], f["by"]) for f in (fate(at_noon, i) for i in ("a", "a2", "b", "undo"))] == [
        ("replaced", "a2"),
        ("counted", None),
        ("voided", "undo"),
        ("voids", "b"),
    ]


@pytest.mark.parametrize(
    ("more", "reason", "field"),
    [
        ({"replaces": "a"}, "amends_itself", "replaces"),
        ({"voids": "a"}, "amends_itself", "voids"),
        ({"replaces": "x", "voids": "y"}, "ambiguous_amendment", "voids"),
        ({"replaces": ""}, "invalid_attribute", "replaces"),
        ({"voids": 5}, "invalid_attribute", "voids"),
        ({"reason": "x" * 201}, "invalid_attribute", "reason"),
        (
            {"data": {"context_tokens": 1, "generated_tokens": 1, "x": "y" * 201}},
            "invalid_property",
            "data.x",
        ),
        (
            {"data": {f"property number {n}": "y" * 200 for n in range(100)}},
            "event_too_large",
            "data",
        ),
    ],
)
def test_a_wrong_amendment_or_a_huge_event_is_rejected_by_name(at_noon, more, reason, field):
    _, body = at_noon.ask("POST", "/sales/usage", {"events": [an_event("a") | more]})

    [receipt] = body["receipts"]
    assert (receipt["verdict"], receipt["reason"], receipt["field"]) == ("rejected", reason, field)


def test_unmatched_events_count_once_their_customer_is_there(at_noon):
    time = "2023-11-16T12:00:00Z"
    waiting = [an_event(f"e{n}", context=3, subject="bob", time=time) for n in range(3)]
    assert report(at_noon, *waiting, an_event("odd", type="page.view")) == [
        *[("unmatched", "unknown_customer")] * 3,
        ("unmatched", "no_meter"),
    ]
    bob = {"name": "Bob", "email": "bob@example.com", "external_id": "bob"}
    assert at_noon.ask("POST", "/sales/customers", bob)[0] == 201
    at_noon.ask("POST", "/sales/subscriptions", {"customer": "bob", "plan": "team", "currency": "USD"})

    status, body = at_noon.ask("POST", f"/sales/usage/unmatched/{DAY}/replay", key="once")
    assert (status, body) == (200, {"verdicts": {"accepted": 3, "unmatched": 1}, "next": None})
    assert at_noon.ask("POST", f"/sales/usage/unmatched/{DAY}/replay", key="once")[1] == body
    assert at_noon.ask("POST", f"/sales/usage/unmatched/{DAY}/replay")[1]["verdicts"] == {"unmatched": 1}
    at_noon.settle()

    assert used(at_noon) == "9"
    assert fate(at_noon, "e1", subject="bob")["fate"] == "counted"
    assert [row["event"] for row in unmatched(at_noon)] == ["odd"]
    assert at_noon.unsettled() == set()


def test_more_unmatched_events_than_a_page_are_replayed_page_by_page(at_noon):
    report(at_noon, *(an_event(f"e{n:02}", subject="bob") for n in range(60)))
    path = f"/sales/usage/unmatched/{DAY}/replay"

    _, first = at_noon.ask("POST", path)
    _, second = at_noon.ask("POST", f"{path}?cursor={first['next']}")

    assert (first["verdicts"], second["verdicts"]) == ({"unmatched": 50}, {"unmatched": 10})
    assert second["next"] is None
    assert at_noon.ask("POST", f"{path}?cursor=abc")[1]["code"] == "cursor_invalid"


def test_a_request_of_a_hundred_strangers_is_kept_whole(at_noon):
    verdicts = report(at_noon, *(an_event(f"e{n}", subject="nobody") for n in range(100)))
    report(at_noon, an_event("one more", subject="nobody"))

    assert verdicts == [("unmatched", "unknown_customer")] * 100
    _, first = at_noon.ask("GET", f"/sales/usage/unmatched/{DAY}")
    _, second = at_noon.ask("GET", f"/sales/usage/unmatched/{DAY}?cursor={first['next']}")
    assert (len(first["events"]), len(second["events"]), second["next"]) == (100, 1, None)
    assert len({row["event"] for row in first["events"] + second["events"]}) == 101
    assert at_noon.unsettled() == set()


def test_a_large_request_is_queued_in_parts_that_a_queue_takes(at_noon):
    events = [an_event(f"e{n}", context=1) for n in range(100)]
    for event in events:
        event["data"] |= dict.fromkeys("abcdefghij", "x" * 200)

    assert {verdict for verdict, _ in report(at_noon, *events)} == {"accepted"}

    assert used(at_noon) == "100"
    assert at_noon.dead == []


@pytest.mark.parametrize(
    "path", ["/sales/usage/unmatched/yesterday", "/sales/usage/events/a?source=s&subject=x&day=5"]
)
def test_a_day_that_is_none_is_named(at_noon, path):
    status, body = at_noon.ask("GET", path)

    assert status == 422
    assert "day" in body["errors"][0]["field"]


def test_nothing_of_another_tenants_usage_is_shown(at_noon):
    report(at_noon, an_event("a", context=1), an_event("s", subject="nobody"))
    at_noon.open_tenant("ten_b")

    path = f"/sales/usage/events/a?source=acme.app&subject=ada&day={DAY}"
    assert at_noon.ask("GET", path, tenant="ten_b")[1]["fate"] == "not_yet"
    assert unmatched(at_noon, tenant="ten_b") == []


def test_a_tenant_in_wall_time_is_told_after_a_pause_and_once(sales):
    sales.open_tenant(wall=True)
    sales.now = datetime.now(UTC)
    subscribe(sales)
    for n in range(3):
        event = an_event(f"a{n}", context=10, time=sales.now.isoformat())
        assert report(sales, event) == [("accepted", None)]
    assert sales.said("UsageRolledUp.v1") == []
    [(url, _)] = [queue for name, queue in sales._consumers.items() if name == "usage"]
    waiting = boto3.client("sqs").get_queue_attributes(
        QueueUrl=url, AttributeNames=["ApproximateNumberOfMessagesDelayed"]
    )
    assert waiting["Attributes"]["ApproximateNumberOfMessagesDelayed"] == "1"

    [row] = sales.rows("HEAD", table="USAGE_TABLE_NAME")
    command = {"customers": [row["pk"].rpartition("/")[2]]}
    frame = message("sales", "RollUpUsage.v1", command, subject="tenant/ten_a", at=sales.now)
    sales.put_on_queue("usage", frame)
    sales.settle()

    assert [said["used"] for said in sales.said("UsageRolledUp.v1")] == [{"context_tokens": "30"}]
    assert sales.dead == []

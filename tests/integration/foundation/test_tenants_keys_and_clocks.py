import importlib
import json
from datetime import UTC, datetime

import boto3
import pytest

from tests.integration.world import World, message

ENTITY = {"key": "main", "name": "Acme AG", "country": "CH", "currency": "CHF"}
NOVEMBER, DECEMBER, JANUARY = (
    datetime(2023, 11, 1, tzinfo=UTC),
    datetime(2023, 12, 1, tzinfo=UTC),
    datetime(2024, 1, 1, tzinfo=UTC),
)


def invoke(name, event):
    return importlib.import_module(f"foundation.handlers.{name}").handler(event, None)


def open_tenant(tenant="ten_a", **more):
    return invoke(
        "admin",
        {
            "command": "create_tenant",
            "tenant": tenant,
            "name": "Acme",
            "sandbox": True,
            "clock_now": "2023-11-01T00:00:00Z",
            "legal_entities": [ENTITY],
            **more,
        },
    )


def authorize(token):
    return invoke("authorize", {"headers": {"authorization": f"Bearer {token}"}})


@pytest.fixture
def world(monkeypatch):
    monkeypatch.setenv("SUBSYSTEMS", "foundation sales")
    monkeypatch.setenv("ARCHIVE_BUCKET", "archive")
    boto3.client("s3").create_bucket(Bucket="archive")
    return World("foundation", queues={})


def test_a_first_key_opens_the_door_in_the_tenants_time(world):
    token = open_tenant()["token"]

    answer = authorize(token)

    assert answer["isAuthorized"] is True
    assert {name: answer["context"][name] for name in ("tenant", "scopes", "clock", "now")} == {
        "tenant": "ten_a",
        "scopes": "*",
        "clock": "clk_a",
        "now": "2023-11-01T00:00:00+00:00",
    }


def test_every_wrong_token_is_refused_alike(world):
    token = open_tenant()["token"]
    forged = token[:25] + ("0" if token[25] != "0" else "1") + token[26:]

    answers = [authorize(text) for text in ("", "nonsense", forged, token.upper(), token + "0")]
    answers.append(invoke("authorize", {"headers": {"authorization": token}}))
    answers.append(invoke("authorize", {}))

    assert answers == [{"isAuthorized": False}] * 7


def test_no_token_stands_in_the_table(world):
    token = open_tenant()["token"]

    assert token not in json.dumps(world.rows(), default=str)
    assert token[25:65] not in json.dumps(world.rows(), default=str)


def test_a_tenant_is_opened_once(world):
    assert open_tenant()["ok"]
    assert open_tenant()["code"] == "tenant_exists"


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"tenant": "Acme#1"}, "invalid_tenant"),
        ({"sandbox": False}, "clock_outside_sandbox"),
        ({"legal_entities": []}, "missing_field"),
        ({"legal_entities": [ENTITY, ENTITY]}, "key_taken"),
        ({"legal_entities": [{**ENTITY, "currency": "ZZZ"}]}, "unknown_currency"),
        ({"colour": "red"}, "invalid"),
        ({"name": "Acme\r\n"}, "invalid"),
        ({"legal_entities": [{**ENTITY, "tax_rate": {"standard": "8.1"}}]}, "invalid"),
    ],
)
def test_a_tenant_that_makes_no_sense_is_refused(world, change, code):
    answer = open_tenant(**change)

    assert (answer["ok"], answer["code"]) == (False, code)
    assert world.rows("TENANT") == []


def test_a_key_can_be_narrowed_expires_and_is_revoked_for_its_own_tenant_only(world):
    open_tenant()
    open_tenant("ten_b")
    _, made = world.call("POST", "/foundation/keys", {"name": "read", "scopes": ["sales:read"]})
    assert authorize(made["token"])["context"]["scopes"] == "sales:read"

    past = {"name": "old", "scopes": ["sales:read"], "expires_at": "2020-01-01T00:00:00Z"}
    assert world.call("POST", "/foundation/keys", past)[1]["code"] == "expires_in_the_past"
    more = {"name": "more", "scopes": ["sales:write"]}
    status, body = world.call("POST", "/foundation/keys", more, scopes="keys:write sales:read")
    assert (status, body["code"]) == (403, "scope_missing")

    assert world.call("DELETE", f"/foundation/keys/{made['id']}", tenant="ten_b")[0] == 404
    assert authorize(made["token"])["isAuthorized"]
    assert world.call("DELETE", f"/foundation/keys/{made['id']}")[0] == 200
    assert not authorize(made["token"])["isAuthorized"]


def test_a_source_belongs_to_one_tenant(world):
    open_tenant()
    open_tenant("ten_b")

    assert world.call("POST", "/foundation/sources", {"source": "acme.app"})[0] == 201
    status, body = world.call("POST", "/foundation/sources", {"source": "acme.app"}, tenant="ten_b")
    assert (status, body["code"]) == (422, "source_taken")


class Clock:
    """A clock, and a stand-in for sales that leaves receipts as its handlers do."""

    def __init__(self, world):
        self.world = world
        self.now = NOVEMBER
        open_tenant()
        world.settle()

    def ask(self, method, path, body=None):
        return self.world.call(method, path, body, now=self.now, clock="clk_a")

    def settle(self):
        """Let everything on the bus arrive, foundation's own receipts among it."""
        self.world.settle()

    def receive(self, receipt, *, source="sales", about):
        data = {"emitted": [], "awaited": [], "resolved": [], "due": [], **receipt}
        said = message(source, "WorkDone.v1", data, subject="clock/clk_a", clock="clk_a", id_=f"evt_{about}")
        self.world.hear(said)
        self.world.settle()

    def sales_did(self, event, about, **more):
        receipt = {"clock": "clk_a", "consumer": "sales.on_foundation_events", "message": event, **more}
        self.receive(receipt, about=about)

    def steps(self):
        return [(e["id"], e["data"]["now"]) for e in self.world.events if e["type"] == "ClockAdvanced.v1"]

    def state(self):
        return self.ask("GET", "/foundation/clock")[1]


def test_a_clock_steps_through_what_becomes_due_and_never_before_all_has_settled(world):
    clock = Clock(world)
    [opened] = [e["id"] for e in world.events if e["type"] == "TenantChanged.v1"]
    subscription = {"key": "sub_1", "version": 1, "at": "2023-12-01T00:00:00Z"}

    # somebody subscribed: work is due on 1 December; the tenant's event is still under way
    clock.receive({"clock": "clk_a", "consumer": "outside", "due": [subscription]}, about="r0")
    assert clock.ask("POST", "/foundation/clock/advance", {"to": "2024-01-01T00:00:00Z"})[0] == 202
    clock.settle()
    assert clock.steps() == []
    assert clock.state()["open"] == [f"{opened} at sales.on_foundation_events"]

    # sales has heard of the tenant: now the clock steps, to December and no further
    clock.sales_did(opened, "r1")
    [(first, at)] = clock.steps()
    assert at == "2023-12-01T00:00:00Z"

    # a child's receipt overtakes its parent's: still one message is under way
    worked = {"clock": "clk_a", "consumer": "sales.work", "message": "cmd_1"}
    renewed = {"key": "sub_1", "version": 2, "at": "2024-02-01T00:00:00Z"}
    clock.receive({**worked, "due": [renewed]}, about="r2")
    assert len(clock.steps()) == 1
    emitted = [{"id": "cmd_1", "type": "WorkDue.v1", "consumer": "sales.work"}]
    clock.sales_did(first, "r3", emitted=emitted)
    assert [at for _, at in clock.steps()] == ["2023-12-01T00:00:00Z", "2024-01-01T00:00:00Z"]

    # a receipt that comes twice changes nothing; an old due instant does not come back
    clock.receive({**worked, "due": [subscription]}, about="r2")
    clock.receive({"clock": "clk_a", "consumer": "outside", "due": [subscription]}, about="r4")

    clock.sales_did(clock.steps()[1][0], "r5")
    state = clock.state()
    assert (state["status"], state["now"], state["step"]) == ("idle", "2024-01-01T00:00:00+00:00", 2)
    assert state["due"] == [{"key": "sales#sub_1", "at": "2024-02-01T00:00:00+00:00"}]


def test_a_provider_call_is_open_until_its_outcome_is_applied(world):
    clock = Clock(world)
    [opened] = [e["id"] for e in world.events if e["type"] == "TenantChanged.v1"]
    clock.settle()
    clock.sales_did(opened, "r1")
    clock.receive({"clock": "clk_a", "consumer": "outside", "awaited": ["pay_1"]}, about="r2")

    clock.ask("POST", "/foundation/clock/advance", {"to": "2023-12-01T00:00:00Z"})
    clock.settle()
    assert clock.state()["open"] == ["pay_1 at outcome"]

    clock.receive({"clock": "clk_a", "consumer": "outside", "resolved": ["pay_1"]}, about="r3")
    assert [at for _, at in clock.steps()] == ["2023-12-01T00:00:00Z"]


def test_a_dead_letter_fails_the_advance_by_name(world):
    clock = Clock(world)
    data = {
        "clock": "clk_a",
        "consumer": "sales.work",
        "message": "cmd_1",
        "type": "WorkDue.v1",
        "reason": "RuleError: unknown_plan",
    }
    world.hear(message("sales", "WorkFailed.v1", data, subject="subscription/sub_1", clock="clk_a"))
    world.settle()

    state = clock.state()
    assert state["status"] == "failed"
    assert state["failure"] == "sales.work could not handle WorkDue.v1 cmd_1: RuleError: unknown_plan"


def test_a_clock_does_not_go_back_and_is_not_asked_twice(world):
    clock = Clock(world)

    back = clock.ask("POST", "/foundation/clock/advance", {"to": "2023-10-01T00:00:00Z"})
    assert (back[0], back[1]["code"]) == (422, "clock_backwards")
    assert clock.ask("POST", "/foundation/clock/advance", {"to": "2023-12-01T00:00:00Z"})[0] == 202
    again = clock.ask("POST", "/foundation/clock/advance", {"to": "2024-01-01T00:00:00Z"})
    assert (again[0], again[1]["code"]) == (422, "clock_advancing")


def test_a_tenant_in_wall_time_has_no_clock(world):
    open_tenant("ten_live", sandbox=False, clock_now=None)

    status, body = world.call("GET", "/foundation/clock", tenant="ten_live")
    assert (status, body["code"]) == (404, "no_clock")


def test_a_receipt_that_nobody_can_read_holds_no_clock_up(world):
    clock = Clock(world)
    receipt = {
        "clock": "clk_a",
        "consumer": "outside",
        "emitted": [],
        "awaited": [],
        "resolved": [],
        "due": [],
    }
    good = message("sales", "WorkDone.v1", receipt, subject="clock/clk_a", clock="clk_a", id_="evt_good")
    bodies = ["{", json.dumps(good)]
    records = [
        {
            "messageId": f"m{n}",
            "receiptHandle": "r",
            "body": body,
            "attributes": {"ApproximateReceiveCount": "1"},
        }
        for n, body in enumerate(bodies)
    ]

    assert invoke("on_receipts", {"Records": records}) == {"batchItemFailures": []}
    assert clock.state()["status"] == "idle"

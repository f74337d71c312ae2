"""Who changed what, when and why: read back as an auditor would."""

import json
from datetime import UTC, datetime

import pytest

from billing.aws.wall import wall_now
from tests.integration.foundation.test_tenants_keys_and_clocks import open_tenant
from tests.integration.sales.conftest import Sales, a_catalogue
from tests.integration.world import World

START = "2023-11-01T00:00:00Z"


@pytest.fixture
def sales():
    sales = Sales()
    sales.open_tenant()
    sales.ask("POST", "/sales/catalogue", {"catalogue": a_catalogue()})
    sales.ask(
        "POST", "/sales/customers", {"name": "Ada Byron", "email": "ada@example.com", "external_id": "ada"}
    )
    body = {"customer": "ada", "plan": "free", "currency": "USD"}
    sales.subscription = sales.ask("POST", "/sales/subscriptions", body)[1]["subscription"]
    sales.settle()
    return sales


def entries(world, subsystem="sales", **more):
    day = wall_now().date().isoformat()
    status, page = world.call("GET", f"/{subsystem}/audit?day={day}", **more)
    assert status == 200, page
    return page["entries"]


def test_a_write_tells_who_what_why_before_and_after(sales):
    path = f"/sales/subscriptions/{sales.subscription}/cancel"
    sales.ask("POST", path, headers={"audit-reason": "asked by phone"})

    entry = entries(sales)[-1]
    assert (entry["what"], entry["why"], entry["time"]) == (f"POST {path}", "asked by phone", START)
    assert (entry["actor"], entry["request"]) == ("key/key_1", f"req-{sales._requests - 1}")
    [change] = [c for c in entry["changes"] if c["what"] == "subscription"]
    assert change["subject"] == f"subscription/{sales.subscription}"
    found = {field["field"]: (field.get("before"), field.get("after")) for field in change["fields"]}
    assert found["data.status"] == ("active", "canceling")
    assert "data.plan" not in found


def test_personal_data_is_told_by_its_field_alone(sales):
    changed = {"name": "Ada Lovelace", "email": "ada@lovelace.example", "external_id": "ada", "locale": "fr"}
    sales.ask("PUT", "/sales/customers/ada", changed)

    found = entries(sales)
    [change] = found[-1]["changes"]
    shown = [(field["field"], field["hidden"], field.get("after")) for field in change["fields"]]
    assert shown == [("email", True, None), ("locale", False, "fr"), ("name", True, None)]
    for word in ("Ada", "Byron", "Lovelace", "example"):
        assert word not in json.dumps(found)


def test_only_what_was_committed_is_told_and_once(sales):
    before = len(entries(sales))
    body = {"name": "Bo", "email": "bo@example.com", "external_id": "bo"}

    assert sales.ask("POST", "/sales/customers", {**body, "email": "no address"})[0] == 422
    assert sales.ask("POST", "/sales/customers", body, key="same")[0] == 201
    assert sales.ask("POST", "/sales/customers", body, key="same")[0] == 201
    assert sales.ask("POST", "/sales/customers", body, key="other")[0] == 422

    assert len(entries(sales)) == before + 1


def test_the_trail_of_another_tenant_is_not_seen_and_wants_its_scope(sales):
    assert entries(sales, tenant="ten_b") == []
    status, body = sales.call("GET", "/sales/audit?day=2026-01-01", scopes="sales:read")
    assert (status, body["detail"]) == (403, "needs the scope audit:read")


def test_a_day_is_read_page_by_page(sales):
    for n in range(52):
        sales.ask(
            "POST", "/sales/customers", {"name": "Bo", "email": "bo@example.com", "external_id": f"bo{n}"}
        )
    day = wall_now().date().isoformat()

    _, first = sales.call("GET", f"/sales/audit?day={day}")
    _, second = sales.call("GET", f"/sales/audit?day={day}&cursor={first['next']}")

    assert (len(first["entries"]), len(second["entries"])) == (50, 5)
    assert second["entries"][-1]["changes"][0]["fields"][1]["after"] == "bo51"
    assert "next" not in second or second["next"] is None


@pytest.mark.parametrize("day", ["yesterday", "2026-13-01", "20260101"])
def test_a_day_that_is_none_is_refused_by_name(sales, day):
    status, body = sales.call("GET", f"/sales/audit?day={day}")

    assert (status, body["errors"][0]["field"]) == (422, "query.day")


def test_a_reason_is_a_short_line(sales):
    body = {"name": "Bo", "email": "bo@example.com"}
    status, answer = sales.ask("POST", "/sales/customers", body, headers={"audit-reason": "x" * 201})

    assert (status, answer["code"]) == (400, "audit_reason_invalid")


def test_an_operators_command_is_told_without_the_secret_it_made(monkeypatch):
    monkeypatch.setenv("SUBSYSTEMS", "foundation")
    world = World("foundation", queues={})
    token = open_tenant(reason="first customer")["token"]

    [entry] = entries(world, "foundation")
    assert (entry["actor"], entry["what"], entry["why"]) == (
        "operator",
        "admin create_tenant",
        "first customer",
    )
    key = next(change for change in entry["changes"] if change["what"] == "key")
    assert ("digest", True, None) in [(f["field"], f["hidden"], f["after"]) for f in key["fields"]]
    assert token[26:66] not in json.dumps(entry)
    assert datetime.fromisoformat(entry["at"]).tzinfo == UTC

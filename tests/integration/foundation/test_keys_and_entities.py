"""What a tenant asks of foundation: keys told once and listed by pages, entities that can issue invoices."""

import json

import boto3
import pytest

from tests.integration.foundation.test_tenants_keys_and_clocks import ENTITY, NOVEMBER, authorize, open_tenant
from tests.integration.world import World


@pytest.fixture
def world(monkeypatch):
    monkeypatch.setenv("SUBSYSTEMS", "foundation")
    monkeypatch.setenv("ARCHIVE_BUCKET", "archive")
    boto3.client("s3").create_bucket(Bucket="archive")
    return World("foundation", queues={})


def test_a_token_made_through_the_api_is_in_its_first_answer_and_nowhere_else(world):
    open_tenant()
    body = {"name": "product", "scopes": ["access:check"]}

    _, made = world.call("POST", "/foundation/keys", body, key="product-key")
    _, again = world.call("POST", "/foundation/keys", body, key="product-key")

    assert authorize(made["token"])["isAuthorized"]
    assert made["token"] not in json.dumps(world.rows(), default=str)
    assert again == made | {"token": None}


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"tax_rate": {"standard": "8.1"}}, "body.tax_rate"),
        ({"key": "grün"}, "body.key"),
        ({"name": "Acme\x00"}, "body.name"),
        ({"country": "Switzerland"}, "body.country"),
        ({"invoice_prefix": "INV #"}, "body.invoice_prefix"),
        ({"payment_days": 99_999_999_999}, "body.payment_days"),
        ({"payment_days": -1}, "body.payment_days"),
        ({"overdue_days": "3"}, "body.overdue_days"),
        ({"tax_rates": {"standard": "100.1"}}, "body.tax_rates.standard"),
        ({"tax_rates": {"standard": "-1"}}, "body.tax_rates.standard"),
        ({"zone": "Mars/Olympus"}, "zone"),
    ],
)
def test_an_entity_that_could_not_issue_an_invoice_is_refused_by_its_field(world, change, field):
    open_tenant()

    status, body = world.call("PUT", "/foundation/legal-entities", {**ENTITY, **change})

    assert (status, [error["field"] for error in body["errors"]]) == (422, [field])


def test_a_changed_entity_keeps_its_place_the_first_one_sells_by_default(world):
    open_tenant()
    branch = {**ENTITY, "key": "branch", "name": "Acme GmbH", "country": "DE", "currency": "EUR"}

    world.call("PUT", "/foundation/legal-entities", branch)
    _, changed = world.call("PUT", "/foundation/legal-entities", {**ENTITY, "payment_days": 30})

    assert [(e["key"], e["payment_days"]) for e in changed["legal_entities"]] == [("main", 30), ("branch", 0)]


@pytest.mark.parametrize("text", ["9999-12-31T23:59:59-12:00", "0001-01-01T00:00:00+14:00"])
def test_an_instant_beyond_the_calendar_is_refused(world, text):
    open_tenant()

    status, body = world.call("POST", "/foundation/clock/advance", {"to": text}, now=NOVEMBER, clock="clk_a")

    assert (status, body["errors"][0]["field"]) == (422, "body.to")


def test_keys_are_listed_page_by_page_without_their_secrets(world):
    open_tenant()
    for n in range(52):
        world.call("POST", "/foundation/keys", {"name": f"key {n}", "scopes": ["sales:read"]})

    _, first = world.call("GET", "/foundation/keys")
    _, second = world.call("GET", f"/foundation/keys?cursor={first['next']}")

    assert (len(first["keys"]), len(second["keys"]), second["next"]) == (50, 3, None)
    assert {key["token"] for key in first["keys"]} == {None}

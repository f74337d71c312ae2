"""Every handler dies before and after each of its calls: every notice ends as it should, mailed once.

Only a death between the mail and its mark may mail once more: that is what at least once means.
"""

import json
from datetime import UTC, datetime, timedelta

import pytest
from moto.ses.models import ses_backends

from messaging import sending
from tests.integration.messaging.conftest import (
    Messaging,
    customer,
    denied,
    failed,
    finalized,
    method,
    paid,
    plan,
    seller,
    started,
)
from tests.integration.test_crash_points import a_fresh_cloud, plans
from tests.integration.world import ACCOUNT

NOW = datetime.now(UTC)
API = "https://api.acme.example"


def play(wire):
    """A welcome, an invoice, a failed payment, a receipt, an offer, and what the API writes."""
    world = Messaging(wire)
    world.tell(seller(), customer(), plan(), started(recorded=NOW, clock="clk_a"))
    world.tell(method(), finalized(recorded=NOW, clock="clk_a"))
    world.tell(failed(recorded=NOW), denied(recorded=NOW, clock="clk_a"))
    world.tell(paid(recorded=NOW))
    world.call("PUT", "/messaging/customers/cus_ada/preferences", {"offers": False})
    body = {"address": "eve@example.com", "cause": "bounce"}
    _, suppressed = world.call("POST", "/messaging/suppressions", body)
    world.call("DELETE", f"/messaging/suppressions/{suppressed['id']}")
    [welcome] = [notice for notice in notices(world) if notice[1] == "welcome"]
    world.call("POST", f"/messaging/notices/{welcome[0]}/resend")
    world.settle()
    world.tick()
    return world


def notices(world):
    stored = [row["data"] for row in world.rows("NOTICE") if row["sk"] == "NOTICE"]
    return sorted((data["id"], data["template"], data["status"], data.get("reason")) for data in stored)


def outcome(world):
    """Everything that must not depend on who died when."""
    rows = [row for row in world.rows() if row["sk"] not in {"NOTICE", "UNSUBSCRIBE"}]
    assert not [row for row in rows if row["sk"].startswith("OUTBOX#")]
    kept = {f"{row['pk']} {row['sk']}" for row in rows if not row["sk"].startswith(("ANSWER", "AUDIT#"))}
    events = sorted((event["id"], json.dumps(event["data"])) for event in world.events)
    return {
        "notices": notices(world),
        "rows": kept,
        "said": sorted(set(events)),
        "dead": world.dead,
        "open": {key for key in world.unsettled() if key[1] != "messaging.on_billing_events"},
    }


def mails():
    return len(ses_backends[ACCOUNT]["us-east-1"].sent_messages)


@pytest.fixture(autouse=True)
def at_once(monkeypatch):
    """A message comes again after its lease."""
    monkeypatch.setattr(sending, "LEASE", timedelta(0))
    monkeypatch.setenv("SENDER", "")
    monkeypatch.setenv("PUBLIC_URL", API)


def test_whoever_dies_every_notice_ends_as_it_should():
    with a_fresh_cloud() as wire:
        expected = outcome(play(wire))
        calls, sent = wire.calls, mails()
    assert (sent, expected["dead"], expected["open"]) == (6, [], set())
    assert {notice[2] for notice in expected["notices"]} == {"sent"}
    for planned in plans(calls):
        with a_fresh_cloud() as wire:
            for who, (number, fault) in planned.items():
                wire.strike(who, number, fault)
            found, now = outcome(play(wire)), mails()
        assert len(wire.struck) == len(planned)
        for part, value in expected.items():
            assert found[part] == value, f"{part} differs after: {', '.join(wire.struck)}"
        assert sent <= now <= sent + 1, wire.struck

"""An invoice stays unpaid: access ends after the grace, and payment brings it back."""

from datetime import UTC, datetime, timedelta

import pytest

from tests.integration.access.test_access import ADA, NOVEMBER, check, hear, plan, subscription
from tests.integration.world import World, message

OVERDUE = datetime(2023, 11, 5, tzinfo=UTC)
TWELFTH = datetime(2023, 11, 12, tzinfo=UTC)


def invoice(type_, *, at=OVERDUE, **more):
    part = {
        "invoice": "inv_1",
        "customer": ADA,
        "legal_entity": "main",
        "currency": "USD",
        "number": "INV-000001",
        "total_minor": 4900,
        "due_minor": 4900,
        "due_at": "2023-11-01T00:00:00Z",
    }
    data = {"invoice": part, **more}
    return message("sales", type_, data, subject="invoice/inv_1", at=at, clock="clk_a", id_=f"evt_{type_}")


def advance(world, to, step=1):
    data = {"clock": "clk_a", "now": to.isoformat(), "step": step}
    hear(
        world,
        message(
            "foundation", "ClockAdvanced.v1", data, subject="clock/clk_a", sequence=step, at=to, clock="clk_a"
        ),
    )


@pytest.fixture
def world():
    world = World("access", queues={"work": "work"})
    hear(world, plan(), subscription())
    return world


def test_an_unpaid_invoice_ends_access_after_the_grace_and_payment_restores_it(world):
    hear(world, invoice("InvoiceOverdue.v1"))

    # the decision knows the instant; the event follows the clock
    assert check(world, at=TWELFTH - timedelta(seconds=1))["allowed"]
    assert check(world, at=TWELFTH)["reason"] == "restricted"
    assert world.said("AccessRestricted.v1") == []
    advance(world, TWELFTH)
    assert [(said["customer"], said["invoice"]) for said in world.said("AccessRestricted.v1")] == [
        (ADA, "inv_1")
    ]

    hear(world, invoice("InvoicePaid.v1", at=TWELFTH))

    assert check(world, at=TWELFTH)["allowed"]
    assert [said["invoice"] for said in world.said("AccessRestored.v1")] == ["inv_1"]
    assert world.dead == []


def test_a_payment_within_the_grace_leaves_no_trace(world):
    hear(world, invoice("InvoiceOverdue.v1"), invoice("InvoicePaid.v1"))
    advance(world, TWELFTH)

    assert check(world, at=TWELFTH)["allowed"]
    assert world.said("AccessRestricted.v1") == []
    assert world.said("AccessRestored.v1") == []


def test_a_payment_heard_before_the_overdue_invoice_counts(world):
    hear(world, invoice("InvoicePaid.v1"))
    hear(world, invoice("InvoiceOverdue.v1"))

    assert check(world, at=TWELFTH)["allowed"]


def test_told_twice_it_restricts_once(world):
    hear(world, invoice("InvoiceOverdue.v1"), invoice("InvoiceOverdue.v1") | {"id": "evt_other"})
    advance(world, TWELFTH)
    advance(world, TWELFTH + timedelta(days=1), step=2)

    assert len(world.said("AccessRestricted.v1")) == 1


def test_every_receipt_of_a_restriction_adds_up(world):
    hear(world, invoice("InvoiceOverdue.v1"))
    advance(world, TWELFTH)

    foreign = {"evt_InvoiceOverdue.v1", "evt_ClockAdvanced.v1_clock/clk_a_1"}  # their senders are not here
    assert {message for message, _ in world.unsettled()} == foreign


def test_the_policy_is_the_sellers(world):
    never = {"after_days": None, "keeps": []}
    assert world.call("PUT", "/access/policy", never, now=NOVEMBER) == (200, never)
    assert world.call("GET", "/access/policy", now=NOVEMBER) == (200, never)
    hear(world, invoice("InvoiceOverdue.v1"))

    assert check(world, at=TWELFTH + timedelta(days=300))["reason"] != "restricted"


def test_a_policy_that_makes_no_sense_is_refused(world):
    status, body = world.call("PUT", "/access/policy", {"after_days": -1}, now=NOVEMBER)

    assert (status, body["errors"][0]["field"]) == (422, "body.after_days")


def test_what_the_policy_keeps_stays_usable(world):
    world.call("PUT", "/access/policy", {"after_days": 0, "keeps": ["completions"]}, now=NOVEMBER)
    hear(world, invoice("InvoiceOverdue.v1"))

    assert check(world, at=OVERDUE)["allowed"]


def test_an_instalment_that_is_paid_brings_access_back_until_another_is_late(world):
    hear(world, invoice("InvoiceOverdue.v1"))
    advance(world, TWELFTH)
    assert check(world, at=TWELFTH)["reason"] == "restricted"

    hear(world, invoice("InvoiceCaughtUp.v1", at=TWELFTH))

    assert check(world, at=TWELFTH)["allowed"]
    assert [said["invoice"] for said in world.said("AccessRestored.v1")] == ["inv_1"]

    # what was overdue before and is heard late changes nothing; the next instalment does
    december = TWELFTH + timedelta(days=30)
    hear(world, invoice("InvoiceOverdue.v1") | {"id": "evt_heard_late"})
    assert check(world, at=december + timedelta(days=7))["allowed"]
    hear(world, invoice("InvoiceOverdue.v1", at=december) | {"id": "evt_next"})
    hear(world, invoice("InvoiceCaughtUp.v1", at=TWELFTH) | {"id": "evt_caught_up_late"})
    assert check(world, at=december + timedelta(days=7))["reason"] == "restricted"
    assert world.dead == []

"""An invoice in three instalments: 21.26 each, on the 1st of November, December and January."""

from datetime import timedelta

import pytest

from billing.core.payment import AttemptStatus, Reason
from tests.integration.payments.conftest import NOVEMBER, Payments
from tests.integration.payments.test_crash_points import compared, differing
from tests.integration.payments.test_dunning import said
from tests.integration.payments.test_holds import held, hold
from tests.integration.test_crash_points import a_fresh_cloud, plans
from tests.integration.world import message

DECEMBER, JANUARY = 30, 61  # days from the 1st of November
PARTS = [
    {"due_at": "2023-11-01T00:00:00Z", "amount_minor": 2126},
    {"due_at": "2023-12-01T00:00:00Z", "amount_minor": 2126},
    {"due_at": "2024-01-01T00:00:00Z", "amount_minor": 2126},
]


def day(number):
    return NOVEMBER + timedelta(days=number)


def finalize(payments, **more):
    payments.finalize(instalments=PARTS, due_at=PARTS[-1]["due_at"], **more)


def tried(payments):
    """Day, amount and outcome of every attempt."""
    return [
        (a["created_at"][5:10], a["amount"]["minor"], a["status"]) for a in payments.collection()["attempts"]
    ]


def overdue(payments, *, accelerated):
    part = {
        "invoice": "inv_1",
        "customer": "cus_ada",
        "legal_entity": "main",
        "currency": "USD",
        "number": "INV-inv_1",
        "total_minor": 6378,
        "due_minor": 6378,
        "due_at": PARTS[-1]["due_at"],
        "instalments": PARTS,
    }
    data = {"invoice": part, "late_minor": 2126, "accelerated": accelerated}
    told = message(
        "sales", "InvoiceOverdue.v1", data, subject="invoice/inv_1", at=payments.now, clock="clk_a"
    )
    payments.hear(told)
    payments.settle()


def test_each_is_collected_on_its_date(payments):
    payments.save_card()
    finalize(payments)

    assert tried(payments) == [("11-01", 2126, "succeeded")]
    shown = payments.collection()
    assert (shown["status"], shown["due_now"]["minor"], shown["received"]["minor"]) == ("open", 0, 2126)
    assert [part["due"]["minor"] for part in shown["instalments"]] == [0, 2126, 2126]

    payments.advance(day(DECEMBER) - timedelta(seconds=1))
    assert len(tried(payments)) == 1
    payments.advance(day(DECEMBER))
    payments.advance(day(JANUARY))
    payments.advance(day(JANUARY + 40))

    assert tried(payments) == [
        ("11-01", 2126, "succeeded"),
        ("12-01", 2126, "succeeded"),
        ("01-01", 2126, "succeeded"),
    ]
    assert payments.collection()["status"] == "collected"
    assert payments.balances() == {"provider_clearing": 6378, "collections": -6378}
    assert [line.amount.minor for line in payments.provider.charges()] == [2126, 2126, 2126]
    assert payments.dead == []


def test_one_that_fails_is_retried_and_its_schedule_ends_with_it(payments):
    payments.save_card()
    finalize(payments)
    payments.provider.broke = True
    payments.advance(day(DECEMBER))
    payments.advance(day(DECEMBER + 1))
    assert payments.collection()["next_step_at"] == "2023-12-04T00:00:00Z"

    payments.provider.broke = False
    payments.advance(day(DECEMBER + 3))
    assert payments.collection()["next_step_at"] is None
    for number in (4, 7, 10, 14, 21, 30):
        payments.advance(day(DECEMBER + number))
    payments.provider.broke = True
    payments.advance(day(JANUARY))
    payments.advance(day(JANUARY + 1))

    assert tried(payments) == [
        ("11-01", 2126, "succeeded"),
        ("12-01", 2126, "failed"),
        ("12-02", 2126, "failed"),
        ("12-04", 2126, "succeeded"),
        ("01-01", 2126, "failed"),
        ("01-02", 2126, "failed"),
    ]
    assert said(payments) == []


def test_the_next_goes_on_at_its_date_with_what_failed_before_it(payments):
    payments.save_card()
    finalize(payments)
    payments.provider.broke = True
    for number in (0, 1, 3, 4, 7, 10, 14, 21, 30):
        payments.advance(day(DECEMBER + number))
    payments.provider.broke = False
    payments.advance(day(JANUARY))

    assert tried(payments)[-1] == ("01-01", 4252, "succeeded")
    assert [step[1] for step in said(payments)] == ["remind", "remind", "cancel_subscription", "write_off"]
    assert payments.said("DunningStepDue.v1")[0]["amount_minor"] == 2126
    assert [e["amount_minor"] for e in payments.said("PaymentRetriesExhausted.v1")] == [2126]
    assert payments.collection()["status"] == "collected"


def test_a_retry_and_the_next_instalment_at_one_instant_are_one_attempt(payments):
    status, _ = payments.ask("PUT", "/payments/dunning", {"steps": [{"day": 31, "action": "retry"}]})
    assert status == 200
    payments.save_card()
    finalize(payments)
    payments.provider.broke = True
    payments.advance(day(DECEMBER))
    payments.advance(day(JANUARY))
    payments.advance(day(JANUARY + 1))

    assert tried(payments)[1:] == [("12-01", 2126, "failed"), ("01-01", 4252, "failed")]


def test_the_last_step_and_the_next_instalment_at_one_instant_are_both_done(payments):
    finalize(payments)  # nobody pays: the schedule of the first one ends on the second one's day
    for number in (1, 3, 4, 7, 10, 14, 21, DECEMBER):
        payments.advance(day(number))

    assert [step[1] for step in said(payments)] == ["remind", "remind", "cancel_subscription", "write_off"]
    payments.advance(day(JANUARY))
    assert payments.dead == []


def test_a_card_saved_late_is_charged_what_is_due_by_then_at_once_and_once(payments):
    finalize(payments)
    assert payments.collection()["next_step_at"] == "2023-11-02T00:00:00Z"
    payments.advance(day(DECEMBER + 4))

    payments.save_card()
    payments.save_card("pm_another")

    assert tried(payments) == [("12-05", 4252, "succeeded")]
    payments.advance(day(JANUARY))
    assert tried(payments)[1:] == [("01-01", 2126, "succeeded")]
    assert payments.balances() == {"provider_clearing": 6378, "collections": -6378}


def test_a_card_that_is_gone_for_good_is_not_tried_at_the_next_date(payments):
    payments.save_card("pm_3ds_1")
    finalize(payments)
    payments.deliver(payments.provider.becomes("pi_1", AttemptStatus.FAILED, reason=Reason.LOST_OR_STOLEN))
    payments.settle()

    payments.advance(day(DECEMBER))

    assert tried(payments) == [("11-01", 2126, "failed")]
    payments.save_card("pm_visa")
    assert tried(payments)[1:] == [("12-01", 4252, "succeeded")]


def test_who_did_not_confirm_the_last_is_asked_anew_for_both(payments):
    payments.save_card("pm_3ds_1")
    finalize(payments)

    payments.advance(day(DECEMBER))

    assert tried(payments) == [("11-01", 2126, "canceled"), ("12-01", 4252, "requires_action")]


def test_one_that_comes_due_while_another_is_pending_follows_it(payments):
    payments.save_card("pm_slow_1")
    finalize(payments)
    payments.advance(day(DECEMBER))
    assert tried(payments) == [("11-01", 2126, "pending")]

    payments.deliver(payments.provider.becomes("pi_1", AttemptStatus.SUCCEEDED))
    payments.settle()

    assert tried(payments) == [("11-01", 2126, "succeeded"), ("12-01", 2126, "pending")]


def test_an_answer_that_is_lost_is_found_and_never_charged_twice(payments):
    payments.save_card()
    finalize(payments)
    payments.provider.faults = ["lost"]
    payments.advance(day(DECEMBER))
    assert tried(payments)[1:] == [("12-01", 2126, "unknown")]
    payments.advance(day(JANUARY))

    payments.later(minutes=2)

    assert tried(payments)[1:] == [("12-01", 2126, "succeeded"), ("01-01", 2126, "succeeded")]
    assert [line.amount.minor for line in payments.provider.charges()] == [2126, 2126, 2126]


def test_a_credit_note_lowers_the_last_ones(payments):
    payments.save_card()
    finalize(payments)
    hold(payments)
    assert held(payments) == ["crn_1"]
    payments.advance(day(DECEMBER))
    assert len(tried(payments)) == 1  # held

    payments.issue(applied=3000)

    assert tried(payments)[1:] == [("12-01", 1252, "succeeded")]
    payments.advance(day(JANUARY))
    assert len(tried(payments)) == 2
    assert payments.collection()["status"] == "collected"


def test_balance_that_paid_when_it_was_issued_paid_the_earliest(payments):
    payments.save_card()
    payments.finalize(instalments=PARTS, due_at=PARTS[-1]["due_at"], due_minor=4000)
    assert tried(payments) == []

    payments.advance(day(DECEMBER))
    payments.advance(day(JANUARY))

    assert tried(payments) == [("12-01", 1874, "succeeded"), ("01-01", 2126, "succeeded")]


def test_acceleration_asks_for_all_that_is_left(payments):
    payments.save_card()
    finalize(payments)
    payments.provider.broke = True
    payments.advance(day(DECEMBER))
    payments.advance(day(DECEMBER + 1))
    overdue(payments, accelerated=True)
    payments.provider.broke = False
    payments.advance(day(DECEMBER + 3))
    payments.advance(day(JANUARY))

    assert tried(payments)[1:] == [
        ("12-01", 2126, "failed"),
        ("12-02", 2126, "failed"),
        ("12-02", 4252, "failed"),
        ("12-04", 4252, "succeeded"),
    ]
    assert payments.collection()["status"] == "collected"


def test_without_acceleration_the_others_keep_their_dates(payments):
    finalize(payments)
    payments.advance(day(4))
    overdue(payments, accelerated=False)

    payments.save_card()

    assert tried(payments) == [("11-05", 2126, "succeeded")]


def test_all_can_be_paid_ahead(payments):
    payments.save_card()
    finalize(payments)

    status, answer = payments.ask("POST", "/payments/invoices/inv_1/payoff")
    assert (status, answer["due_now"]["minor"]) == (202, 0)
    payments.settle()

    assert tried(payments)[1:] == [("11-01", 4252, "succeeded")]
    assert payments.ask("POST", "/payments/invoices/inv_1/payoff")[1]["code"] == "not_open"
    payments.advance(day(JANUARY))
    assert payments.balances() == {"provider_clearing": 6378, "collections": -6378}


def test_a_payoff_that_fails_leaves_the_rest_to_its_dates(payments):
    payments.save_card()
    finalize(payments)
    payments.provider.broke = True
    assert payments.ask("POST", "/payments/invoices/inv_1/payoff")[0] == 202
    payments.settle()
    assert payments.collection()["next_step_at"] is None
    payments.provider.broke = False

    payments.advance(day(DECEMBER))

    assert tried(payments)[1:] == [("11-01", 4252, "failed"), ("12-01", 2126, "succeeded")]


@pytest.mark.parametrize("days", [0, 3])
def test_days_without_ticks_change_nothing(payments, days):
    payments.save_card()
    finalize(payments)

    payments.advance(day(DECEMBER + days))
    payments.advance(day(JANUARY + days))

    assert [attempt[:2] for attempt in tried(payments)] == [
        ("11-01", 2126),
        ("12-01", 2126),
        ("01-01", 2126),
    ]


def test_nobody_without_a_method_pays_ahead(payments):
    finalize(payments)

    assert payments.ask("POST", "/payments/invoices/inv_1/payoff")[1]["code"] == "no_method"


def lived(monkeypatch, wire):
    """Three parts: one paid, one declined and retried, one asked for after a credit note."""
    payments = Payments(monkeypatch, wire)
    payments.open_tenant()
    payments.save_card()
    finalize(payments)
    payments.provider.broke = True
    payments.advance(day(DECEMBER))
    payments.provider.broke = False
    payments.advance(day(DECEMBER + 1))
    hold(payments)
    payments.issue(applied=1000)
    payments.advance(day(JANUARY))
    charged = sorted((i.order.amount.minor, i.outcome.status) for i in payments.provider.intents.values())
    return payments, {"charged": charged, "books": payments.balances(), "tried": tried(payments)}


def test_whoever_dies_on_the_way_each_part_is_charged_once(monkeypatch):
    with a_fresh_cloud() as wire:
        expected = compared(*lived(monkeypatch, wire))
        calls = wire.calls
    assert expected["tried"] == [
        ("11-01", 2126, "succeeded"),
        ("12-01", 2126, "failed"),
        ("12-02", 2126, "succeeded"),
        ("01-01", 1126, "succeeded"),
    ]
    assert (expected["books"], expected["dead"]) == ({"provider_clearing": 5378, "collections": -5378}, [])
    for plan in plans(calls):
        with a_fresh_cloud() as wire:
            for who, (number, fault) in plan.items():
                wire.strike(who, number, fault)
            found = compared(*lived(monkeypatch, wire))
        for part, value in expected.items():
            assert found[part] == value, (
                f"{part} differs after: {wire.struck} {differing(value, found[part])}"
            )

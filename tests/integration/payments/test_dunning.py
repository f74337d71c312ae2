"""An invoice that stays unpaid, day by day: retries, reminders, the steps others act on, a new card."""

from datetime import UTC, datetime, timedelta

from billing.core.payment import AttemptStatus, Reason
from tests.integration.payments.conftest import NOVEMBER

STANDARD = [1, 3, 4, 7, 10, 14, 21, 30]


def day(number):
    return NOVEMBER + timedelta(days=number)


def said(payments):
    """Step and action of everything the schedule asked others for."""
    return [(step["step"], step["action"]) for step in payments.said("DunningStepDue.v1")]


def attempted_on(payments):
    """The days on which the invoice was tried."""
    return [a["created_at"][8:10] for a in payments.collection()["attempts"]]


def walk(payments, to, *, start=0):
    """Let the days pass on which something may be due."""
    for number in [*(n for n in STANDARD if start < n < to), to]:
        payments.advance(day(number))


def test_a_card_that_never_pays_is_retried_reminded_and_given_up(payments):
    payments.save_card("pm_declined_1")
    payments.finalize()
    assert payments.collection()["next_step_at"] == "2023-11-02T00:00:00Z"

    walk(payments, 31)

    assert attempted_on(payments) == ["01", "02", "04", "08", "15"]
    assert said(payments) == [(2, "remind"), (4, "remind"), (6, "cancel_subscription"), (7, "write_off")]
    first = payments.said("DunningStepDue.v1")[0]
    assert first == {
        "invoice": "inv_1",
        "customer": "cus_ada",
        "legal_entity": "main",
        "step": 2,
        "action": "remind",
        "amount_minor": 6378,
        "currency": "USD",
        "subscription": "sub_1",
        "number": "INV-inv_1",
    }
    [exhausted] = payments.said("PaymentRetriesExhausted.v1")
    assert (exhausted["attempts"], exhausted["amount_minor"]) == (5, 6378)
    assert payments.collection()["next_step_at"] is None
    assert payments.balances() == {}
    assert payments.dead == []


def test_an_event_of_a_step_is_dated_by_its_day_however_late_the_tick(payments):
    payments.save_card("pm_declined_1")
    payments.finalize()

    for _ in STANDARD:
        payments.advance(day(60))

    assert attempted_on(payments) == ["01", "02", "04", "08", "15"]
    times = [e["time"] for e in payments.events if e["type"] == "DunningStepDue.v1"]
    assert times == [
        "2023-11-05T00:00:00Z",
        "2023-11-11T00:00:00Z",
        "2023-11-22T00:00:00Z",
        "2023-12-01T00:00:00Z",
    ]


def test_a_retry_that_succeeds_ends_the_schedule(payments):
    payments.save_card("pm_declined_1")
    payments.finalize()
    payments.save_card("pm_visa")  # pays at once

    walk(payments, 31)

    assert payments.attempts() == [(1, "failed"), (2, "succeeded")]
    assert said(payments) == []
    assert payments.said("PaymentRetriesExhausted.v1") == []


def test_a_card_that_is_no_use_is_not_retried_but_its_owner_is_reminded(payments):
    payments.save_card("pm_3ds_1")
    payments.finalize()
    payments.deliver(payments.provider.becomes("pi_1", AttemptStatus.FAILED, reason=Reason.LOST_OR_STOLEN))
    payments.settle()

    walk(payments, 15)

    assert payments.attempts() == [(1, "failed")]
    assert said(payments) == [(2, "remind"), (4, "remind")]
    assert len(payments.said("PaymentRetriesExhausted.v1")) == 1


def test_a_new_card_in_the_middle_of_the_schedule_is_charged_at_once_and_once(payments):
    payments.save_card("pm_declined_1")
    payments.finalize()
    walk(payments, 5)

    payments.save_card("pm_visa")
    walk(payments, 31, start=5)

    assert attempted_on(payments) == ["01", "02", "04", "06"]
    assert payments.balances() == {"provider_clearing": 6378, "collections": -6378}


def test_a_new_card_after_the_last_retry_is_charged_all_the_same(payments):
    payments.save_card("pm_declined_1")
    payments.finalize()
    walk(payments, 16)

    payments.save_card("pm_visa")

    assert payments.collection()["status"] == "collected"
    assert len(payments.said("PaymentRetriesExhausted.v1")) == 1


def test_an_invoice_nothing_can_be_charged_for_is_reminded_of_from_its_due_date(payments):
    payments.finalize()

    walk(payments, 31)

    assert payments.attempts() == []
    assert [action for _, action in said(payments)] == [
        "remind",
        "remind",
        "cancel_subscription",
        "write_off",
    ]
    assert len(payments.said("PaymentRetriesExhausted.v1")) == 1


def test_a_customer_who_must_act_is_reminded_and_not_charged_beside_it(payments):
    payments.save_card("pm_3ds_1")
    payments.finalize()
    payments.deliver(
        payments.provider.becomes("pi_1", AttemptStatus.FAILED, reason=Reason.AUTHENTICATION_REQUIRED)
    )
    payments.settle()

    walk(payments, 5)

    assert payments.attempts() == [(1, "failed"), (2, "requires_action")]
    assert said(payments) == [(2, "remind")]


def test_a_step_waits_for_an_answer_that_is_still_to_come(payments):
    payments.save_card("pm_declined_1")
    payments.finalize()
    payments.provider.faults = ["lost"]
    payments.advance(day(1))
    assert payments.attempts() == [(1, "failed"), (2, "unknown")]

    payments.advance(day(3))
    assert payments.attempts() == [(1, "failed"), (2, "unknown")]
    payments.later(minutes=2)
    assert payments.attempts() == [(1, "failed"), (2, "failed")]
    payments.advance(day(3) + timedelta(seconds=1))

    assert payments.attempts() == [(1, "failed"), (2, "failed"), (3, "failed")]


def test_an_invoice_that_is_written_off_or_paid_otherwise_is_left_alone(payments):
    payments.save_card("pm_declined_1")
    payments.finalize("inv_1")
    payments.finalize("inv_2")

    payments.end("InvoiceWrittenOff.v1", "inv_1", reason="uncollectible")
    payments.end("InvoicePaid.v1", "inv_2")
    walk(payments, 31)
    payments.save_card("pm_visa")

    assert payments.attempts("inv_1") == payments.attempts("inv_2") == [(1, "failed")]
    assert payments.collection("inv_2")["status"] == "collected"
    assert said(payments) == []


def test_a_seller_sets_another_schedule_for_what_fails_from_then_on(payments):
    payments.save_card("pm_declined_1")
    payments.finalize("inv_1")
    steps = [{"day": 2, "action": "retry"}, {"day": 5, "action": "write_off"}]

    assert payments.ask("PUT", "/payments/dunning", {"steps": steps})[0] == 200
    payments.finalize("inv_2")

    assert payments.ask("GET", "/payments/dunning")[1]["steps"] == steps
    assert payments.collection("inv_1")["next_step_at"] == "2023-11-02T00:00:00Z"
    assert payments.collection("inv_2")["next_step_at"] == "2023-11-03T00:00:00Z"


def test_a_schedule_that_makes_no_sense_is_refused(payments):
    for steps, field in [
        ([{"day": 2, "action": "retry"}, {"day": 2, "action": "remind"}], "steps[1].day"),
        ([{"day": 0, "action": "retry"}], "body.steps.0.day"),
        ([{"day": 366, "action": "retry"}], "body.steps.0.day"),
        ([{"day": "1", "action": "retry"}], "body.steps.0.day"),
        ([{"day": 1, "action": "sue"}], "body.steps.0.action"),
        ([{"day": 1, "action": "retry", "fee": 5}], "body.steps.0.fee"),
    ]:
        status, answer = payments.ask("PUT", "/payments/dunning", {"steps": steps})

        assert (status, answer["errors"][0]["field"]) == (422, field)


def test_every_unit_of_work_of_a_retry_is_counted(payments):
    payments.save_card("pm_declined_1")
    payments.finalize()
    payments.advance(day(1))

    assert {pair[1] for pair in payments.unsettled()} == {
        "payments.on_foundation_events",
        "payments.on_sales_events",
    }
    due = [change for receipt in payments.receipts for change in receipt["due"]]
    assert due[-1]["at"] == datetime(2023, 11, 4, tzinfo=UTC).isoformat().replace("+00:00", "Z")

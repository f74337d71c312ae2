"""Before sales lowers an open invoice, collection pauses; what was under way comes first."""

from billing.core.payment import AttemptStatus
from tests.integration.world import message


def hold(payments, name="crn_1", invoice="inv_1"):
    payments.sales_says("CollectionHoldRequested.v1", hold=name, invoice=invoice, customer="cus_ada")


def held(payments):
    return [answer["hold"] for answer in payments.said("CollectionHeld.v1")]


def test_a_waiting_invoice_is_held_lowered_and_collected_for_less(payments):
    payments.finalize()

    hold(payments)
    assert held(payments) == ["crn_1"]
    payments.save_card()
    assert payments.attempts() == []
    payments.issue(applied=1378)

    assert [(a["amount"]["minor"], a["status"]) for a in payments.collection()["attempts"]] == [
        (5000, "succeeded")
    ]
    assert payments.collection()["status"] == "collected"


def test_a_hold_is_answered_after_the_payment_that_won(payments):
    payments.save_card("pm_slow_1")
    payments.finalize()

    hold(payments)
    assert held(payments) == []
    payments.deliver(payments.provider.becomes("pi_1", AttemptStatus.SUCCEEDED))
    payments.settle()

    assert held(payments) == ["crn_1"]
    assert payments.collection()["status"] == "collected"


def test_a_customer_asked_to_act_is_asked_anew_for_less(payments):
    payments.save_card("pm_3ds_1")
    payments.finalize()

    hold(payments)
    assert held(payments) == ["crn_1"]
    payments.issue(applied=378)

    assert [(a["amount"]["minor"], a["status"]) for a in payments.collection()["attempts"]] == [
        (6378, "canceled"),
        (6000, "requires_action"),
    ]


def test_two_holds_are_both_waited_for(payments):
    payments.finalize()
    hold(payments, "crn_1")
    hold(payments, "crn_2")
    payments.save_card()

    payments.issue("crn_1", applied=1000)
    assert payments.attempts() == []
    payments.issue("crn_2", applied=1000)

    assert payments.collection()["received"]["minor"] == 4378


def test_a_note_that_leaves_nothing_due_ends_the_collection(payments):
    payments.finalize()
    hold(payments)

    payments.issue(applied=6378)
    payments.save_card()

    assert (payments.collection()["status"], payments.attempts()) == ("collected", [])


def test_no_step_is_taken_on_an_invoice_that_is_held(payments):
    payments.save_card("pm_declined_1")
    payments.finalize()
    hold(payments)
    assert payments.collection()["next_step_at"] is None

    payments.issue(applied=378)

    assert payments.collection()["next_step_at"] == "2023-11-02T00:00:00Z"


def test_a_hold_that_overtakes_its_invoice_comes_again(payments):
    data = {"hold": "crn_1", "invoice": "inv_1", "customer": "cus_ada"}
    payments.hear(message("sales", "CollectionHoldRequested.v1", data, subject="credit_note/crn_1"))

    payments.finalize()

    assert held(payments) == ["crn_1"]
    assert payments.dead == []

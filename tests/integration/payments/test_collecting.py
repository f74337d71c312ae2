"""From a finalized invoice to money: every answer a provider can give, and the ones it does not give."""

from datetime import UTC, datetime

from billing.core.payment import AttemptStatus, Reason
from payments import collecting

ADVANCE = ("evt_ClockAdvanced.v1_clock/clk_a_1", "payments.on_foundation_events")
FROM_SALES = "payments.on_sales_events"


def unsettled(payments):
    """What is open under the clock, but for the messages sales and foundation expected."""
    return {pair for pair in payments.unsettled() if pair[1] != FROM_SALES and pair != ADVANCE}


def test_an_invoice_is_charged_to_the_default_method_once_and_booked(payments):
    payments.save_card()

    payments.finalize()

    found = payments.collection()
    assert (found["status"], found["received"]) == ("collected", {"minor": 6378, "currency": "USD"})
    assert payments.attempts() == [(1, "succeeded")]
    assert payments.balances() == {"provider_clearing": 6378, "collections": -6378}
    [said] = payments.said("PaymentSucceeded.v1")
    assert said["payment"] == {
        "payment": found["attempts"][0]["id"],
        "invoice": "inv_1",
        "customer": "cus_ada",
        "amount_minor": 6378,
        "currency": "USD",
        "legal_entity": "main",
        "provider": "stripe",
        "provider_ref": "pi_1",
        "rail": "card",
    }
    [intent] = payments.provider.intents.values()
    assert (intent.order.attempt, intent.order.method) == (found["attempts"][0]["id"], "pm_visa")
    assert intent.order.description == "INV-inv_1"
    assert unsettled(payments) == set()
    assert payments.dead == []


def test_business_time_is_the_clocks(payments):
    payments.save_card()
    payments.advance(datetime(2023, 12, 1, tzinfo=UTC))

    payments.finalize()

    assert payments.collection()["attempts"][0]["created_at"] == "2023-12-01T00:00:00Z"
    [entry] = payments.rows("ENTRY#")
    assert entry["at"] == "2023-12-01T00:00:00Z"
    assert payments.events[-1]["time"] == "2023-12-01T00:00:00Z"


def test_an_invoice_without_a_method_waits_until_one_is_saved(payments):
    payments.finalize("inv_1", 100)
    payments.finalize("inv_2", 250)
    payments.finalize("inv_other", 999, customer="cus_bob")
    assert (payments.collection()["status"], payments.attempts()) == ("open", [])

    payments.save_card()

    assert payments.attempts("inv_1") == payments.attempts("inv_2") == [(1, "succeeded")]
    assert payments.attempts("inv_other") == []
    assert payments.balances() == {"provider_clearing": 350, "collections": -350}
    [saved] = payments.said("PaymentMethodSaved.v1")
    assert saved == {
        "customer": "cus_ada",
        "method": "pm_visa",
        "rail": "card",
        "label": "Visa ending in 4242",
        "default": True,
    }
    assert unsettled(payments) == set()


def test_a_page_of_open_invoices_after_the_other_is_collected(payments, monkeypatch):
    monkeypatch.setattr(collecting, "_PAGE", 2)
    for number in range(5):
        payments.finalize(f"inv_{number}", 100)

    payments.save_card()

    assert len(payments.provider.intents) == 5
    assert payments.balances()["provider_clearing"] == 500


def test_nothing_due_is_nothing_to_collect(payments):
    payments.finalize(minor=0)

    assert payments.ask("GET", "/payments/invoices/inv_1")[0] == 404
    assert payments.dead == []


def test_an_invoice_told_twice_is_charged_once(payments):
    payments.save_card()

    payments.finalize()
    payments.finalize()

    assert payments.attempts() == [(1, "succeeded")]
    assert len(payments.provider.intents) == 1


def test_a_decline_is_said_with_what_could_help(payments):
    payments.save_card("pm_declined_1")

    payments.finalize()

    assert payments.attempts() == [(1, "failed")]
    [failed] = payments.said("PaymentFailed.v1")
    assert (failed["reason"], failed["advice"]) == ("insufficient_funds", "retry_later")
    assert payments.balances() == {}
    assert payments.collection()["status"] == "open"

    payments.save_card("pm_visa")

    assert payments.attempts() == [(1, "failed"), (2, "succeeded")]
    assert payments.balances()["provider_clearing"] == 6378


def test_a_lost_answer_blocks_until_the_provider_says_what_happened(payments):
    payments.save_card()
    payments.provider.faults = ["lost"]
    payments.finalize()
    assert payments.attempts() == [(1, "unknown")]
    assert len(unsettled(payments)) == 1  # the clock waits for the outcome
    payments.save_card("pm_other")
    assert payments.attempts() == [(1, "unknown")]

    payments.later(seconds=50)
    assert payments.attempts() == [(1, "unknown")]
    payments.later(seconds=20)

    assert payments.attempts() == [(1, "succeeded")]
    assert len(payments.provider.intents) == 1
    assert payments.balances() == {"provider_clearing": 6378, "collections": -6378}
    assert unsettled(payments) == set()


def test_a_call_that_never_arrived_is_sent_again_under_its_key(payments):
    payments.save_card()
    payments.provider.faults = ["unsent", "unsent"]
    payments.finalize()

    payments.later(minutes=2)
    assert payments.attempts() == [(1, "unknown")]
    payments.later(minutes=6)

    assert payments.attempts() == [(1, "succeeded")]
    assert len({i.order.attempt for i in payments.provider.intents.values()}) == 1
    assert unsettled(payments) == set()


def test_a_busy_provider_is_asked_again(payments):
    payments.save_card()
    payments.provider.faults = ["busy"]
    payments.finalize()
    assert payments.attempts() == [(1, "submitted")]

    payments.later(minutes=3)

    assert payments.attempts() == [(1, "succeeded")]
    assert payments.dead == []


def test_an_old_key_is_never_sent_again_and_absence_is_proven_late(payments):
    payments.save_card()
    payments.provider.faults = ["unsent"]
    payments.finalize()
    sent = payments.provider.calls.count("charge")

    payments.later(hours=23, minutes=30)

    assert payments.attempts() == [(1, "failed")]
    assert payments.provider.calls.count("charge") == sent
    [failed] = payments.said("PaymentFailed.v1")
    assert failed["reason"] == "not_sent"

    payments.save_card("pm_new")
    assert payments.attempts() == [(1, "failed"), (2, "succeeded")]


def test_a_voided_invoice_is_not_collected(payments):
    payments.finalize()

    payments.void()
    payments.settle()
    payments.save_card()

    assert payments.collection()["status"] == "stopped"
    assert payments.attempts() == []


def test_an_invoice_voided_before_its_charge_left_is_not_charged(payments):
    payments.save_card()

    payments.finalize(settle=False)
    payments.void()
    payments.settle()

    assert payments.attempts() == [(1, "canceled")]
    assert "charge" not in payments.provider.calls
    assert unsettled(payments) == set()


def test_a_lost_charge_of_a_voided_invoice_is_looked_up_and_not_sent_again(payments):
    payments.save_card()
    payments.provider.faults = ["unsent"]
    payments.finalize()
    payments.void()
    payments.settle()

    payments.later(minutes=2)
    assert payments.attempts() == [(1, "unknown")]
    payments.later(hours=2)

    assert payments.attempts() == [(1, "failed")]
    assert payments.provider.calls.count("charge") == 1


def test_money_for_a_voided_invoice_is_booked_and_said(payments):
    payments.save_card("pm_slow_1")
    payments.finalize()
    payments.void()
    payments.settle()

    payments.deliver(payments.provider.becomes("pi_1", AttemptStatus.SUCCEEDED))
    payments.settle()

    found = payments.collection()
    assert (found["status"], found["received"]["minor"]) == ("stopped", 6378)
    assert payments.balances() == {"provider_clearing": 6378, "collections": -6378}
    assert len(payments.said("PaymentSucceeded.v1")) == 1


def test_money_that_comes_twice_is_booked_twice(payments):
    payments.save_card("pm_declined_1")
    payments.finalize()
    payments.save_card("pm_visa")

    payments.deliver(payments.provider.becomes("pi_1", AttemptStatus.SUCCEEDED))
    payments.settle()

    assert payments.attempts() == [(1, "succeeded"), (2, "succeeded")]
    assert payments.balances() == {"provider_clearing": 12756, "collections": -12756}
    assert len(payments.said("PaymentSucceeded.v1")) == 2
    assert payments.ask("GET", "/payments/reconciliation")[1]["agrees"]


def test_a_customer_who_must_act_gets_the_link_and_pays(payments):
    payments.save_card("pm_3ds_1")
    payments.finalize()

    assert payments.attempts() == [(1, "requires_action")]
    [required] = payments.said("PaymentActionRequired.v1")
    assert required["action_url"] == "https://pay.example.test/pi_1"
    assert unsettled(payments) == set()  # the clock does not wait for a person

    payments.deliver(payments.provider.becomes("pi_1", AttemptStatus.SUCCEEDED))
    payments.settle()
    assert payments.attempts() == [(1, "succeeded")]


def test_a_new_card_beside_an_open_authentication_is_charged_once(payments):
    payments.save_card("pm_3ds_1")
    payments.finalize()

    payments.save_card("pm_visa")

    assert payments.attempts() == [(1, "canceled"), (2, "succeeded")]
    assert payments.balances()["provider_clearing"] == 6378
    assert unsettled(payments) == set()


def test_a_new_card_after_the_authentication_succeeded_unheard_charges_nothing(payments):
    payments.save_card("pm_3ds_1")
    payments.finalize()
    payments.provider.becomes("pi_1", AttemptStatus.SUCCEEDED)  # its webhook is lost

    payments.save_card("pm_visa")

    assert payments.attempts() == [(1, "succeeded")]
    assert payments.balances()["provider_clearing"] == 6378


def test_a_failed_authentication_can_be_followed_by_another_attempt(payments):
    payments.save_card("pm_3ds_1")
    payments.finalize()

    refused = payments.provider.becomes("pi_1", AttemptStatus.FAILED, reason=Reason.AUTHENTICATION_REQUIRED)
    payments.deliver(refused)
    payments.settle()

    assert payments.attempts() == [(1, "failed")]
    assert payments.said("PaymentFailed.v1")[0]["advice"] == "customer_action"


def test_a_method_removed_before_the_charge_left_is_not_charged(payments):
    payments.save_card()
    payments.finalize(settle=False)
    payments._consume("payments.on_sales_events")
    assert payments.ask("DELETE", "/payments/customers/cus_ada/methods/pm_visa")[0] == 200

    payments.settle()

    assert payments.attempts() == [(1, "failed")]
    assert payments.said("PaymentFailed.v1")[0]["reason"] == "method_removed"
    assert "charge" not in payments.provider.calls


def test_a_tenant_in_wall_time_is_collected_too(payments):
    payments.open_tenant("ten_w", clock=None)
    body = {"return_url": "https://acme.test/account"}
    url = payments.call("POST", "/payments/customers/cus_w/setup", body, tenant="ten_w")[1]["url"]
    payer = url.split("payer=")[1].split("&")[0]
    payments.deliver(payments.provider.saves(payer, "pm_w"), tenant="ten_w")
    payments.settle()

    assert [
        m["id"]
        for m in payments.call("GET", "/payments/customers/cus_w/methods", tenant="ten_w")[1]["methods"]
    ] == ["pm_w"]
    assert payments.dead == []

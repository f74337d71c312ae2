"""Money that goes back: by credit note or by request, in parts, never too much, and its own lost answers."""

import pytest

from billing.core.payment import AttemptStatus

REFUNDS = "/payments/invoices/inv_1/refunds"


@pytest.fixture
def paid(payments):
    payments.save_card()
    payments.finalize()
    return payments


def refunds(payments):
    return [(r["amount"]["minor"], r["status"]) for r in payments.collection()["refunds"]]


def refund(payments, minor=None, **more):
    answer = payments.ask("POST", REFUNDS, {} if minor is None else {"minor": minor}, **more)
    payments.settle()
    return answer


def test_a_part_and_then_the_rest_and_no_more(paid):
    assert refund(paid, 1000)[0] == 201
    assert refund(paid)[0] == 201
    status, answer = refund(paid, 1)

    assert sorted(refunds(paid)) == [(1000, "succeeded"), (5378, "succeeded")]
    assert (status, answer["code"]) == (422, "refund_exceeds_payment")
    assert paid.balances() == {"provider_clearing": 0, "collections": 0}
    assert [r["refund"]["amount_minor"] for r in paid.said("RefundSucceeded.v1")] == [1000, 5378]
    assert paid.ask("GET", "/payments/reconciliation")[1]["agrees"]
    assert {pair[1] for pair in paid.unsettled()} == {"payments.on_sales_events"}


def test_more_than_was_paid_is_refused_and_nothing_is_sent(paid):
    status, answer = refund(paid, 6379)

    assert (status, answer["errors"][0]["field"]) == (422, "body.minor")
    assert "6378" in answer["detail"]
    assert paid.provider.refunds == {}


def test_an_amount_that_is_none_is_refused(paid):
    for minor in (0, -1, "5", 1.5, 10**16, True):
        status, answer = refund(paid, minor)
        assert (status, answer["errors"][0]["field"]) == (422, "body.minor")
    assert paid.provider.refunds == {}


def test_the_same_request_twice_is_one_refund(paid):
    assert refund(paid, 100, key="one") == refund(paid, 100, key="one")

    assert refunds(paid) == [(100, "succeeded")]


def test_a_credit_note_sends_back_what_it_says(paid):
    paid.issue(refund=2000)

    assert refunds(paid) == [(2000, "succeeded")]
    [back] = paid.said("RefundSucceeded.v1")
    assert (back["refund"]["credit_note"], back["refund"]["invoice"]) == ("crn_1", "inv_1")
    assert paid.balances() == {"provider_clearing": 4378, "collections": -4378}
    assert paid.collection()["status"] == "collected"


def test_what_no_payment_can_give_back_is_said(paid):
    refund(paid, 6000)

    paid.issue(refund=500)

    assert sorted(refunds(paid)) == [(378, "succeeded"), (6000, "succeeded")]
    [failed] = paid.said("RefundFailed.v1")
    assert (failed["reason"], failed["refund"]["amount_minor"]) == ("nothing_to_refund", 122)


def test_a_refund_over_two_payments_takes_from_the_newest_first(payments):
    payments.save_card("pm_declined_1")
    payments.finalize()
    payments.save_card("pm_visa")
    payments.deliver(payments.provider.becomes("pi_1", AttemptStatus.SUCCEEDED))
    payments.settle()

    refund(payments, 7000)

    by_charge = {charge: r.amount.minor for charge, r in payments.provider.refunds.values()}
    assert by_charge == {"pi_2": 6378, "pi_1": 622}


def test_a_lost_answer_is_found_and_not_sent_twice(paid):
    paid.provider.faults = ["lost"]
    refund(paid, 1000)
    assert refunds(paid) == [(1000, "unknown")]
    assert refund(paid, 6000)[0] == 422  # what may have gone is not there for another

    paid.later(minutes=3)

    assert refunds(paid) == [(1000, "succeeded")]
    assert len(paid.provider.refunds) == 1
    assert paid.balances()["provider_clearing"] == 5378


@pytest.mark.parametrize("fault", ["busy", "unsent"])
def test_a_refund_the_provider_did_not_take_goes_again(paid, fault):
    paid.provider.faults = [fault]
    refund(paid, 1000)

    paid.later(minutes=3)

    assert refunds(paid) == [(1000, "succeeded")]


def test_a_refund_never_sent_is_given_up_late_and_frees_its_money(paid):
    paid.provider.faults = ["unsent"]
    refund(paid, 6378)

    paid.later(hours=24)

    assert refunds(paid) == [(6378, "failed")]
    assert refund(paid, 6378)[0] == 201
    assert sorted(refunds(paid)) == [(6378, "failed"), (6378, "succeeded")]


def test_a_refund_the_bank_refuses_moves_nothing(paid):
    paid.provider.faults = ["refused"]
    refund(paid, 1000)

    [failed] = paid.said("RefundFailed.v1")
    assert (failed["reason"], failed["returned"]) == ("lost_or_stolen_card", False)
    assert paid.balances()["provider_clearing"] == 6378


def test_a_refund_the_bank_sends_back_is_reversed_once(paid):
    refund(paid, 1000)
    told = paid.provider.sends_back("re_1")

    for _ in range(2):
        paid.deliver(told)
        paid.settle()

    assert paid.balances() == {"provider_clearing": 6378, "collections": -6378}
    [failed] = paid.said("RefundFailed.v1")
    assert failed["returned"]
    assert refund(paid)[0] == 201


def test_nothing_was_paid_nothing_goes_back(payments):
    payments.finalize()

    assert refund(payments)[1]["code"] == "refund_exceeds_payment"
    assert payments.ask("POST", "/payments/invoices/inv_9/refunds", {})[0] == 404

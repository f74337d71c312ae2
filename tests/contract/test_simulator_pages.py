"""What the payer sees at the simulator: the page, the bank, a way back."""

from __future__ import annotations

from typing import Any

import pytest
import stripe
from stripe import StripeClient

from tests.contract.provider import (
    browse,
    payment_page,
    setup_page,
)

VISA, ASKS_ALWAYS, SAVES_THEN_DECLINES = "4242424242424242", "4000002760003184", "4000000000000341"


def test_a_card_saved_on_the_page_is_charged_later(acme: StripeClient) -> None:
    session = setup_page(acme)
    assert "ada@example.com" in browse(session.url)[1]

    sent = browse(session.url, {"outcome": "pay", "card": VISA})

    assert sent == (303, f"http://127.0.0.1:9/done?session={session.id}")
    intent: Any = acme.v1.setup_intents.retrieve(session.setup_intent)
    paid = acme.v1.payment_intents.create(
        {
            "amount": 1990,
            "currency": "chf",
            "customer": intent.customer,
            "payment_method": intent.payment_method,
        }
        | {"off_session": True, "confirm": True}
    )
    assert (intent.status, paid.status) == ("succeeded", "succeeded")
    assert acme.v1.checkout.sessions.retrieve(session.id).status == "complete"
    assert "nothing left to do" in browse(session.url)[1]


def test_a_payment_declined_on_the_page_can_be_tried_again_there(acme: StripeClient) -> None:
    session = payment_page(acme)

    status, shown = browse(session.url, {"outcome": "decline", "card": VISA})
    again = browse(session.url, {"outcome": "pay", "card": VISA})

    assert (status, again[0]) == (200, 303)
    assert "Your card was declined." in shown
    done = acme.v1.checkout.sessions.retrieve(session.id)
    assert (done.status, done.payment_status) == ("complete", "paid")
    tries = acme.v1.charges.list({"payment_intent": str(done.payment_intent)}).data
    assert [one.status for one in tries] == ["succeeded", "failed"]


@pytest.mark.parametrize(("answer", "status"), [("confirm", "complete"), ("refuse", "open")])
def test_the_bank_asks_and_its_customer_answers(acme: StripeClient, answer: str, status: str) -> None:
    session = payment_page(acme)
    address = session.url.partition("/checkout/")[0]

    _, to_bank = browse(session.url, {"outcome": "pay", "card": ASKS_ALWAYS})
    assert "CHF 19.90" in browse(address + to_bank)[1]
    _, back = browse(address + to_bank, {"outcome": answer})

    assert acme.v1.checkout.sessions.retrieve(session.id).status == status
    if answer == "refuse":
        assert "failed authentication" in browse(address + back)[1]
    else:
        assert back == f"http://127.0.0.1:9/done?session={session.id}"


def test_the_button_makes_the_bank_ask_whatever_the_card(acme: StripeClient) -> None:
    session = setup_page(acme)
    address = session.url.partition("/checkout/")[0]

    _, to_bank = browse(session.url, {"outcome": "authenticate", "card": SAVES_THEN_DECLINES})
    browse(address + to_bank, {"outcome": "confirm"})

    intent: Any = acme.v1.setup_intents.retrieve(session.setup_intent, {"expand": ["payment_method"]})
    assert (intent.status, intent.payment_method.card.last4) == ("succeeded", "0341")


def test_a_payment_that_failed_off_session_is_completed_at_the_bank(acme: StripeClient) -> None:
    customer = acme.v1.customers.create({})
    method = acme.v1.payment_methods.attach("pm_card_authenticationRequired", {"customer": customer.id})
    with pytest.raises(stripe.CardError) as refused:
        acme.v1.payment_intents.create(
            {"amount": 1990, "currency": "chf", "customer": customer.id, "payment_method": method.id}
            | {"off_session": True, "confirm": True}
        )
    assert refused.value.error is not None
    intent: Any = refused.value.error.payment_intent

    asked: Any = acme.v1.payment_intents.confirm(
        intent.id, {"payment_method": method.id, "return_url": "http://127.0.0.1:9/back?invoice=17"}
    )
    _, back = browse(asked.next_action.redirect_to_url.url, {"outcome": "confirm"})

    assert back.startswith(f"http://127.0.0.1:9/back?invoice=17&payment_intent={intent.id}&")
    assert back.endswith("redirect_status=succeeded")
    assert acme.v1.payment_intents.retrieve(intent.id).status == "succeeded"


def test_what_a_seller_writes_is_shown_and_never_run(acme: StripeClient) -> None:
    session = payment_page(acme, "<script>alert(1)</script>")

    shown = browse(session.url)[1]

    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in shown
    assert "<script" not in shown


@pytest.mark.parametrize(
    ("path", "form", "status"),
    [
        ("/checkout/cs_test_nobody", None, 404),
        ("/checkout/../../etc/passwd", None, 404),
        ("/authenticate/pi_nobody", {"outcome": "confirm"}, 404),
        ("/receipts/", None, 404),
    ],
)
def test_a_page_that_does_not_exist_says_so(address: str, path: str, form: Any, status: int) -> None:
    found, shown = browse(address + path, form)

    assert found == status
    assert "There is no such page." in shown


def test_a_page_refuses_what_its_form_does_not_have(acme: StripeClient) -> None:
    session = payment_page(acme)

    assert browse(session.url, {"outcome": "steal"})[0] == 400
    assert "choose one of the list" in browse(session.url, {"outcome": "pay", "card": "1234"})[1]

"""What we rely on at the payment provider, through its official SDK: cards, payments, refunds, pages.

Runs against the simulator always, and against a real Stripe sandbox when STRIPE_TEST_KEY is set: where the
two differ, the simulator is wrong.
"""

from __future__ import annotations

from typing import Any

import pytest
import stripe
from stripe import StripeClient

from tests.contract.provider import (
    charge,
    saved_card,
)


def test_a_customer_is_created_changed_and_deleted(provider: StripeClient) -> None:
    customer = provider.v1.customers.create(
        {"email": "ada@example.com", "name": "Ada", "metadata": {"tenant": "ten_a", "old": "1"}}
    )
    changed = provider.v1.customers.update(customer.id, {"name": "Ada L.", "metadata": {"old": ""}})
    deleted = provider.v1.customers.delete(customer.id)
    kept = provider.v1.customers.retrieve(customer.id)

    assert customer.id.startswith("cus_")
    assert (changed.name, changed.email) == ("Ada L.", "ada@example.com")
    assert changed.metadata is not None
    assert changed.metadata.to_dict() == {"tenant": "ten_a"}
    assert (deleted.deleted, kept.deleted) == (True, True)


def test_a_setup_gives_the_card_to_the_customer(provider: StripeClient) -> None:
    customer, method = saved_card(provider, "pm_card_mastercard")

    listed = provider.v1.payment_methods.list({"customer": customer, "type": "card"}).data
    assert [(one.id, one.customer) for one in listed] == [(method, customer)]
    card = listed[0].card
    assert card is not None
    assert (card.brand, card.last4) == ("mastercard", "4444")


def test_a_saved_card_is_charged_without_its_holder(provider: StripeClient) -> None:
    paid = charge(provider, 1990, metadata={"attempt": "pay_1"}, expand=["latest_charge.balance_transaction"])

    taken = paid.latest_charge
    assert (paid.status, paid.amount_received, paid.metadata["attempt"]) == ("succeeded", 1990, "pay_1")
    assert (taken.status, taken.paid, taken.amount, taken.currency) == ("succeeded", True, 1990, "chf")
    assert taken.payment_intent == paid.id
    moved = taken.balance_transaction
    assert (moved.type, moved.source) == ("charge", taken.id)
    assert moved.net == moved.amount - moved.fee
    assert moved.fee > 0


def test_without_expansion_related_objects_are_ids(provider: StripeClient) -> None:
    paid = charge(provider)

    found = provider.v1.charges.list({"payment_intent": paid.id}).data
    assert [one.id for one in found] == [paid.latest_charge]
    assert isinstance(found[0].balance_transaction, str)


@pytest.mark.parametrize(
    ("token", "code", "decline_code"),
    [
        ("pm_card_visa_chargeDeclined", "card_declined", "generic_decline"),
        ("pm_card_visa_chargeDeclinedInsufficientFunds", "card_declined", "insufficient_funds"),
        ("pm_card_visa_chargeDeclinedLostCard", "card_declined", "lost_card"),
        ("pm_card_visa_chargeDeclinedStolenCard", "card_declined", "stolen_card"),
        ("pm_card_visa_chargeDeclinedVelocityLimitExceeded", "card_declined", "card_velocity_exceeded"),
        ("pm_card_chargeDeclinedExpiredCard", "expired_card", None),
        ("pm_card_chargeDeclinedIncorrectCvc", "incorrect_cvc", None),
        ("pm_card_chargeDeclinedProcessingError", "processing_error", None),
    ],
)
def test_a_declined_payment_says_why_and_can_be_found_again(
    provider: StripeClient, token: str, code: str, decline_code: str | None
) -> None:
    with pytest.raises(stripe.CardError) as refused:
        provider.v1.payment_intents.create(
            {"amount": 1990, "currency": "chf", "payment_method": token, "confirm": True, "off_session": True}
        )

    error = refused.value.error
    assert error is not None
    assert (refused.value.http_status, error.code) == (402, code)
    assert decline_code in {None, error.decline_code}
    assert error.payment_intent is not None
    intent = provider.v1.payment_intents.retrieve(error.payment_intent.id, {"expand": ["latest_charge"]})
    assert (intent.status, intent.payment_method) == ("requires_payment_method", None)
    assert intent.last_payment_error is not None
    assert intent.last_payment_error.code == code
    failed: Any = intent.latest_charge
    assert (failed.status, failed.paid, failed.failure_code) == ("failed", False, code)


def test_a_payment_blocked_as_fraud_never_reaches_the_bank(provider: StripeClient) -> None:
    with pytest.raises(stripe.CardError) as refused:
        provider.v1.payment_intents.create(
            {"amount": 1990, "currency": "chf", "payment_method": "pm_card_radarBlock"}
            | {"confirm": True, "off_session": True, "allowed_payment_method_types": ["card"]}
        )

    assert refused.value.error is not None
    assert refused.value.error.charge is not None
    blocked = provider.v1.charges.retrieve(refused.value.error.charge).outcome
    assert blocked is not None
    assert (blocked.type, blocked.network_status) == ("blocked", "not_sent_to_network")


def test_a_card_can_be_saved_and_still_be_declined_when_charged(provider: StripeClient) -> None:
    with pytest.raises(stripe.CardError) as refused:
        charge(provider, card="pm_card_chargeCustomerFail")

    assert refused.value.code == "card_declined"


def test_a_card_that_is_declined_at_once_cannot_be_saved(provider: StripeClient) -> None:
    customer = provider.v1.customers.create({})

    with pytest.raises(stripe.CardError) as refused:
        provider.v1.payment_methods.attach("pm_card_visa_chargeDeclined", {"customer": customer.id})

    assert refused.value.code == "card_declined"
    assert provider.v1.payment_methods.list({"customer": customer.id}).data == []


def test_without_its_holder_a_card_that_asks_is_refused_and_can_be_completed_later(
    provider: StripeClient,
) -> None:
    customer = provider.v1.customers.create({})
    method = provider.v1.payment_methods.attach("pm_card_authenticationRequired", {"customer": customer.id})
    with pytest.raises(stripe.CardError) as refused:
        provider.v1.payment_intents.create(
            {"amount": 1990, "currency": "chf", "customer": customer.id, "payment_method": method.id}
            | {"confirm": True, "off_session": True}
        )

    error = refused.value.error
    assert error is not None
    assert (refused.value.http_status, error.code) == (402, "authentication_required")
    assert error.payment_intent is not None
    assert error.payment_intent.status == "requires_payment_method"
    back = provider.v1.payment_intents.confirm(
        error.payment_intent.id,
        {"payment_method": method.id, "return_url": "https://example.com/back"},
    )
    assert back.status == "requires_action"
    assert back.next_action is not None
    assert back.next_action.redirect_to_url is not None
    assert back.next_action.redirect_to_url.return_url == "https://example.com/back"


def test_a_payment_is_refunded_in_part_then_the_rest_never_more(provider: StripeClient) -> None:
    paid = charge(provider, 1990)

    part = provider.v1.refunds.create(
        {"payment_intent": paid.id, "amount": 500, "reason": "requested_by_customer"}
    )
    with pytest.raises(stripe.InvalidRequestError) as excess:
        provider.v1.refunds.create({"payment_intent": paid.id, "amount": 1491})
    rest = provider.v1.refunds.create({"charge": str(paid.latest_charge)})
    with pytest.raises(stripe.InvalidRequestError) as again:
        provider.v1.refunds.create({"payment_intent": paid.id})

    assert (part.amount, rest.amount, rest.status) == (500, 1490, "succeeded")
    assert (excess.value.http_status, excess.value.param) == (400, "amount")
    assert again.value.code == "charge_already_refunded"
    given = provider.v1.charges.retrieve(str(paid.latest_charge))
    assert (given.amount_refunded, given.refunded) == (1990, True)
    listed = provider.v1.refunds.list({"payment_intent": paid.id}).data
    assert [one.id for one in listed] == [rest.id, part.id]
    moved = provider.v1.balance_transactions.retrieve(str(part.balance_transaction))
    assert (moved.type, moved.amount, moved.fee) == ("refund", -500, 0)


def test_a_payment_that_was_never_tried_can_be_cancelled_a_collected_one_cannot(
    provider: StripeClient,
) -> None:
    open_ = provider.v1.payment_intents.create({"amount": 1990, "currency": "chf"})
    paid = charge(provider)

    canceled = provider.v1.payment_intents.cancel(open_.id, {"cancellation_reason": "abandoned"})
    with pytest.raises(stripe.InvalidRequestError) as refused:
        provider.v1.payment_intents.cancel(paid.id)
    with pytest.raises(stripe.InvalidRequestError) as again:
        provider.v1.payment_intents.confirm(paid.id, {"off_session": True})

    assert (canceled.status, canceled.cancellation_reason) == ("canceled", "abandoned")
    assert refused.value.code == again.value.code == "payment_intent_unexpected_state"


def test_a_foreign_customers_card_cannot_be_charged(provider: StripeClient) -> None:
    _, method = saved_card(provider)
    other = provider.v1.customers.create({})

    with pytest.raises(stripe.InvalidRequestError):
        provider.v1.payment_intents.create(
            {"amount": 1990, "currency": "chf", "customer": other.id, "payment_method": method}
            | {"confirm": True, "off_session": True}
        )


def test_a_detached_card_is_never_used_again(provider: StripeClient) -> None:
    customer, method = saved_card(provider)
    assert provider.v1.payment_methods.detach(method).customer is None

    with pytest.raises(stripe.InvalidRequestError):
        provider.v1.payment_methods.attach(method, {"customer": customer})


def test_a_page_to_pay_on_knows_what_is_paid_for(provider: StripeClient) -> None:
    session = provider.v1.checkout.sessions.create(
        {
            "mode": "payment",
            "success_url": "https://example.com/paid?session={CHECKOUT_SESSION_ID}",
            "line_items": [
                {
                    "quantity": 2,
                    "price_data": {
                        "currency": "chf",
                        "unit_amount": 995,
                        "product_data": {"name": "Invoice 17"},
                    },
                }
            ],
            "expand": ["line_items"],
        }
    )
    closed = provider.v1.checkout.sessions.expire(session.id)

    assert (session.status, session.payment_status, session.amount_total) == ("open", "unpaid", 1990)
    assert session.url
    assert session.line_items is not None
    assert [(line.description, line.amount_total) for line in session.line_items.data] == [
        ("Invoice 17", 1990)
    ]
    assert (closed.status, closed.url) == ("expired", None)


def test_a_page_to_save_a_card_on_has_its_intent(provider: StripeClient) -> None:
    customer = provider.v1.customers.create({})
    session = provider.v1.checkout.sessions.create(
        {
            "mode": "setup",
            "customer": customer.id,
            "currency": "chf",
            "success_url": "https://example.com/saved",
        }
        | {"setup_intent_data": {"metadata": {"tenant": "ten_a"}}, "expand": ["setup_intent"]}
    )

    intent: Any = session.setup_intent
    assert (session.status, session.payment_status) == ("open", "no_payment_required")
    assert (intent.customer, intent.usage, intent.metadata["tenant"]) == (customer.id, "off_session", "ten_a")


def test_a_card_that_asks_when_it_is_saved_leads_to_its_bank(provider: StripeClient) -> None:
    customer = provider.v1.customers.create({})

    intent = provider.v1.setup_intents.create(
        {"customer": customer.id, "payment_method": "pm_card_authenticationRequiredOnSetup", "confirm": True}
        | {"return_url": "https://example.com/back"}
    )

    assert intent.status == "requires_action"
    assert intent.next_action is not None
    assert intent.next_action.redirect_to_url is not None
    assert intent.next_action.redirect_to_url.url

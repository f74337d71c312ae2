"""What we rely on at the payment provider, through its official SDK: keys, refusals, lists, events.

Runs against the simulator always, and against a real Stripe sandbox when STRIPE_TEST_KEY is set: where the
two differ, the simulator is wrong.
"""

from __future__ import annotations

import os
from typing import Any

import pytest
import stripe
from stripe import StripeClient

from tests.contract.provider import (
    charge,
    saved_card,
)

TYPES, OPTION = "payment_method_types", "payment_method_options[card][colour]"


def key(name: str) -> dict[str, Any]:
    """An idempotency key nobody used before."""
    return {"idempotency_key": f"{name}-{os.urandom(8).hex()}"}


def test_what_does_not_exist_is_named_and_has_a_code(provider: StripeClient) -> None:
    with pytest.raises(stripe.InvalidRequestError) as refused:
        provider.v1.customers.retrieve("cus_nobody")

    assert (refused.value.http_status, refused.value.code, refused.value.param) == (
        404,
        "resource_missing",
        "id",
    )
    assert "No such customer: 'cus_nobody'" in str(refused.value)
    assert refused.value.request_id


@pytest.mark.parametrize(
    ("more", "code", "param"),
    [
        ({"colour": "red"}, "parameter_unknown", "colour"),
        ({"payment_method_options": {"card": {"colour": "red"}}}, "parameter_unknown", OPTION),
        ({"amount": "many"}, "parameter_invalid_integer", "amount"),
        ({"amount": ""}, "parameter_missing", "amount"),
        ({"confirm": "perhaps"}, "parameter_invalid_boolean", "confirm"),
        ({"amount": 49}, "amount_too_small", "amount"),
        ({"amount": -1}, "parameter_invalid_integer", "amount"),
        ({"amount": 100_000_000}, "amount_too_large", "amount"),
        ({"currency": "zzz"}, None, "currency"),
        ({"setup_future_usage": "sometimes"}, None, "setup_future_usage"),
        ({"customer": "cus_nobody"}, "resource_missing", "customer"),
        ({"payment_method": "pm_nobody"}, "resource_missing", "payment_method"),
        ({"payment_method_types": ["card"]}, f"{TYPES}_no_longer_supported", TYPES),
    ],
)  # fmt: skip
def test_a_wrong_parameter_is_refused_by_name(
    provider: StripeClient, more: Any, code: str | None, param: str
) -> None:
    with pytest.raises(stripe.InvalidRequestError) as refused:
        provider.v1.payment_intents.create({"amount": 1990, "currency": "chf", **more})

    assert (refused.value.http_status, refused.value.code, refused.value.param) == (400, code, param)


def test_a_repeated_key_gives_the_first_answer_and_does_nothing(provider: StripeClient) -> None:
    customer, method = saved_card(provider)
    wanted: Any = {"amount": 1990, "currency": "chf", "customer": customer, "payment_method": method}
    wanted |= {"confirm": True, "off_session": True}
    once = key("pay")

    first = provider.v1.payment_intents.create(wanted, once)
    second = provider.v1.payment_intents.create(wanted, once)

    assert second.id == first.id
    assert second.last_response is not None
    assert second.last_response.headers["Idempotent-Replayed"] == "true"
    assert len(provider.v1.charges.list({"customer": customer}).data) == 1


def test_a_key_used_for_something_else_is_refused(provider: StripeClient) -> None:
    once = key("create")
    provider.v1.customers.create({"name": "Ada"}, once)

    with pytest.raises(stripe.IdempotencyError) as refused:
        provider.v1.customers.create({"name": "Bob"}, once)

    assert refused.value.http_status == 400


def test_a_decline_is_repeated_for_its_key_too(provider: StripeClient) -> None:
    wanted: Any = {"amount": 1990, "currency": "chf", "payment_method": "pm_card_visa_chargeDeclined"}
    wanted |= {"confirm": True, "off_session": True}
    once, intents = key("pay"), []

    for _ in range(2):
        with pytest.raises(stripe.CardError) as refused:
            provider.v1.payment_intents.create(wanted, once)
        assert refused.value.error is not None
        assert refused.value.error.payment_intent is not None
        intents.append(refused.value.error.payment_intent.id)

    assert intents[0] == intents[1]


def test_a_request_that_was_refused_for_its_form_leaves_the_key_free(provider: StripeClient) -> None:
    once = key("create")
    wrong: Any = {"colour": "red"}
    with pytest.raises(stripe.InvalidRequestError):
        provider.v1.customers.create(wrong, once)

    assert provider.v1.customers.create({"name": "Ada"}, once).name == "Ada"


def test_lists_are_newest_first_and_page_without_gaps(provider: StripeClient) -> None:
    customer = provider.v1.customers.create({})
    made = [
        provider.v1.payment_intents.create({"amount": 100 + n, "currency": "chf", "customer": customer.id}).id
        for n in range(7)
    ]

    paged = provider.v1.payment_intents.list({"customer": customer.id, "limit": 3})
    before = provider.v1.payment_intents.list({"customer": customer.id, "ending_before": made[3], "limit": 2})
    later = provider.v1.payment_intents.list(
        {"customer": customer.id, "created": {"gt": customer.created + 3600}}
    )

    assert [one.id for one in paged.auto_paging_iter()] == made[::-1]
    assert [one.id for one in before.data] == [made[5], made[4]]
    assert later.data == []


def test_events_tell_what_happened_with_the_object_as_it_was(provider: StripeClient) -> None:
    paid = charge(provider, 2500)

    events = provider.v1.events.list(
        {"types": ["payment_intent.created", "payment_intent.succeeded"], "limit": 20}
    )
    mine = [event for event in events.data if event.data.object["id"] == paid.id]

    assert [event.type for event in mine] == ["payment_intent.succeeded", "payment_intent.created"]
    assert [event.data.object["status"] for event in mine] == ["succeeded", "requires_confirmation"]
    assert {event.api_version for event in mine} == {"2026-10-28.endive"}
    assert provider.v1.events.retrieve(mine[0].id).type == "payment_intent.succeeded"


def test_an_endpoints_secret_is_told_once(provider: StripeClient, provider_address: str) -> None:
    url = "http://127.0.0.1:9/webhooks" if provider_address else "https://example.com/webhooks"
    made = provider.v1.webhook_endpoints.create({"url": url, "enabled_events": ["payment_intent.succeeded"]})
    read = provider.v1.webhook_endpoints.retrieve(made.id)
    gone = provider.v1.webhook_endpoints.delete(made.id)

    assert made.secret is not None
    assert made.secret.startswith("whsec_")
    assert getattr(read, "secret", None) is None
    assert gone.deleted
    assert made.id not in {one.id for one in provider.v1.webhook_endpoints.list().data}


def test_an_event_that_does_not_exist_cannot_be_subscribed_to(provider: StripeClient) -> None:
    wrong: Any = {"url": "http://127.0.0.1:9/webhooks", "enabled_events": ["payment_intent.loved"]}

    with pytest.raises(stripe.InvalidRequestError) as refused:
        provider.v1.webhook_endpoints.create(wrong)

    assert refused.value.param == "enabled_events[0]"


@pytest.mark.parametrize(
    ("currency", "amount", "taken"),
    [("jpy", 50, True), ("jpy", 49, False), ("kwd", 1005, False), ("eur", 50, True)],
)
def test_each_currency_has_its_own_smallest_amount(
    provider: StripeClient, currency: str, amount: int, taken: bool
) -> None:
    try:
        made = provider.v1.payment_intents.create({"amount": amount, "currency": currency}).amount == amount
    except stripe.InvalidRequestError:
        made = False

    assert made is taken

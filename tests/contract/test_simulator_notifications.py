"""How the simulator tells what happened: signed, in order, again, and astray on demand."""

from __future__ import annotations

import json

import pytest
import stripe
from stripe import SignatureVerificationError, StripeClient

from tests.contract.provider import (
    Listener,
    charge,
    client,
    lever,
    listen,
    until,
)


def test_notifications_are_signed_and_come_in_order(acme: StripeClient, listener: Listener) -> None:
    secret = listen(acme, listener.url, "payment_intent.succeeded", "charge.succeeded")

    paid = charge(acme)

    until(lambda: len(listener.heard) == 2)
    events = [acme.construct_event(body, signed, secret) for body, signed in listener.heard]
    assert [event.type for event in events] == ["charge.succeeded", "payment_intent.succeeded"]
    assert events[1].data.object["id"] == paid.id
    with pytest.raises(SignatureVerificationError):
        acme.construct_event(listener.heard[0][0] + b" ", listener.heard[0][1], secret)
    until(lambda: acme.v1.events.retrieve(events[0].id).pending_webhooks == 0)


def test_a_notification_that_was_refused_comes_again(address: str, acme: StripeClient) -> None:
    listener = Listener(refuse=1)
    listen(acme, listener.url, "customer.created")

    acme.v1.customers.create({})

    until(lambda: len(listener.heard) == 2)
    listener.stop()
    first, second = (json.loads(body)["id"] for body, _ in listener.heard)
    assert first == second
    sent = until(lambda: [one for one in lever(address, "deliveries")["data"] if one["state"] == "delivered"])
    assert (sent[0]["tries"], lever(address, "health")["pending_deliveries"]) == (2, 0)


def test_another_keys_events_are_told_to_nobody_else(
    address: str, acme: StripeClient, listener: Listener
) -> None:
    listen(acme, listener.url, "customer.created")
    other = client(address, "sk_test_globex")

    foreign = other.v1.customers.create({})
    own = acme.v1.customers.create({})

    until(lambda: listener.heard)
    assert [json.loads(body)["data"]["object"]["id"] for body, _ in listener.heard] == [own.id]
    with pytest.raises(stripe.InvalidRequestError) as refused:
        acme.v1.customers.retrieve(foreign.id)
    assert refused.value.code == "resource_missing"


@pytest.mark.parametrize(
    ("kind", "heard"),
    [
        ("drop_notification", ["two"]),
        ("duplicate_notification", ["one", "one", "two"]),
        ("reorder_notification", ["two", "one"]),
        ("delay_notification", ["two", "one"]),
    ],
)
def test_a_notification_can_go_astray(
    address: str, acme: StripeClient, listener: Listener, kind: str, heard: list[str]
) -> None:
    listen(acme, listener.url, "customer.created")
    lever(address, "faults", {"kind": kind, "on": "customer.*", "seconds": 0.3})

    for name in ("one", "two"):
        acme.v1.customers.create({"name": name})

    until(lambda: len(listener.heard) == len(heard))
    assert [json.loads(body)["data"]["object"]["name"] for body, _ in listener.heard] == heard
    assert lever(address, "faults") == {"data": []}


def test_what_is_held_back_goes_out_when_all_is_taken_back(
    address: str, acme: StripeClient, listener: Listener
) -> None:
    listen(acme, listener.url, "customer.created")
    lever(address, "faults", {"kind": "reorder_notification", "on": "customer.*"})
    acme.v1.customers.create({"name": "one"})
    assert lever(address, "health")["pending_deliveries"] == 1

    lever(address, "faults", method="DELETE", key="sk_test_somebody_else")
    assert lever(address, "health")["pending_deliveries"] == 1
    lever(address, "faults", method="DELETE", key="sk_test_acme")

    until(lambda: listener.types() == ["customer.created"])


@pytest.mark.parametrize("kind", ["forge_notification", "stale_notification"])
def test_a_false_notification_is_not_believed(
    address: str, acme: StripeClient, listener: Listener, kind: str
) -> None:
    secret = listen(acme, listener.url, "customer.created")
    lever(address, "faults", {"kind": kind})

    acme.v1.customers.create({})

    until(lambda: listener.heard)
    with pytest.raises(SignatureVerificationError):
        acme.construct_event(*listener.heard[0], secret)


def test_a_lost_notification_can_be_sent_again(address: str, acme: StripeClient, listener: Listener) -> None:
    listen(acme, listener.url, "customer.created")
    lever(address, "faults", {"kind": "drop_notification"})
    acme.v1.customers.create({})
    lost = acme.v1.events.list({"type": "customer.created"}).data[0]

    assert lever(address, f"events/{lost.id}/deliver", {}) == {"deliveries": 1}

    until(lambda: listener.types() == ["customer.created"])

"""What the simulator refuses at its door, and that its answers have every field."""

from __future__ import annotations

import http.client
import json
import socket
from typing import Any

import pytest
import stripe
from stripe import StripeClient

from local.stripe.shapes import CLASSES
from tests.contract.provider import (
    browse,
    charge,
    client,
    lever,
    listen,
    setup_page,
)

VISA = "4242424242424242"
BACK = "http://127.0.0.1:9/done"


@pytest.mark.parametrize(
    ("path", "body", "words"),
    [
        ("faults", {"kind": "earthquake"}, "Unknown kind of fault"),
        ("faults", {"kind": "fail", "times": 0}, "a number from 1"),
        ("faults", {"kind": "fail", "when": "now"}, "Unknown field when"),
        ("faults", {"kind": "fail", "customer": 7}, "the id of one"),
        ("faults", [], "Send a JSON object"),
        ("clock", {"now": "yesterday"}, "`now` is an instant"),
        ("clock", {"now": "2025-01-01T00:00:00"}, "`now` is an instant"),
        ("cards/pm_nobody", {"expired": True}, "No such"),
        ("lever", {}, "There is no such lever"),
    ],
)
def test_a_wrong_wish_is_refused_with_what_is_possible(
    address: str, path: str, body: Any, words: str
) -> None:
    assert words in lever(address, path, body)["error"]["message"]


@pytest.mark.parametrize(
    ("key", "words"),
    [
        ("sk_live_51abc", "This is a simulator and this is a live key"),
        ("rk_live_51abc", "This is a simulator and this is a live key"),
        ("pk_test_51abc", "a test key looks like"),
        ("whatever", "a test key looks like"),
    ],
)
def test_only_test_keys_are_taken_and_none_is_repeated(address: str, key: str, words: str) -> None:
    with pytest.raises(stripe.AuthenticationError) as refused:
        client(address, key).v1.customers.list()

    assert words in str(refused.value)
    assert key not in str(refused.value)


def test_what_stripe_has_and_the_simulator_has_not_is_refused_not_ignored(acme: StripeClient) -> None:
    with pytest.raises(stripe.InvalidRequestError) as refused:
        acme.v1.payment_intents.create({"amount": 1990, "currency": "chf", "on_behalf_of": "acct_1"})

    assert (refused.value.code, refused.value.param) == ("simulator_unsupported", "on_behalf_of")


def test_other_methods_than_cards_are_not_pretended(acme: StripeClient) -> None:
    with pytest.raises(stripe.InvalidRequestError) as refused:
        acme.v1.payment_intents.create(
            {"amount": 1990, "currency": "chf", "allowed_payment_method_types": ["twint"]}
        )

    assert refused.value.code == "simulator_unsupported"


def test_nested_parameters_that_are_not_modelled_are_refused_too(acme: StripeClient) -> None:
    price: Any = {"currency": "chf", "unit_amount": 1990, "product_data": {"name": "Plan"}}
    price["recurring"] = {"interval": "month"}

    with pytest.raises(stripe.InvalidRequestError) as refused:
        acme.v1.checkout.sessions.create(
            {"success_url": BACK, "line_items": [{"quantity": 1, "price_data": price}]}
        )

    assert refused.value.param == "line_items[0][price_data][recurring]"


@pytest.mark.parametrize(
    "metadata", ["flat", {"k" * 41: "v"}, {"k": "v" * 501}, {str(n): "v" for n in range(51)}]
)
def test_metadata_has_limits(acme: StripeClient, metadata: Any) -> None:
    with pytest.raises(stripe.InvalidRequestError):
        acme.v1.customers.create({"metadata": metadata})


def test_only_this_machine_is_notified(acme: StripeClient) -> None:
    with pytest.raises(stripe.InvalidRequestError) as refused:
        listen(acme, "http://192.0.2.1/webhooks")

    assert refused.value.param == "url"


def test_another_version_is_refused(address: str) -> None:
    provider = StripeClient("sk_test_acme", base_addresses={"api": address}, stripe_version="2020-08-27")

    with pytest.raises(stripe.InvalidRequestError, match=r"2026-10-28\.endive"):
        provider.v1.customers.list()


@pytest.mark.parametrize(
    ("head", "status"),
    [
        ("GET /_sim/health HTTP/1.1\r\nHost: evil.example\r\n", 403),
        ("POST /v1/customers HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 9999999\r\n", 413),
        ("POST /v1/customers HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: -1\r\n", 413),
        ("PUT /v1/customers HTTP/1.1\r\nHost: 127.0.0.1\r\n", 501),
    ],
)
def test_a_strange_request_is_turned_away(address: str, head: str, status: int) -> None:
    port = int(address.rpartition(":")[2])
    with socket.create_connection(("127.0.0.1", port), timeout=5) as line:
        line.sendall(f"{head}Connection: close\r\n\r\n".encode())
        answer = line.makefile("rb").read()

    assert answer.startswith(f"HTTP/1.1 {status} ".encode())


@pytest.mark.parametrize(
    "body", [b"a[b=1", b"=1", b"a=1&a[b]=2", b"\xff", b"a[b][c][d][e][f][g][h][i][j][k]=1"]
)
def test_an_unreadable_form_is_refused(address: str, body: bytes) -> None:
    sent = http.client.HTTPConnection(address.removeprefix("http://"))
    sent.request("POST", "/v1/customers", body, {"Authorization": "Bearer sk_test_acme"})
    answer = sent.getresponse()

    assert (answer.status, json.load(answer)["error"]["type"]) == (400, "invalid_request_error")
    sent.close()


def test_every_field_the_sdk_declares_is_there_and_set_where_it_must_be(
    address: str, acme: StripeClient
) -> None:
    made = listen(acme, "http://127.0.0.1:9/webhooks", "charge.failed")
    assert made
    session = setup_page(acme)
    browse(session.url, {"outcome": "pay", "card": VISA})
    paid = charge(acme)
    refund = acme.v1.refunds.create({"payment_intent": paid.id})
    examples: list[Any] = [
        acme.v1.customers.list().data[0],
        acme.v1.payment_methods.retrieve(str(paid.payment_method)),
        acme.v1.setup_intents.retrieve(session.setup_intent),
        acme.v1.checkout.sessions.retrieve(session.id),
        acme.v1.payment_intents.retrieve(paid.id),
        acme.v1.charges.retrieve(str(paid.latest_charge)),
        acme.v1.balance_transactions.retrieve(str(refund.balance_transaction)),
        refund,
        acme.v1.events.list().data[0],
        acme.v1.webhook_endpoints.list().data[0],
    ]

    wrong: list[str] = []
    for example in examples:
        cls = CLASSES[example.object]
        given = json.loads(json.dumps(example.to_dict()))
        for name, hint in cls.__annotations__.items():
            optional = "Optional" in str(hint) or "NoneType" in str(hint)
            absent_by_design = name in {"OBJECT_NAME", "deleted"} or (example.object, name) == (
                "webhook_endpoint",
                "secret",
            )
            if not absent_by_design and (name not in given or (given[name] is None and not optional)):
                wrong.append(f"{example.object}.{name}")
    assert wrong == []

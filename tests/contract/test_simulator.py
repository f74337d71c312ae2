"""What the simulator adds to the contract: pages, signed notifications, misfortunes, a memory."""

from __future__ import annotations

import http.client
import json
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import stripe
from stripe import SignatureVerificationError, StripeClient

from local.stripe.server import Simulator
from local.stripe.shapes import CLASSES
from tests.contract.provider import Listener, browse, charge, client, lever, saved_card, until

VISA, ASKS_ALWAYS, SAVES_THEN_DECLINES = "4242424242424242", "4000002760003184", "4000000000000341"
BACK = "http://127.0.0.1:9/done?session={CHECKOUT_SESSION_ID}"


@pytest.fixture
def address() -> Iterator[str]:
    with Simulator() as simulator:
        yield simulator.address


@pytest.fixture
def provider(address: str) -> StripeClient:
    return client(address)


@pytest.fixture
def listener() -> Iterator[Listener]:
    listener = Listener()
    yield listener
    listener.stop()


def listen(provider: StripeClient, url: str, *types: Any) -> str:
    """Subscribe; the secret."""
    made = provider.v1.webhook_endpoints.create({"url": url, "enabled_events": list(types or ("*",))})
    return str(made.secret)


def setup_page(provider: StripeClient) -> Any:
    customer = provider.v1.customers.create({"email": "ada@example.com"})
    return provider.v1.checkout.sessions.create(
        {"mode": "setup", "customer": customer.id, "currency": "chf", "success_url": BACK}
    )


def payment_page(provider: StripeClient, name: str = "Invoice 17") -> Any:
    price: Any = {"currency": "chf", "unit_amount": 1990, "product_data": {"name": name}}
    return provider.v1.checkout.sessions.create(
        {"mode": "payment", "success_url": BACK, "line_items": [{"quantity": 1, "price_data": price}]}
    )


def test_a_card_saved_on_the_page_is_charged_later(provider: StripeClient) -> None:
    session = setup_page(provider)
    assert "ada@example.com" in browse(session.url)[1]

    sent = browse(session.url, {"outcome": "pay", "card": VISA})

    assert sent == (303, f"http://127.0.0.1:9/done?session={session.id}")
    intent: Any = provider.v1.setup_intents.retrieve(session.setup_intent)
    paid = provider.v1.payment_intents.create(
        {
            "amount": 1990,
            "currency": "chf",
            "customer": intent.customer,
            "payment_method": intent.payment_method,
        }
        | {"off_session": True, "confirm": True}
    )
    assert (intent.status, paid.status) == ("succeeded", "succeeded")
    assert provider.v1.checkout.sessions.retrieve(session.id).status == "complete"
    assert "nothing left to do" in browse(session.url)[1]


def test_a_payment_declined_on_the_page_can_be_tried_again_there(provider: StripeClient) -> None:
    session = payment_page(provider)

    status, shown = browse(session.url, {"outcome": "decline", "card": VISA})
    again = browse(session.url, {"outcome": "pay", "card": VISA})

    assert (status, again[0]) == (200, 303)
    assert "Your card was declined." in shown
    done = provider.v1.checkout.sessions.retrieve(session.id)
    assert (done.status, done.payment_status) == ("complete", "paid")
    tries = provider.v1.charges.list({"payment_intent": str(done.payment_intent)}).data
    assert [one.status for one in tries] == ["succeeded", "failed"]


@pytest.mark.parametrize(("answer", "status"), [("confirm", "complete"), ("refuse", "open")])
def test_the_bank_asks_and_its_customer_answers(provider: StripeClient, answer: str, status: str) -> None:
    session = payment_page(provider)
    address = session.url.partition("/checkout/")[0]

    _, to_bank = browse(session.url, {"outcome": "pay", "card": ASKS_ALWAYS})
    assert "CHF 19.90" in browse(address + to_bank)[1]
    _, back = browse(address + to_bank, {"outcome": answer})

    assert provider.v1.checkout.sessions.retrieve(session.id).status == status
    if answer == "refuse":
        assert "failed authentication" in browse(address + back)[1]
    else:
        assert back == f"http://127.0.0.1:9/done?session={session.id}"


def test_the_button_makes_the_bank_ask_whatever_the_card(provider: StripeClient) -> None:
    session = setup_page(provider)
    address = session.url.partition("/checkout/")[0]

    _, to_bank = browse(session.url, {"outcome": "authenticate", "card": SAVES_THEN_DECLINES})
    browse(address + to_bank, {"outcome": "confirm"})

    intent: Any = provider.v1.setup_intents.retrieve(session.setup_intent, {"expand": ["payment_method"]})
    assert (intent.status, intent.payment_method.card.last4) == ("succeeded", "0341")


def test_a_payment_that_failed_off_session_is_completed_at_the_bank(provider: StripeClient) -> None:
    customer = provider.v1.customers.create({})
    method = provider.v1.payment_methods.attach("pm_card_authenticationRequired", {"customer": customer.id})
    with pytest.raises(stripe.CardError) as refused:
        provider.v1.payment_intents.create(
            {"amount": 1990, "currency": "chf", "customer": customer.id, "payment_method": method.id}
            | {"off_session": True, "confirm": True}
        )
    assert refused.value.error is not None
    intent: Any = refused.value.error.payment_intent

    asked: Any = provider.v1.payment_intents.confirm(
        intent.id, {"payment_method": method.id, "return_url": "http://127.0.0.1:9/back?invoice=17"}
    )
    _, back = browse(asked.next_action.redirect_to_url.url, {"outcome": "confirm"})

    assert back.startswith(f"http://127.0.0.1:9/back?invoice=17&payment_intent={intent.id}&")
    assert back.endswith("redirect_status=succeeded")
    assert provider.v1.payment_intents.retrieve(intent.id).status == "succeeded"


def test_what_a_seller_writes_is_shown_and_never_run(provider: StripeClient) -> None:
    session = payment_page(provider, "<script>alert(1)</script>")

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


def test_a_page_refuses_what_its_form_does_not_have(provider: StripeClient) -> None:
    session = payment_page(provider)

    assert browse(session.url, {"outcome": "steal"})[0] == 400
    assert "choose one of the list" in browse(session.url, {"outcome": "pay", "card": "1234"})[1]


def test_notifications_are_signed_and_come_in_order(provider: StripeClient, listener: Listener) -> None:
    secret = listen(provider, listener.url, "payment_intent.succeeded", "charge.succeeded")

    paid = charge(provider)

    until(lambda: len(listener.heard) == 2)
    events = [provider.construct_event(body, signed, secret) for body, signed in listener.heard]
    assert [event.type for event in events] == ["charge.succeeded", "payment_intent.succeeded"]
    assert events[1].data.object["id"] == paid.id
    with pytest.raises(SignatureVerificationError):
        provider.construct_event(listener.heard[0][0] + b" ", listener.heard[0][1], secret)
    until(lambda: provider.v1.events.retrieve(events[0].id).pending_webhooks == 0)


def test_a_notification_that_was_refused_comes_again(address: str, provider: StripeClient) -> None:
    listener = Listener(refuse=1)
    listen(provider, listener.url, "customer.created")

    provider.v1.customers.create({})

    until(lambda: len(listener.heard) == 2)
    listener.stop()
    first, second = (json.loads(body)["id"] for body, _ in listener.heard)
    assert first == second
    sent = until(lambda: [one for one in lever(address, "deliveries")["data"] if one["state"] == "delivered"])
    assert (sent[0]["tries"], lever(address, "health")["pending_deliveries"]) == (2, 0)


def test_another_keys_events_are_told_to_nobody_else(
    address: str, provider: StripeClient, listener: Listener
) -> None:
    listen(provider, listener.url, "customer.created")
    other = client(address, "sk_test_globex")

    foreign = other.v1.customers.create({})
    own = provider.v1.customers.create({})

    until(lambda: listener.heard)
    assert [json.loads(body)["data"]["object"]["id"] for body, _ in listener.heard] == [own.id]
    with pytest.raises(stripe.InvalidRequestError) as refused:
        provider.v1.customers.retrieve(foreign.id)
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
    address: str, provider: StripeClient, listener: Listener, kind: str, heard: list[str]
) -> None:
    listen(provider, listener.url, "customer.created")
    lever(address, "faults", {"kind": kind, "on": "customer.*", "seconds": 0.3})

    for name in ("one", "two"):
        provider.v1.customers.create({"name": name})

    until(lambda: len(listener.heard) == len(heard))
    assert [json.loads(body)["data"]["object"]["name"] for body, _ in listener.heard] == heard
    assert lever(address, "faults") == {"data": []}


@pytest.mark.parametrize("kind", ["forge_notification", "stale_notification"])
def test_a_false_notification_is_not_believed(
    address: str, provider: StripeClient, listener: Listener, kind: str
) -> None:
    secret = listen(provider, listener.url, "customer.created")
    lever(address, "faults", {"kind": kind})

    provider.v1.customers.create({})

    until(lambda: listener.heard)
    with pytest.raises(SignatureVerificationError):
        provider.construct_event(*listener.heard[0], secret)


def test_a_lost_notification_can_be_sent_again(
    address: str, provider: StripeClient, listener: Listener
) -> None:
    listen(provider, listener.url, "customer.created")
    lever(address, "faults", {"kind": "drop_notification"})
    provider.v1.customers.create({})
    lost = provider.v1.events.list({"type": "customer.created"}).data[0]

    assert lever(address, f"events/{lost.id}/deliver", {}) == {"deliveries": 1}

    until(lambda: listener.types() == ["customer.created"])


def test_a_lost_answer_is_found_by_the_same_key_and_charges_once(
    address: str, provider: StripeClient
) -> None:
    customer, method = saved_card(provider)
    wanted: Any = {"amount": 1990, "currency": "chf", "customer": customer, "payment_method": method}
    wanted |= {"off_session": True, "confirm": True}
    lever(address, "faults", {"kind": "lose_answer", "on": "POST /v1/payment_intents"})

    with pytest.raises(stripe.APIConnectionError):
        provider.v1.payment_intents.create(wanted, {"idempotency_key": "pay_1"})
    found = provider.v1.payment_intents.create(wanted, {"idempotency_key": "pay_1"})

    charges = lever(address, "charges")
    assert [one["payment_intent"] for one in charges["data"]] == [found.id]
    assert charges["collected"] == {"chf": 1990}


def test_a_failure_after_the_effect_stays_the_answer_of_its_key(address: str, provider: StripeClient) -> None:
    lever(address, "faults", {"kind": "fail_after_effect", "on": "POST /v1/customers"})

    for _ in range(2):
        with pytest.raises(stripe.APIError) as failed:
            provider.v1.customers.create({"name": "Ada"}, {"idempotency_key": "create_1"})
        assert failed.value.http_status == 500

    assert [one.name for one in provider.v1.customers.list().data] == ["Ada"]


@pytest.mark.parametrize(
    ("kind", "error", "status"),
    [
        ("fail", stripe.APIError, 500),
        ("too_many_requests", stripe.RateLimitError, 429),
        ("in_use", stripe.APIError, 409),
    ],
)
def test_a_request_that_was_turned_away_did_nothing(
    address: str, provider: StripeClient, kind: str, error: type[stripe.StripeError], status: int
) -> None:
    lever(address, "faults", {"kind": kind, "on": "POST /v1/customers"})

    with pytest.raises(error) as failed:
        provider.v1.customers.create({"name": "Ada"}, {"idempotency_key": "create_1"})

    assert failed.value.http_status == status
    assert provider.v1.customers.list().data == []
    assert provider.v1.customers.create({"name": "Ada"}, {"idempotency_key": "create_1"}).name == "Ada"


def test_the_sdk_gets_over_a_lost_answer_by_itself(address: str) -> None:
    provider = client(address, retries=2)
    lever(address, "faults", {"kind": "lose_answer", "on": "POST /v1/customers"})

    made = provider.v1.customers.create({"name": "Ada"})

    assert [one.id for one in provider.v1.customers.list().data] == [made.id]


def test_a_saved_card_can_turn_bad(address: str, provider: StripeClient) -> None:
    customer, method = saved_card(provider)
    wanted: Any = {"amount": 1990, "currency": "chf", "customer": customer, "payment_method": method}
    wanted |= {"off_session": True, "confirm": True}

    lever(address, f"cards/{method}", {"number": "4000000000009995"})
    with pytest.raises(stripe.CardError) as poor:
        provider.v1.payment_intents.create(wanted)
    lever(address, f"cards/{method}", {"number": VISA})
    lever(address, f"cards/{method}", {"expired": True})
    with pytest.raises(stripe.CardError) as expired:
        provider.v1.payment_intents.create(wanted)

    assert poor.value.error is not None
    assert (poor.value.error.decline_code, expired.value.code) == ("insufficient_funds", "expired_card")


def test_time_can_be_set(address: str, provider: StripeClient) -> None:
    lever(address, "clock", {"now": "2023-11-01T00:00:00Z"})
    customer = provider.v1.customers.create({"name": "Ada"}, {"idempotency_key": "create_1"})
    session = setup_page(provider)
    paid: Any = charge(provider, expand=["latest_charge.balance_transaction"])

    lever(address, "clock", {"now": "2023-11-03T00:00:00Z"})

    assert customer.created == 1698796800
    assert paid.latest_charge.balance_transaction.status == "pending"
    moved = provider.v1.balance_transactions.retrieve(paid.latest_charge.balance_transaction.id)
    assert moved.status == "available"
    assert provider.v1.checkout.sessions.retrieve(session.id).status == "expired"
    assert "Its time is over" in browse(session.url)[1]
    again = provider.v1.customers.create({"name": "Ada"}, {"idempotency_key": "create_1"})
    assert again.id != customer.id
    assert lever(address, "clock", {"now": None})["clock"] == "running"


def test_a_refund_can_fail_later(address: str, provider: StripeClient) -> None:
    paid = charge(provider, 1990, card="pm_card_refundFail")
    refund = provider.v1.refunds.create({"payment_intent": paid.id})

    failed = lever(address, f"refunds/{refund.id}", {"status": "failed"})

    assert (refund.status, failed["status"], failed["failure_reason"]) == ("succeeded", "failed", "unknown")
    assert lever(address, "charges")["collected"] == {"chf": 1990}
    assert provider.v1.events.list({"type": "refund.failed"}).data[0].data.object["id"] == refund.id


@pytest.mark.parametrize(
    ("path", "body", "words"),
    [
        ("faults", {"kind": "earthquake"}, "Unknown kind of fault"),
        ("faults", {"kind": "fail", "times": 0}, "a number from 1"),
        ("faults", {"kind": "fail", "when": "now"}, "Unknown field when"),
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


def test_what_stripe_has_and_the_simulator_has_not_is_refused_not_ignored(provider: StripeClient) -> None:
    with pytest.raises(stripe.InvalidRequestError) as refused:
        provider.v1.payment_intents.create({"amount": 1990, "currency": "chf", "on_behalf_of": "acct_1"})

    assert (refused.value.code, refused.value.param) == ("simulator_unsupported", "on_behalf_of")


def test_only_this_machine_is_notified(provider: StripeClient) -> None:
    with pytest.raises(stripe.InvalidRequestError) as refused:
        listen(provider, "http://192.0.2.1/webhooks")

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


def test_everything_is_still_known_after_a_restart(tmp_path: Path) -> None:
    state, listener = tmp_path / "state.db", Listener()
    with Simulator(state=state) as simulator:
        provider = client(simulator.address)
        secret = listen(provider, listener.url, "payment_intent.succeeded")
        lever(
            simulator.address,
            "faults",
            {"kind": "delay_notification", "on": "payment_intent.*", "seconds": 1},
        )
        wanted: Any = {"amount": 1990, "currency": "chf", "payment_method": "pm_card_visa"}
        wanted |= {"off_session": True, "confirm": True}
        paid = provider.v1.payment_intents.create(wanted, {"idempotency_key": "pay_1"})

    with Simulator(state=state) as simulator:
        provider = client(simulator.address)
        again = provider.v1.payment_intents.create(wanted, {"idempotency_key": "pay_1"})
        until(lambda: listener.heard)
        told = provider.construct_event(*listener.heard[0], secret)
    listener.stop()

    assert (again.id, told.data.object["id"]) == (paid.id, paid.id)


def test_the_same_requests_give_the_same_ids(tmp_path: Path) -> None:
    seen = []
    for name in ("one.db", "two.db"):
        with Simulator(state=tmp_path / name) as simulator:
            lever(simulator.address, "clock", {"now": "2025-01-01T00:00:00Z"})
            paid = charge(client(simulator.address), expand=["latest_charge.balance_transaction"])
            seen.append(json.dumps(paid.to_dict(), sort_keys=True).replace(simulator.address, ""))

    assert seen[0] == seen[1]


def test_every_field_the_sdk_declares_is_there_and_set_where_it_must_be(
    address: str, provider: StripeClient
) -> None:
    made = listen(provider, "http://127.0.0.1:9/webhooks", "charge.failed")
    assert made
    session = setup_page(provider)
    browse(session.url, {"outcome": "pay", "card": VISA})
    paid = charge(provider)
    refund = provider.v1.refunds.create({"payment_intent": paid.id})
    examples: list[Any] = [
        provider.v1.customers.list().data[0],
        provider.v1.payment_methods.retrieve(str(paid.payment_method)),
        provider.v1.setup_intents.retrieve(session.setup_intent),
        provider.v1.checkout.sessions.retrieve(session.id),
        provider.v1.payment_intents.retrieve(paid.id),
        provider.v1.charges.retrieve(str(paid.latest_charge)),
        provider.v1.balance_transactions.retrieve(str(refund.balance_transaction)),
        refund,
        provider.v1.events.list().data[0],
        provider.v1.webhook_endpoints.list().data[0],
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

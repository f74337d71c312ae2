"""What can be made to go wrong at the simulator, and that it forgets nothing."""

from __future__ import annotations

import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import stripe
from stripe import StripeClient

from local.stripe.server import Simulator
from tests.contract.provider import (
    Listener,
    browse,
    charge,
    client,
    lever,
    listen,
    saved_card,
    setup_page,
    until,
)

VISA = "4242424242424242"


def test_a_lost_answer_is_found_by_the_same_key_and_charges_once(address: str, acme: StripeClient) -> None:
    customer, method = saved_card(acme)
    wanted: Any = {"amount": 1990, "currency": "chf", "customer": customer, "payment_method": method}
    wanted |= {"off_session": True, "confirm": True}
    lever(address, "faults", {"kind": "lose_answer", "on": "POST /v1/payment_intents"})

    with pytest.raises(stripe.APIConnectionError):
        acme.v1.payment_intents.create(wanted, {"idempotency_key": "pay_1"})
    found = acme.v1.payment_intents.create(wanted, {"idempotency_key": "pay_1"})

    charges = lever(address, "charges")
    assert [one["payment_intent"] for one in charges["data"]] == [found.id]
    assert charges["collected"] == {"chf": 1990}


def test_the_same_key_from_eight_sides_at_once_charges_once(address: str, acme: StripeClient) -> None:
    customer, method = saved_card(acme)
    wanted: Any = {"amount": 1990, "currency": "chf", "customer": customer, "payment_method": method}
    wanted |= {"off_session": True, "confirm": True}

    def pay(_: int) -> str:
        return client(address).v1.payment_intents.create(wanted, {"idempotency_key": "pay_1"}).id

    with ThreadPoolExecutor(8) as pool:
        assert len(set(pool.map(pay, range(8)))) == 1

    assert lever(address, "charges")["collected"] == {"chf": 1990}


def test_a_failure_after_the_effect_stays_the_answer_of_its_key(address: str, acme: StripeClient) -> None:
    lever(address, "faults", {"kind": "fail_after_effect", "on": "POST /v1/customers"})

    for _ in range(2):
        with pytest.raises(stripe.APIError) as failed:
            acme.v1.customers.create({"name": "Ada"}, {"idempotency_key": "create_1"})
        assert failed.value.http_status == 500

    assert [one.name for one in acme.v1.customers.list().data] == ["Ada"]


@pytest.mark.parametrize(
    ("kind", "error", "status"),
    [
        ("fail", stripe.APIError, 500),
        ("too_many_requests", stripe.RateLimitError, 429),
        ("in_use", stripe.APIError, 409),
    ],
)
def test_a_request_that_was_turned_away_did_nothing(
    address: str, acme: StripeClient, kind: str, error: type[stripe.StripeError], status: int
) -> None:
    lever(address, "faults", {"kind": kind, "on": "POST /v1/customers"})

    with pytest.raises(error) as failed:
        acme.v1.customers.create({"name": "Ada"}, {"idempotency_key": "create_1"})

    assert failed.value.http_status == status
    assert acme.v1.customers.list().data == []
    assert acme.v1.customers.create({"name": "Ada"}, {"idempotency_key": "create_1"}).name == "Ada"


def test_the_sdk_gets_over_a_lost_answer_by_itself(address: str) -> None:
    acme = client(address, retries=2)
    lever(address, "faults", {"kind": "lose_answer", "on": "POST /v1/customers"})

    made = acme.v1.customers.create({"name": "Ada"})

    assert [one.id for one in acme.v1.customers.list().data] == [made.id]


def test_a_saved_card_can_turn_bad(address: str, acme: StripeClient) -> None:
    customer, method = saved_card(acme)
    wanted: Any = {"amount": 1990, "currency": "chf", "customer": customer, "payment_method": method}
    wanted |= {"off_session": True, "confirm": True}

    lever(address, f"cards/{method}", {"number": "4000000000009995"})
    with pytest.raises(stripe.CardError) as poor:
        acme.v1.payment_intents.create(wanted)
    lever(address, f"cards/{method}", {"number": VISA})
    lever(address, f"cards/{method}", {"expired": True})
    with pytest.raises(stripe.CardError) as expired:
        acme.v1.payment_intents.create(wanted)

    assert poor.value.error is not None
    assert (poor.value.error.decline_code, expired.value.code) == ("insufficient_funds", "expired_card")


def test_time_can_be_set(address: str, acme: StripeClient) -> None:
    lever(address, "clock", {"now": "2023-11-01T00:00:00Z"})
    customer = acme.v1.customers.create({"name": "Ada"}, {"idempotency_key": "create_1"})
    session = setup_page(acme)
    paid: Any = charge(acme, expand=["latest_charge.balance_transaction"])

    lever(address, "clock", {"now": "2023-11-03T00:00:00Z"})

    assert customer.created == 1698796800
    assert paid.latest_charge.balance_transaction.status == "pending"
    moved = acme.v1.balance_transactions.retrieve(paid.latest_charge.balance_transaction.id)
    assert moved.status == "available"
    assert acme.v1.checkout.sessions.retrieve(session.id).status == "expired"
    assert "Its time is over" in browse(session.url)[1]
    again = acme.v1.customers.create({"name": "Ada"}, {"idempotency_key": "create_1"})
    assert again.id != customer.id
    assert lever(address, "clock", {"now": None})["clock"] == "running"


def test_a_refund_can_fail_later(address: str, acme: StripeClient) -> None:
    paid = charge(acme, 1990, card="pm_card_refundFail")
    refund = acme.v1.refunds.create({"payment_intent": paid.id})

    failed = lever(address, f"refunds/{refund.id}", {"status": "failed"})

    assert (refund.status, failed["status"], failed["failure_reason"]) == ("succeeded", "failed", "unknown")
    assert lever(address, "charges")["collected"] == {"chf": 1990}
    assert acme.v1.events.list({"type": "refund.failed"}).data[0].data.object["id"] == refund.id


def test_a_misfortune_asked_for_with_a_key_meets_nobody_else(address: str) -> None:
    ours, theirs = client(address, "sk_test_ours"), client(address, "sk_test_theirs")
    for key in ("sk_test_ours", "sk_test_theirs"):
        lever(address, "faults", {"kind": "fail", "on": "POST /v1/customers"}, key=key)

    lever(address, "faults", method="DELETE", key="sk_test_theirs")
    assert theirs.v1.customers.create({}).id
    assert lever(address, "faults", key="sk_test_theirs") == {"data": []}
    with pytest.raises(stripe.APIError):
        ours.v1.customers.create({})

    assert lever(address, "faults") == {"data": []}


def test_a_misfortune_of_one_customer_meets_nobody_else(address: str, acme: StripeClient) -> None:
    (ada, visa), (grace, other) = saved_card(acme), saved_card(acme)
    wanted: Any = {"amount": 1990, "currency": "chf", "off_session": True, "confirm": True}
    lever(address, "faults", {"kind": "fail", "on": "POST /v1/payment_intents*", "customer": grace})
    lever(address, "faults", {"kind": "too_many_requests", "on": "POST /v1/refunds", "customer": grace})
    lever(address, "faults", {"kind": "drop_notification", "on": "refund.created", "customer": grace})

    paid = acme.v1.payment_intents.create(wanted | {"customer": ada, "payment_method": visa})
    acme.v1.refunds.create({"payment_intent": paid.id})
    with pytest.raises(stripe.APIError):
        acme.v1.payment_intents.create(wanted | {"customer": grace, "payment_method": other})
    paid = acme.v1.payment_intents.create(wanted | {"customer": grace, "payment_method": other})
    with pytest.raises(stripe.RateLimitError):
        acme.v1.refunds.create({"payment_intent": paid.id})

    [left] = lever(address, "faults")["data"]
    assert (left["kind"], left["customer"]) == ("drop_notification", grace)
    listen(acme, "http://127.0.0.1:9/", "refund.created")
    acme.v1.refunds.create({"payment_intent": paid.id})
    assert lever(address, "faults") == {"data": []}
    assert lever(address, "deliveries")["data"] == []


def test_everything_is_still_known_after_a_restart(tmp_path: Path) -> None:
    state, listener = tmp_path / "state.db", Listener()
    with Simulator(state=state) as simulator:
        acme = client(simulator.address)
        secret = listen(acme, listener.url, "payment_intent.succeeded")
        lever(
            simulator.address,
            "faults",
            {"kind": "delay_notification", "on": "payment_intent.*", "seconds": 1},
        )
        wanted: Any = {"amount": 1990, "currency": "chf", "payment_method": "pm_card_visa"}
        wanted |= {"off_session": True, "confirm": True}
        paid = acme.v1.payment_intents.create(wanted, {"idempotency_key": "pay_1"})

    with Simulator(state=state) as simulator:
        acme = client(simulator.address)
        again = acme.v1.payment_intents.create(wanted, {"idempotency_key": "pay_1"})
        until(lambda: listener.heard)
        told = acme.construct_event(*listener.heard[0], secret)
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


def start(state: Path, port: int = 0) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "local.stripe", "--port", str(port), "--state", str(state)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)  # noqa: S603


def test_the_command_runs_until_it_is_told_to_end_and_says_what_is_in_its_way(tmp_path: Path) -> None:
    state, broken = tmp_path / "state.db", tmp_path / "broken.db"
    broken.write_text("this is no database" * 100)
    with start(state) as first:
        try:
            assert first.stdout is not None
            address = first.stdout.readline().split()[-1]
            port = address.rpartition(":")[2]
            others = [start(state), start(tmp_path / "other.db", int(port)), start(broken)]
            said = [(other.communicate(timeout=30)[1], other.returncode) for other in others]
            health = lever(address, "health")
        finally:
            first.terminate()

    refused = [(words.partition(" cannot be used")[0], code) for words, code in said]
    assert refused == [(str(state), 1), (f"Port {port}", 1), (str(broken), 1)]
    assert (health["status"], first.returncode) == ("ok", 0)

"""The real adapter and the official SDK against the simulated provider, from the hosted page to the books."""

import json
from datetime import UTC, datetime

import boto3
import pytest
import stripe

from billing.core.money import Money
from local.stripe.server import Simulator
from payments import providers
from payments.provider import ChargeOrder
from tests.contract.provider import Listener, browse, lever, until
from tests.integration.payments.conftest import Payments

ADA = "cus_ada"


class PaymentsAtStripe(Payments):
    """Payments with the simulator instead of a provider in memory."""

    def __init__(self, monkeypatch, address, listener) -> None:
        super().__init__(monkeypatch)
        monkeypatch.setattr(providers, "provider_of", self.open_provider)
        monkeypatch.setenv("STAGE", "local")
        monkeypatch.setenv("STRIPE_ADDRESS", address)
        self.address, self.listener = address, listener
        self.stripe = stripe.StripeClient("sk_test_acme", base_addresses={"api": address}).v1

    def connect(self):
        """Register the webhook's address, and keep the secret it is signed with."""
        params = {"url": self.listener.url, "enabled_events": ["*"]}
        secret = self.stripe.webhook_endpoints.create(params).secret
        self.set_credentials({"api_key": "sk_test_acme", "webhook_secrets": [secret]})

    def hosted_page(self, card, **form):
        """Ada saves a card on the provider's page."""
        body = {"return_url": "https://acme.test/account"}
        status, answer = self.ask("POST", f"/payments/customers/{ADA}/setup", body)
        assert status == 201, answer
        self.settle()
        return browse(answer["url"], {"outcome": "pay", "card": card, **form})

    def hear_stripe(self):
        """Let every notification that is under way arrive, as the gateway delivers it; the answers."""
        until(lambda: lever(self.address, "health")["pending_deliveries"] == 0)
        answers = []
        while self.listener.heard:
            body, signature = self.listener.heard.pop(0)
            answers.append(self.post(body, header=signature)[0])
        self.settle()
        return answers

    def save(self, card="4242424242424242"):
        """Ada saves a card and we hear of it."""
        assert self.hosted_page(card)[0] == 303
        self.hear_stripe()

    def charged(self):
        """What the provider says it took."""
        return [c["amount"] for c in lever(self.address, "charges")["data"] if c["status"] == "succeeded"]

    def fault(self, kind, times=1, on="POST /v1/payment_intents"):
        """Ask for a misfortune."""
        assert "kind" in lever(self.address, "faults", {"kind": kind, "on": on, "times": times})


@pytest.fixture
def shop(monkeypatch):
    with Simulator() as simulator:
        listener = Listener()
        world = PaymentsAtStripe(monkeypatch, simulator.address, listener)
        providers._opened.cache_clear()
        world.open_tenant()
        world.connect()
        yield world
        listener.stop()
        providers._read.cache_clear()
        providers._opened.cache_clear()


def test_a_card_saved_on_the_hosted_page_pays_the_invoice(shop):
    shop.finalize()

    shop.save()

    [method] = shop.ask("GET", f"/payments/customers/{ADA}/methods")[1]["methods"]
    assert (method["rail"], method["label"], method["default"]) == ("card", "Visa ending in 4242", True)
    assert shop.attempts() == [(1, "succeeded")]
    assert shop.charged() == [6378]
    assert set(shop.hear_stripe()) == {200}
    assert shop.balances() == {"provider_clearing": 6378, "collections": -6378}
    assert shop.ask("GET", "/payments/reconciliation")[1] == {
        "agrees": True,
        "matched": 1,
        "differences": [],
    }
    assert len(shop.said("PaymentSucceeded.v1")) == 1
    assert shop.dead == []


def test_a_declined_card_and_its_replacement(shop):
    shop.save("4000000000000341")
    shop.finalize()
    shop.hear_stripe()
    assert shop.attempts() == [(1, "failed")]
    assert shop.said("PaymentFailed.v1")[0]["reason"] == "do_not_honor"

    shop.save("5555555555554444")
    shop.hear_stripe()

    assert shop.attempts() == [(1, "failed"), (2, "succeeded")]
    assert shop.charged() == [6378]
    assert shop.ask("GET", "/payments/reconciliation")[1]["agrees"]


def test_insufficient_funds_and_an_expired_card_have_their_reasons(shop):
    shop.save()
    [method] = shop.ask("GET", f"/payments/customers/{ADA}/methods")[1]["methods"]

    lever(shop.address, f"cards/{method['id']}", {"number": "4000000000009995"})
    shop.finalize("inv_1")
    lever(shop.address, f"cards/{method['id']}", {"number": "4000000000000069"})
    shop.finalize("inv_2")

    said = [(f["reason"], f["advice"]) for f in shop.said("PaymentFailed.v1")]
    assert said == [("insufficient_funds", "retry_later"), ("card_expired", "new_instrument")]


def test_a_bank_that_asks_gets_its_customer_by_a_link(shop):
    page = shop.hosted_page("4000002760003184")
    assert page[0] == 303
    browse(f"{shop.address}{page[1]}" if page[1].startswith("/") else page[1], {"outcome": "confirm"})
    shop.hear_stripe()
    shop.finalize()
    shop.hear_stripe()

    assert shop.attempts() == [(1, "requires_action")]
    [required] = shop.said("PaymentActionRequired.v1")
    assert shop.said("PaymentFailed.v1") == []

    assert browse(required["action_url"], {"outcome": "confirm"})[0] == 303
    shop.hear_stripe()

    assert shop.attempts() == [(1, "succeeded")]
    assert shop.charged() == [6378]
    assert shop.balances() == {"provider_clearing": 6378, "collections": -6378}


def test_a_bank_asked_by_a_webhook_and_by_a_late_answer_is_asked_once(shop):
    page = shop.hosted_page("4000002760003184")
    browse(f"{shop.address}{page[1]}" if page[1].startswith("/") else page[1], {"outcome": "confirm"})
    shop.hear_stripe()
    shop.fault("lose_answer", times=2)
    shop.finalize()
    assert shop.attempts() == [(1, "unknown")]
    shop.hear_stripe()  # the refusal's webhook comes first, and asks the bank
    [required] = shop.said("PaymentActionRequired.v1")

    collection = shop.ask("GET", "/payments/invoices/inv_1")[1]
    [attempt] = collection["attempts"]
    order = ChargeOrder(
        attempt=attempt["id"],
        invoice="inv_1",
        number=1,
        payer=shop.stripe.customers.list().data[0].id,
        method=attempt["method"],
        rail="card",
        amount=Money(6378, "USD"),
        description=collection["number"],
        return_url="https://acme.test/account",
    )
    outcome = providers.provider_of("ten_a").charge(order)

    assert (outcome.status, outcome.action_url) == ("requires_action", required["action_url"])
    assert shop.dead == []


def test_a_customer_who_refuses_the_bank_has_not_paid(shop):
    page = shop.hosted_page("4000002760003184")
    browse(f"{shop.address}{page[1]}" if page[1].startswith("/") else page[1], {"outcome": "confirm"})
    shop.hear_stripe()
    shop.finalize()
    [required] = shop.said("PaymentActionRequired.v1")

    browse(required["action_url"], {"outcome": "refuse"})
    shop.hear_stripe()

    assert shop.attempts() == [(1, "failed")]
    assert shop.charged() == []


@pytest.mark.parametrize("kind", ["lose_answer", "fail_after_effect"])
def test_a_charge_whose_answer_is_lost_is_found_and_not_repeated(shop, kind):
    shop.save()
    shop.fault(kind, times=2)  # the SDK asks once more

    shop.finalize()
    assert shop.attempts() == [(1, "unknown")]
    shop.later(minutes=2)

    assert shop.attempts() == [(1, "succeeded")]
    assert shop.charged() == [6378]
    shop.hear_stripe()
    assert shop.balances() == {"provider_clearing": 6378, "collections": -6378}


def test_a_lost_answer_is_told_by_the_webhook_first(shop):
    shop.save()
    shop.fault("lose_answer", times=2)
    shop.finalize()

    shop.hear_stripe()

    assert shop.attempts() == [(1, "succeeded")]
    assert shop.charged() == [6378]


@pytest.mark.parametrize("kind", ["too_many_requests", "in_use", "fail"])
def test_a_charge_the_provider_did_not_take_goes_again_under_its_key(shop, kind):
    shop.save()
    shop.fault(kind, times=2)

    shop.finalize()
    assert shop.attempts()[0][1] in {"submitted", "unknown"}
    for _ in range(3):
        shop.later(minutes=16)

    assert shop.attempts() == [(1, "succeeded")]
    assert shop.charged() == [6378]
    assert shop.dead == []


def test_a_wrong_key_charges_nothing_and_goes_on_once_it_is_right(shop):
    shop.save()
    right = boto3.client("ssm").get_parameter(
        Name="/billing/test/payments/ten_a/stripe", WithDecryption=True
    )["Parameter"]["Value"]
    shop.set_credentials(json.loads(right) | {"api_key": "nonsense"})
    providers._opened.cache_clear()
    shop.finalize()
    assert shop.attempts() == [(1, "submitted")]

    shop.set_credentials(right)
    providers._opened.cache_clear()
    shop.later(minutes=3)

    assert shop.attempts() == [(1, "succeeded")]


def test_what_a_lost_webhook_told_is_found_in_the_providers_list(shop):
    shop.fault("drop_notification", times=9, on="*")
    shop.hosted_page("4242424242424242")
    shop.finalize()
    assert shop.hear_stripe() == []
    assert shop.attempts() == []

    shop.later(minutes=6)

    assert shop.attempts() == [(1, "succeeded")]
    assert shop.charged() == [6378]


@pytest.mark.parametrize("kind", ["duplicate_notification", "reorder_notification"])
def test_webhooks_told_twice_or_out_of_order_change_nothing(shop, kind):
    shop.fault(kind, times=4, on="*")
    shop.finalize()

    shop.save()
    shop.hear_stripe()

    assert shop.attempts() == [(1, "succeeded")]
    assert shop.charged() == [6378]
    assert len(shop.said("PaymentMethodSaved.v1")) == len(shop.said("PaymentSucceeded.v1")) == 1
    assert shop.dead == []


@pytest.mark.parametrize("kind", ["forge_notification", "stale_notification"])
def test_a_notification_that_proves_nothing_is_refused(shop, kind):
    shop.hear_stripe()
    shop.fault(kind, on="setup_intent.succeeded")
    shop.hosted_page("4242424242424242")

    assert 400 in shop.hear_stripe()


def test_a_method_can_be_forgotten_twice(shop):
    shop.save()
    [method] = shop.ask("GET", f"/payments/customers/{ADA}/methods")[1]["methods"]
    path = f"/payments/customers/{ADA}/methods/{method['id']}"

    assert shop.ask("DELETE", path, key="k")[0] == 200
    assert shop.ask("DELETE", path, key="k")[0] == 200

    assert shop.ask("GET", f"/payments/customers/{ADA}/methods")[1]["methods"] == []
    assert shop.ask("DELETE", path)[0] == 404


def refund(shop, minor=None):
    body = {} if minor is None else {"minor": minor}
    answer = shop.ask("POST", "/payments/invoices/inv_1/refunds", body)
    shop.settle()
    return answer


def refunds(shop):
    return sorted((r["amount"]["minor"], r["status"]) for r in shop.collection()["refunds"])


def test_a_part_goes_back_then_the_rest_and_the_books_agree(shop):
    shop.save()
    shop.finalize()

    refund(shop, 1000)
    refund(shop)
    shop.hear_stripe()

    assert refunds(shop) == [(1000, "succeeded"), (5378, "succeeded")]
    assert shop.balances() == {"provider_clearing": 0, "collections": 0}
    assert shop.ask("GET", "/payments/reconciliation")[1]["agrees"]
    assert len(shop.said("RefundSucceeded.v1")) == 2


@pytest.mark.parametrize("kind", ["lose_answer", "fail_after_effect", "too_many_requests"])
def test_a_refund_whose_answer_is_lost_goes_back_once(shop, kind):
    shop.save()
    shop.finalize()
    shop.fault(kind, times=2, on="POST /v1/refunds")

    refund(shop, 1000)
    assert refunds(shop)[0][1] in {"unknown", "submitted"}
    for _ in range(2):
        shop.later(minutes=16)

    assert refunds(shop) == [(1000, "succeeded")]
    assert lever(shop.address, "charges")["data"][0]["amount_refunded"] == 1000
    shop.hear_stripe()
    assert len(shop.said("RefundSucceeded.v1")) == 1


def test_a_refund_the_bank_sends_back_later_is_reversed(shop):
    shop.save()
    shop.finalize()
    refund(shop, 1000)
    shop.hear_stripe()

    [made] = shop.collection()["refunds"]
    lever(shop.address, f"refunds/{made['provider_ref']}", {"status": "failed"})
    shop.hear_stripe()

    assert refunds(shop) == [(1000, "failed")]
    assert shop.said("RefundFailed.v1")[0]["returned"]
    assert shop.balances() == {"provider_clearing": 6378, "collections": -6378}


def test_a_refund_made_elsewhere_shows_in_the_reconciliation(shop):
    shop.save()
    shop.finalize()
    ref = shop.collection()["attempts"][0]["provider_ref"]

    shop.stripe.refunds.create({"payment_intent": ref, "amount": 500})
    shop.hear_stripe()

    [difference] = shop.ask("GET", "/payments/reconciliation")[1]["differences"]
    assert (difference["kind"], difference["ours"], difference["theirs"]) == ("amount_differs", 6378, 5878)
    assert shop.dead == []


def test_a_retry_of_the_schedule_is_another_charge_under_another_key(shop):
    shop.save("4000000000000341")
    shop.finalize()
    [method] = shop.ask("GET", f"/payments/customers/{ADA}/methods")[1]["methods"]
    lever(shop.address, f"cards/{method['id']}", {"number": "4242424242424242"})

    shop.advance(datetime(2023, 11, 2, tzinfo=UTC))

    assert shop.attempts() == [(1, "failed"), (2, "succeeded")]
    assert shop.charged() == [6378]
    shop.hear_stripe()
    assert shop.ask("GET", "/payments/reconciliation")[1]["agrees"]


def test_business_time_is_nothing_to_the_provider(shop):
    shop.advance(datetime(2031, 1, 1, tzinfo=UTC))
    shop.save()

    shop.finalize()

    assert shop.collection()["attempts"][0]["created_at"] == "2031-01-01T00:00:00Z"

"""No sequence of requests, pages and misfortunes brings the simulator's own books out of balance."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import pytest
import stripe
from stripe import StripeClient

from local.stripe.cards import BY_NUMBER, BY_TOKEN
from tests.contract.provider import browse, lever, payment_page, setup_page

STEPS = 250
BACK = "http://127.0.0.1:9/back"


class Day:
    """Somebody who does what comes to mind, the same with the same seed."""

    def __init__(self, acme: StripeClient, address: str, seed: int) -> None:
        self.v1, self.acme, self.address = acme.v1, acme, address
        self.chance = random.Random(seed)  # noqa: S311
        self.known: dict[str, list[str]] = {"cus": [], "pm": [], "pi": [], "re": [], "seti": [], "cs": []}
        self.deeds: list[Callable[[], Any]] = [
            self.meet,
            self.save,
            self.pay,
            self.pay,
            self.pay,
            lambda: self.v1.payment_intents.confirm(self.some("pi"), self.how()),
            lambda: self.v1.payment_intents.cancel(self.some("pi")),
            self.give_back,
            self.give_back,
            lambda: lever(address, f"refunds/{self.some('re')}", {"status": "failed"}),
            lambda: lever(address, f"cards/{self.some('pm')}", {"number": self.chance.choice([*BY_NUMBER])}),
            lambda: self.v1.payment_methods.detach(self.some("pm")),
            self.visit,
            lambda: self.answer_bank("pi"),
            lambda: self.answer_bank("seti"),
        ]

    def some(self, kind: str) -> str:
        return self.chance.choice(self.known[kind] or [f"{kind}_nobody"])

    def card(self) -> str:
        return self.chance.choice([self.some("pm"), self.chance.choice([*BY_TOKEN])])

    def how(self) -> Any:
        return {
            "payment_method": self.card(),
            **self.chance.choice([{"off_session": True}, {"return_url": BACK}]),
        }

    def meet(self) -> None:
        self.known["cus"].append(self.v1.customers.create({}).id)

    def save(self) -> None:
        wanted: Any = {"customer": self.some("cus"), "payment_method": self.card(), "confirm": True}
        made = self.v1.setup_intents.create({**wanted, "return_url": BACK})
        self.known["seti"].append(made.id)
        self.known["pm"].append(str(made.payment_method))

    def pay(self) -> None:
        wanted: Any = {
            "amount": self.chance.randint(50, 3000),
            "currency": "chf",
            "customer": self.some("cus"),
        }
        if self.chance.random() < 0.3:
            wanted["setup_future_usage"] = "off_session"
        if self.chance.random() < 0.8:
            wanted |= {"confirm": True, **self.how()}
        made = self.v1.payment_intents.create(wanted)
        self.known["pi"].append(made.id)

    def give_back(self) -> None:
        wanted: Any = {"payment_intent": self.some("pi")}
        if self.chance.random() < 0.7:
            wanted["amount"] = self.chance.randint(1, 1500)
        self.known["re"].append(self.v1.refunds.create(wanted).id)

    def visit(self) -> None:
        page = self.chance.choice([payment_page, setup_page])(self.acme)
        outcome = self.chance.choice(["pay", "decline", "authenticate"])
        browse(page.url, {"outcome": outcome, "card": self.chance.choice([*BY_NUMBER])})
        seen = self.v1.checkout.sessions.retrieve(page.id)
        for kind, intent in (("pi", seen.payment_intent), ("seti", seen.setup_intent)):
            if intent:
                self.known[kind].append(str(intent))

    def answer_bank(self, kind: str) -> None:
        answer = self.chance.choice(["confirm", "refuse"])
        browse(f"{self.address}/authenticate/{self.some(kind)}", {"outcome": answer})


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_whatever_is_done_every_payment_has_one_charge_and_no_refund_too_many(
    acme: StripeClient, address: str, seed: int
) -> None:
    day, refusals = Day(acme, address, seed), set()
    for _ in range(STEPS):
        try:
            day.chance.choice(day.deeds)()
        except stripe.StripeError as refused:
            refusals.add(refused.http_status)

    charges = [*acme.v1.charges.list({"limit": 100}).auto_paging_iter()]
    refunds = [*acme.v1.refunds.list({"limit": 100}).auto_paging_iter()]
    intents = [*acme.v1.payment_intents.list({"limit": 100}).auto_paging_iter()]
    moved = [*acme.v1.balance_transactions.list({"limit": 100}).auto_paging_iter()]
    assert refusals <= {400, 402, 404}
    assert any(intent.status == "succeeded" for intent in intents)
    assert refunds
    for intent in intents:
        paid = [charge for charge in charges if charge.payment_intent == intent.id and charge.paid]
        assert len(paid) == (intent.status == "succeeded")
        assert intent.amount_received == sum(charge.amount for charge in paid)
    for charge in charges:
        given = [one.amount for one in refunds if one.charge == charge.id and one.status != "failed"]
        assert charge.amount_refunded == sum(given) <= charge.amount
    assert sum(one.amount for one in moved) == lever(address, "charges")["collected"].get("chf", 0)

"""What can go wrong at the payment provider, played over one customer's story; the money must not notice.

The story is the same every time: a card is saved, the first invoice charged, a part of it sent back with its
credit note, the second invoice charged a month later. Before each part its misfortunes are asked for.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from local.browser import fill_in
from local.client import ClockFailedError
from local.sandbox import GOOD_CARD, Sandbox

Json = dict[str, Any]
Strike = tuple[str, str, int]  # kind, what it concerns, how often
PARTS = ("card saved", "first charge", "refund", "second charge")
CHARGE, REFUND, ANY = "POST /v1/payment_intents", "POST /v1/refunds", "*"
TRIES = 2  # of one call: the provider's own library repeats it once
PATIENCE, IMPATIENCE = 120.0, 2.0  # seconds to wait for an outcome; before looks are made due


@dataclass(frozen=True)
class Mishap:
    """One way to misbehave: what is asked for before each part of the story."""

    title: str
    strikes: dict[str, list[Strike]] = field(default_factory=dict[str, list[Strike]])


def asked(title: str, kind: str) -> Mishap:
    """Calls go wrong: both charges and the refund, the library's own repeat included."""
    charge, refund = [(kind, CHARGE, TRIES)], [(kind, REFUND, TRIES)]
    return Mishap(title, {"first charge": charge, "refund": refund, "second charge": charge})


def told(title: str, kind: str, times: int = 20) -> Mishap:
    """Notifications go wrong, all of them or the first."""
    return Mishap(title, {part: [(kind, ANY, times)] for part in PARTS})


UNDISTURBED = Mishap("undisturbed")
LOST_ANSWER = asked("answer lost after the effect", "lose_answer")
LOST_WEBHOOK = told("webhook lost", "drop_notification")
MISHAPS = (
    told("webhook twice", "duplicate_notification"),
    told("webhook late", "delay_notification"),
    told("webhook behind the next", "reorder_notification", 1),
    LOST_WEBHOOK,
    told("webhook forged", "forge_notification"),
    LOST_ANSWER,
    asked("500 after the effect", "fail_after_effect"),
    asked("500", "fail"),
    asked("429", "too_many_requests"),
    Mishap(
        "answer and webhook lost",
        {part: [*strikes, *LOST_WEBHOOK.strikes[part]] for part, strikes in LOST_ANSWER.strikes.items()},
    ),
)
SHOWN = (MISHAPS[0], LOST_WEBHOOK, LOST_ANSWER)  # by the demo, which has no time for all


@dataclass
class Trial:
    """One story under one mishap, in a tenant of its own."""

    sandbox: Sandbox
    mishap: Mishap
    customer: str = ""
    struck: dict[str, int] = field(default_factory=dict[str, int])  # how often it struck, by part

    def play(self, catalogue: Json, plan: str) -> Json:
        """Every part; what the books, the documents and the provider say in the end."""
        client, sandbox = self.sandbox.client, self.sandbox
        begins = datetime.fromisoformat(client.clock()["now"])
        client.publish(catalogue)
        address = f"ada.{sandbox.tenant.removeprefix('ten_')}@example.com"
        self.customer = client.create_customer("Ada", address, "ada")["id"]
        sandbox.settle()
        self._part("card saved", self._save_card, lambda: bool(client.methods(self.customer)))
        self._part(
            "first charge", lambda: client.subscribe(self.customer, plan, "USD"), lambda: self._paid(1)
        )
        self._part("refund", self._credit, self._sent_back)
        month = (begins + timedelta(days=31)).replace(day=1)
        self._part("second charge", lambda: None, lambda: self._paid(2), until=month)
        return self.outcome()

    def outcome(self) -> Json:
        """All that must be as if nothing had happened; ids, which differ by tenant, left out."""
        client = self.sandbox.client
        invoices = client.invoices(self.customer)
        shown = ("number", "status", "issued_at", "total", "due")
        first = f"/sales/invoices/{invoices[0]['id']}/credit-notes"
        charges = self.sandbox.provider_list("charges")
        return {
            "invoices": [{name: invoice[name] for name in shown} for invoice in invoices],
            "credit notes": [(note["number"], note["total"]["minor"]) for note in client.ask(first)],
            "sales": client.ask("/sales/books"),
            "payments": client.ask("/payments/books"),
            "reconciliation": client.ask("/payments/reconciliation"),
            "charges": [(c["amount"], c["status"], c["amount_refunded"]) for c in charges[::-1]],
        }

    # --- the parts ---

    def _part(
        self, name: str, begin: Callable[[], Any], done: Callable[[], bool], until: datetime | None = None
    ) -> None:
        """Ask for what goes wrong, begin, and wait until the outcome is there in spite of it."""
        wished = self.mishap.strikes.get(name, [])
        for kind, on, times in wished:
            self.sandbox.misfortune(kind, on, times=times)
        begin()
        self._advance(until)
        self._patiently(done)
        left = sum(fault["times"] for fault in self.sandbox.all_well())
        self.struck[name] = sum(times for _, _, times in wished) - left
        self._advance(until)

    def _save_card(self) -> None:
        body = {"return_url": f"{self.sandbox.cloud.mailbox}/"}
        page = self.sandbox.client.send(f"/payments/customers/{self.customer}/setup", body)
        fill_in(page["url"], {"card": GOOD_CARD, "outcome": "pay"})

    def _credit(self) -> None:
        first = self.sandbox.client.invoices(self.customer)[0]
        line = next(line["id"] for line in first["lines"] if line["name"] == "Set-up")
        wish = {"reason": "goodwill", "lines": {line: 1000}, "refund": True}
        self.sandbox.client.send(f"/sales/invoices/{first['id']}/credit-notes", wish)

    def _paid(self, count: int) -> bool:
        invoices = self.sandbox.client.invoices(self.customer)
        return [invoice["status"] for invoice in invoices] == ["paid"] * count

    def _sent_back(self) -> bool:
        first = self.sandbox.client.invoices(self.customer)[0]["id"]
        refunds = self.sandbox.client.ask(f"/payments/invoices/{first}")["refunds"]
        return [refund["status"] for refund in refunds] == ["succeeded"]

    def _advance(self, until: datetime | None) -> None:
        """Advance the clock to an instant or to where it stands, whatever the provider does meanwhile."""
        client = self.sandbox.client
        self.sandbox.quiet()
        to = until or datetime.fromisoformat(client.clock()["now"])
        client.send("/foundation/clock/advance", {"to": to.isoformat()})
        self._patiently(self._idle)

    def _idle(self) -> bool:
        clock = self.sandbox.client.clock()
        if clock["status"] == "failed":
            raise ClockFailedError(clock["failure"])
        return bool(clock["status"] == "idle")

    def _patiently(self, done: Callable[[], bool]) -> None:
        """Wait until something is so; after a while let the looks be due that are due in some minutes."""
        begun = looked = time.monotonic()
        while not done():
            now = time.monotonic()
            if now - begun > PATIENCE:
                raise TimeoutError(f"{self.mishap.title}: not over after {PATIENCE:.0f} s")
            if now - looked > IMPATIENCE:
                self.sandbox.hasten()
                looked = time.monotonic()
            time.sleep(0.1)


def double_charges(outcome: Json) -> int:
    """How many charges on the provider's own list nobody owed."""
    succeeded = sum(status == "succeeded" for _, status, _ in outcome["charges"])
    return succeeded - len(outcome["invoices"])


def row(trial: Trial, outcome: Json, undisturbed: Json) -> list[object]:
    """A row of the table: the mishap, how often it struck in each part, what came of it."""
    cells: list[object] = [trial.struck.get(part) or "-" for part in PARTS]
    books = "equal" if outcome == undisturbed else "DIFFERENT"
    return [trial.mishap.title, *cells, books, double_charges(outcome)]


COLUMNS = ("Misfortune", *(f">{part}" for part in PARTS), "Books", ">Double charges")
TITLE = "How often it struck in each part of the story, and what the books say of it in the end"

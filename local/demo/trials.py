"""One customer's story under every misfortune, in tenants side by side; the money must not notice.

The story is the same in each: a card is saved, the first invoice charged, a part of it sent back with its
credit note, the second invoice charged a month later. Before each part its misfortunes are asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from local.browser import fill_in
from local.console import Screen
from local.demo.figures import Figures, listed, money
from local.demo.mishaps import LATE, PARTS, Mishap
from local.demo.side_by_side import advance, each, until
from local.demo.story import CATALOGUE, CURRENCY, PLAN
from local.sandbox import GOOD_CARD, Sandbox

Json = dict[str, Any]


@dataclass
class Trial:
    """One story under one mishap, in a tenant of its own."""

    sandbox: Sandbox
    mishap: Mishap
    customer: str = ""
    struck: dict[str, int] = field(default_factory=dict[str, int])  # how often it struck, by part

    def arrive(self) -> None:
        """The offer is published, the customer is there."""
        client = self.sandbox.client
        client.publish(CATALOGUE)
        address = f"ada.{self.sandbox.tenant.removeprefix('ten_')}@example.com"
        self.customer = client.create_customer("Ada", address, "ada")["id"]

    def begin(self, part: str) -> None:
        """Ask for what goes wrong in a part of the story, and begin it."""
        for kind, on, times in self.mishap.strikes.get(part, []):
            self.sandbox.misfortune(kind, on, times=times, seconds=LATE)
        beginnings: dict[str, Callable[[], Any]] = {
            "card saved": self._save_card,
            "first charge": lambda: self.sandbox.client.subscribe(self.customer, PLAN, CURRENCY),
            "refund": self._credit,
            "second charge": lambda: None,  # by the clock alone
        }
        beginnings[part]()

    def over(self, part: str) -> bool:
        """Whether the outcome of a part is there, in spite of what went wrong."""
        match part:
            case "card saved":
                return bool(self.sandbox.client.methods(self.customer))
            case "refund":
                return self._sent_back()
            case _:
                return self._paid(1 if part == "first charge" else 2)

    def count(self, part: str) -> None:
        """How often it struck; what is left of it is taken back."""
        left = sum(fault["times"] for fault in self.sandbox.all_well())
        self.struck[part] = sum(times for _, _, times in self.mishap.strikes.get(part, [])) - left

    def told(self) -> bool:
        """Whether every notification of the provider was sent at least once, the late ones too."""
        return all(sent["tries"] for sent in self.sandbox.webhooks())

    def outcome(self) -> Json:
        """All that must be as if nothing had happened; ids, which differ by tenant, left out."""
        client = self.sandbox.client
        invoices = client.invoices(self.customer)
        shown = ("number", "status", "issued_at", "total", "due")
        charges = self.sandbox.provider_list("charges")
        return {
            "invoices": [{name: invoice[name] for name in shown} for invoice in invoices],
            "credit notes": [
                (note["number"], note["total"]["minor"]) for note in client.credit_notes(invoices[0]["id"])
            ],
            "sales": client.ask("/sales/books"),
            "payments": client.ask("/payments/books"),
            "reconciliation": client.ask("/payments/reconciliation"),
            "charges": [(c["amount"], c["status"], c["amount_refunded"]) for c in charges[::-1]],
        }

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


def play(screen: Screen, trials: Sequence[Trial]) -> list[Json]:
    """Every part of all of them, side by side; what the books and the provider say in the end."""
    begins = datetime.fromisoformat(trials[0].sandbox.client.clock()["now"])
    month_end = (begins + timedelta(days=31)).replace(day=1)
    each(trials, Trial.arrive)
    trials[0].sandbox.quiet()
    try:
        for part in PARTS:
            with screen.step(f"{part.capitalize()}, {len(trials)} times"):
                _part(trials, part, month_end)
    finally:
        each(trials, lambda trial: trial.sandbox.all_well())
    with screen.step("The last of what was late arrives, and everything comes to its end"):
        until(trials, Trial.told)
        advance(trials, month_end)
    return each(trials, Trial.outcome)


def _part(trials: Sequence[Trial], part: str, month_end: datetime) -> None:
    """Ask for what goes wrong, begin, and wait until the outcome is there in spite of it."""
    each(trials, lambda trial: trial.begin(part))
    if part == "second charge":
        advance(trials, month_end)
    until(trials, lambda trial: trial.over(part))
    each(trials, lambda trial: trial.count(part))
    trials[0].sandbox.quiet()


def double_charges(outcome: Json) -> int:
    """How many charges on the provider's own list nobody owed."""
    succeeded = sum(status == "succeeded" for _, status, _ in outcome["charges"])
    return succeeded - len(outcome["invoices"])


def row(trial: Trial, outcome: Json, undisturbed: Json) -> list[object]:
    """A row of the table: the mishap, how often it struck in each part, what came of it."""
    cells: list[object] = [trial.struck[part] if part in trial.mishap.strikes else "-" for part in PARTS]
    books = "equal" if outcome == undisturbed else "DIFFERENT"
    return [trial.mishap.title, *cells, collected(outcome), books, double_charges(outcome)]


def collected(outcome: Json) -> str:
    """What our books say was collected; and what the provider says, should it say something else."""
    booked = outcome["payments"]["balances"].get(CURRENCY, {}).get("provider_clearing", 0)
    kept = sum(amount - back for amount, status, back in outcome["charges"] if status == "succeeded")
    return money(booked) if booked == kept else f"{money(booked)}, {money(kept)} at the provider"


def missed(trials: Sequence[Trial]) -> list[str]:
    """Misfortunes that did not strike where they were asked for, and so prove nothing."""
    return [
        f"{trial.mishap.title} ({part})"
        for trial in trials
        for part in trial.mishap.strikes
        if not trial.struck[part]
    ]


def show(screen: Screen, figures: Figures, trials: Sequence[Trial], outcomes: Sequence[Json]) -> None:
    """The table, and a figure for each misfortune; the first trial was undisturbed."""
    rows = [row(trial, outcome, outcomes[0]) for trial, outcome in zip(trials, outcomes, strict=True)]
    screen.table(COLUMNS, rows, title=TITLE)
    for title, *_, amount, books, doubles in rows:
        figures.expect(f"{title}: the books", WANTED, f"{books}, {amount}, {doubles} doubles")
    figures.expect("misfortunes that failed to strike", "none", listed(missed(trials)))


COLUMNS = ("Misfortune", *(f">{part}" for part in PARTS), ">Collected", "Books", ">Doubles")
TITLE = "How often it struck in each part, and the books in the end (doubles: charges that nobody owed)"
WANTED = "equal, 105.94 USD, 0 doubles"  # 63.78 less 10.81 sent back, and 52.97

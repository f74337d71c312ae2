"""Four customers' stories, from the card they save to what became of their second invoice.

Each says in which parts it plays, which calls to the provider a part makes, how it begins and when it is
over. The first is paid and refunded; the other three meet a renewal that their card does not simply pay.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

from local.browser import fill_in
from local.demo.story import CURRENCY, PLAN
from local.sandbox import GOOD_CARD, Sandbox

Json = dict[str, Any]
Calls = tuple[str, ...]
DECLINED, ALWAYS_ASKS = "4000000000000341", "4000002760003184"
CHARGE, CONFIRM = "POST /v1/payment_intents", "POST /v1/payment_intents/*/confirm"
REFUND = "POST /v1/refunds"
CARD, FIRST, RENEWAL = "cards saved", "first charges", "1 December"
SECOND, NEW_CARD = "2 December", "new card"
FOURTH, EIGHTH, FIFTEENTH, LAST = "4 December", "8 December", "15 December", "31 December"


@dataclass
class Life:
    """One customer's story in a tenant, with what all of them have in common."""

    title: ClassVar[str]
    name: ClassVar[str]
    calls: ClassVar[Mapping[str, Calls]]  # to the provider, by the parts in which it is heard of
    turns: ClassVar[str | None] = None  # how the card behaves from the renewal on

    sandbox: Sandbox
    customer: str = ""
    payer: str = ""  # the provider's name for them
    page: str = ""
    subscription: str = ""
    struck: dict[str, int] = field(default_factory=dict[str, int])  # how often it went wrong, by part

    def arrive(self) -> None:
        """They come, and open the page on which a card is saved."""
        client, key = self.sandbox.client, self.name.lower()
        self.customer = client.create_customer(self.name, self.email, key)["id"]
        self.page = self.new_page()
        self.payer = self.sandbox.payer(self.customer)

    def begin(self, part: str) -> None:
        """What they do, or what happens to them."""
        if part == CARD:
            fill_in(self.page, {"card": GOOD_CARD, "outcome": "pay"})
        elif part == FIRST:
            self.subscription = self.sandbox.client.subscribe(self.customer, PLAN, CURRENCY)["subscription"]
        elif part == RENEWAL and self.turns:
            self.sandbox.card_becomes(self.customer, self.turns)

    def over(self, part: str) -> bool:
        """Whether the outcome of a part is there, in spite of what went wrong."""
        if part == CARD:
            return bool(self.sandbox.client.methods(self.customer))
        return self.statuses() == ["paid"] if part == FIRST else self.come_to(part)

    def come_to(self, part: str) -> bool:
        """Whether what is their own has come to its outcome."""
        raise NotImplementedError

    def outcome(self, charges: list[Json]) -> Json:
        """All that must be as if nothing had gone wrong; ids and numbers, which may differ, left out."""
        client = self.sandbox.client
        invoices = client.invoices(self.customer)
        ours = [charge for charge in charges if charge["customer"] == self.payer]
        letters = Counter(mail["tags"]["template"] for mail in self.sandbox.mails(self.email))
        return {
            "invoices": [
                (i["status"], i["issued_at"][:10], i["total"]["minor"], i["due"]["minor"]) for i in invoices
            ],
            "tried": [self._tried(invoice) for invoice in invoices],
            "charges": [(c["amount"], c["status"], c["amount_refunded"]) for c in ours[::-1]],
            "credited": [note["total"]["minor"] for note in client.credit_notes(invoices[0]["id"])],
            "subscription": client.ask(f"/sales/subscriptions/{self.subscription}")["status"],
            "letters": dict(sorted(letters.items())),
        }

    @property
    def email(self) -> str:
        """An address: another one in every tenant, for the mailbox is one."""
        return f"{self.name.lower()}.{self.sandbox.tenant.removeprefix('ten_')}@example.com"

    def statuses(self) -> list[str]:
        """How their invoices stand, oldest first."""
        return [invoice["status"] for invoice in self.sandbox.client.invoices(self.customer)]

    def attempts(self) -> list[str]:
        """How every try to collect the last invoice ended."""
        last = self.sandbox.client.invoices(self.customer)[-1]
        return [attempt["status"] for attempt in self._collection(last)["attempts"]]

    def new_page(self) -> str:
        """A page of the provider on which they save a card."""
        body = {"return_url": f"{self.sandbox.cloud.mailbox}/"}
        return self.sandbox.client.send(f"/payments/customers/{self.customer}/setup", body)["url"]

    def _collection(self, invoice: Json) -> Json:
        return self.sandbox.client.ask(f"/payments/invoices/{invoice['id']}")

    def _tried(self, invoice: Json) -> list[tuple[str, str, int, str | None]]:
        attempts = self._collection(invoice)["attempts"]
        return [(a["created_at"][:10], a["status"], a["amount"]["minor"], a["reason"]) for a in attempts]


class Refunded(Life):
    """Ada pays both invoices; the set-up of the first is sent back with a credit note."""

    title, name = "Paid, refunded", "Ada"
    calls: ClassVar = {CARD: (), FIRST: (CHARGE,), RENEWAL: (CHARGE,), SECOND: (REFUND,)}

    def begin(self, part: str) -> None:
        """On 2 December the set-up is credited."""
        super().begin(part)
        if part == SECOND:
            first = self.sandbox.client.invoices(self.customer)[0]
            line = next(line["id"] for line in first["lines"] if line["name"] == "Set-up")
            wish = {"reason": "goodwill", "lines": {line: 1000}, "refund": True}
            self.sandbox.client.send(f"/sales/invoices/{first['id']}/credit-notes", wish)

    def come_to(self, part: str) -> bool:
        """Paid, then sent back."""
        if part == RENEWAL:
            return self.statuses() == ["paid", "paid"]
        first = self.sandbox.client.invoices(self.customer)[0]
        return [refund["status"] for refund in self._collection(first)["refunds"]] == ["succeeded"]


class Replaced(Life):
    """Grace's card is declined at the renewal and when it is retried; her new one is charged at once."""

    title, name = "Declined, new card", "Grace"
    calls: ClassVar = {
        CARD: (),
        FIRST: (CHARGE,),
        RENEWAL: (CHARGE,),
        SECOND: (CHARGE,),
        NEW_CARD: (CHARGE,),
    }
    turns = DECLINED

    def begin(self, part: str) -> None:
        """On 2 December, after the retry, she saves another card."""
        super().begin(part)
        if part == NEW_CARD:
            fill_in(self.new_page(), {"card": GOOD_CARD, "outcome": "pay"})

    def come_to(self, part: str) -> bool:
        """Failed, failed again, paid."""
        if part == NEW_CARD:
            return self.statuses() == ["paid", "paid"]
        return self.attempts() == ["failed"] * (1 if part == RENEWAL else 2)


class Confirmed(Life):
    """Hedy's bank wants to hear from her at the renewal; she follows the link and confirms."""

    title, name = "Bank asks", "Hedy"
    calls: ClassVar = {CARD: (), FIRST: (CHARGE,), RENEWAL: (CHARGE, CONFIRM), SECOND: ()}
    turns = ALWAYS_ASKS

    def begin(self, part: str) -> None:
        """On 2 December she confirms on the hosted page."""
        super().begin(part)
        if part == SECOND:
            [attempt] = self._collection(self.sandbox.client.invoices(self.customer)[-1])["attempts"]
            fill_in(attempt["action_url"], {"outcome": "confirm"})

    def come_to(self, part: str) -> bool:
        """Asked, then paid."""
        if part == RENEWAL:
            return self.attempts() == ["requires_action"]
        return self.statuses() == ["paid", "paid"]


class Unpaid(Life):
    """Charles's card is declined at the renewal and for ever: overdue, restricted, cancelled, written off."""

    title, name = "Never pays", "Charles"
    tries: ClassVar = {RENEWAL: 1, SECOND: 2, FOURTH: 3, EIGHTH: 4, FIFTEENTH: 5}
    calls: ClassVar = {CARD: (), FIRST: (CHARGE,), **dict.fromkeys(tries, (CHARGE,))}
    turns = DECLINED

    def come_to(self, part: str) -> bool:
        """Failed again and again, given up."""
        if part == LAST:
            return self.statuses() == ["paid", "written_off"]
        return self.attempts() == ["failed"] * self.tries[part]


LIVES = (Refunded, Replaced, Confirmed, Unpaid)

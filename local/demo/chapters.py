"""Teaches what chapters with several customers share: how they come, what they are billed and written."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from local.console import Screen
from local.demo.figures import Figures
from local.demo.story import CURRENCY, PLAN
from local.sandbox import Sandbox
from local.waiting import eventually

Json = dict[str, Any]


@dataclass
class Chapters:
    """Customers of one seller, by their first names."""

    screen: Screen
    sandbox: Sandbox
    figures: Figures
    customers: dict[str, str] = field(default_factory=dict[str, str])
    subscriptions: dict[str, str] = field(default_factory=dict[str, str])

    def subscribe(self, name: str, card: str | None, plan: str = PLAN, coupon: str | None = None) -> None:
        """A customer comes, saves a card if there is one, and subscribes."""
        client, key = self.sandbox.client, name.lower()
        self.customers[name] = customer = client.create_customer(name, self.email(name), key)["id"]
        self.sandbox.settle()
        if card:
            self.sandbox.save_card(customer, card)
            eventually(lambda: client.methods(customer), within=60)
        self.subscriptions[name] = client.subscribe(customer, plan, CURRENCY, coupon)["subscription"]
        self.sandbox.settle()

    def email(self, name: str) -> str:
        """An address: another one in every tenant, for the mailbox is one."""
        return f"{name.lower()}.{self.sandbox.tenant.removeprefix('ten_')}@example.com"

    def invoice(self, name: str) -> Json:
        """A customer's newest invoice."""
        return self.sandbox.client.invoices(self.customers[name])[-1]

    def attempts(self, name: str) -> list[Json]:
        """Every try to collect it."""
        return self.sandbox.client.ask(f"/payments/invoices/{self.invoice(name)['id']}")["attempts"]

    def mails(self, name: str, template: str) -> list[str]:
        """Subjects of what a customer was written of a kind."""
        sent = self.sandbox.mails(self.email(name))
        return [mail["subject"] for mail in sent if mail["tags"].get("template") == template]

    def show_mails(self, *names: str) -> None:
        """What customers found in their mailboxes."""
        rows = [(name, mail["subject"]) for name in names for mail in self.sandbox.mails(self.email(name))]
        self.screen.table(["Mail to", "Subject"], rows)

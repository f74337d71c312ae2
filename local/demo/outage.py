"""The same weeks twice: once with every tick, once without any for three days; the documents are the same.

Grace subscribes on 1 November, Ada a day later; Grace's card turns bad before it is charged again. While
nobody hears that time passes, both renewals fall due, one is tried twice in vain and becomes overdue.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from local.cloud.warming import aws
from local.console import Screen
from local.demo.figures import Figures, listed, money
from local.demo.side_by_side import advance, each, until
from local.demo.story import CATALOGUE, CURRENCY, PLAN
from local.sandbox import GOOD_CARD, SELLER, Sandbox

Json = dict[str, Any]
DECLINED = "4000000000000341"
CUSTOMERS = {"grace": datetime(2023, 11, 1, tzinfo=UTC), "ada": datetime(2023, 11, 2, tzinfo=UTC)}
SHORT_OF_DECEMBER = datetime(2023, 11, 30, 23, tzinfo=UTC)
THREE_DAYS_LATER = datetime(2023, 12, 3, 23, tzinfo=UTC)
IMPATIENT = SELLER | {"overdue_days": 2}
SHOWN = ("number", "status", "issued_at", "due_at", "net", "tax", "total", "due")
# With 8.1 % of tax: 59.00 with the set-up, 49.00 without.
DOCUMENTS = (
    ("grace", "INV-000001", "2023-11-01", "63.78 USD", "paid"),
    ("grace", "INV-000003", "2023-12-01", "52.97 USD", "open"),
    ("ada", "INV-000002", "2023-11-02", "63.78 USD", "paid"),
    ("ada", "INV-000004", "2023-12-02", "52.97 USD", "paid"),
)
TRIED = "2023-12-01 failed, 2023-12-02 failed"  # Grace's second invoice
OVERDUE = "2023-12-03"
CHARGES = "52.97 USD failed, 52.97 USD failed, 52.97 USD succeeded, 63.78 USD succeeded, 63.78 USD succeeded"


@dataclass
class Weeks:
    """Two customers' weeks in a tenant of their own."""

    sandbox: Sandbox
    customers: dict[str, str] = field(default_factory=dict[str, str])

    def arrive(self, name: str) -> None:
        """A customer comes."""
        email = f"{name}.{self.sandbox.tenant.removeprefix('ten_')}@example.com"
        self.customers[name] = self.sandbox.client.create_customer(name.title(), email, name)["id"]

    def save_card(self, name: str) -> None:
        """They save a card that is good."""
        self.sandbox.save_card(self.customers[name], GOOD_CARD)

    def subscribe(self, name: str) -> None:
        """They subscribe."""
        self.sandbox.client.subscribe(self.customers[name], PLAN, CURRENCY)

    def without_ticks(self, to: datetime) -> None:
        """Move the clock as an outage does: time has passed, and nobody heard of it."""
        tables = aws(self.sandbox.cloud, "dynamodb")
        name = next(table for table in tables.list_tables()["TableNames"] if "-Foundation-" in table)
        found = tables.get_paginator("scan").paginate(
            TableName=name,
            FilterExpression="begins_with(pk, :clock) AND sk = :sk",
            ExpressionAttributeValues={
                ":clock": {"S": f"T#{self.sandbox.tenant}#clock/"},
                ":sk": {"S": "CLOCK"},
            },
        )
        [clock] = [item for page in found for item in page["Items"]]
        tables.update_item(
            TableName=name,
            Key={"pk": clock["pk"], "sk": clock["sk"]},
            UpdateExpression="SET #now = :to",
            ExpressionAttributeNames={"#now": "now"},
            ExpressionAttributeValues={":to": {"S": to.isoformat()}},
        )

    def documents(self) -> Json:
        """Every document, attempt, charge and book; ids left out, for they differ by tenant."""
        client, found = self.sandbox.client, []
        for name, customer in self.customers.items():
            for invoice in client.invoices(customer):
                lines = [
                    (line["name"], line["period_start"], line["amount"]["minor"]) for line in invoice["lines"]
                ]
                attempts = client.ask(f"/payments/invoices/{invoice['id']}")["attempts"]
                tried = [(a["created_at"], a["status"], a["amount"]["minor"]) for a in attempts]
                head = {key: invoice[key] for key in SHOWN}
                found.append(head | {"customer": name, "lines": lines, "tried": tried})
        overdue = [event["time"] for event in self.sandbox.events() if event["type"] == "InvoiceOverdue.v1"]
        books = {name: client.ask(f"/{name}/books") for name in ("sales", "payments")}
        charges = sorted((c["amount"], c["status"]) for c in self.sandbox.provider_list("charges"))
        charged = [f"{money(amount)} {status}" for amount, status in charges]
        return {"invoices": found, "overdue": overdue, "books": books, "charges": charged}


def play(undisturbed: Weeks, interrupted: Weeks) -> tuple[Json, Json]:
    """Both, side by side until the outage begins; the documents of each."""
    both = (undisturbed, interrupted)
    each(both, lambda weeks: weeks.sandbox.client.publish(CATALOGUE))
    for name, day in CUSTOMERS.items():
        _come(both, name, day)
    advance(both, SHORT_OF_DECEMBER)
    each(both, lambda weeks: weeks.sandbox.card_becomes(weeks.customers["grace"], DECLINED))
    interrupted.sandbox.quiet()
    interrupted.without_ticks(THREE_DAYS_LATER)
    advance(both, THREE_DAYS_LATER)
    undisturbed.sandbox.quiet()
    first, second = each(both, Weeks.documents)
    return first, second


def _come(both: tuple[Weeks, Weeks], name: str, day: datetime) -> None:
    """A customer comes to both, saves a card and subscribes."""
    advance(both, day)
    each(both, lambda weeks: weeks.arrive(name))
    both[0].sandbox.quiet()
    each(both, lambda weeks: weeks.save_card(name))
    until(both, lambda weeks: bool(weeks.sandbox.client.methods(weeks.customers[name])))
    each(both, lambda weeks: weeks.subscribe(name))
    both[0].sandbox.quiet()


def summary(invoice: Json | None) -> tuple[str, ...]:
    """Day, total and status of an invoice, should there be one."""
    if invoice is None:
        return ("missing",)
    return invoice["issued_at"][:10], money(invoice["total"]["minor"]), invoice["status"]


def show(screen: Screen, figures: Figures, undisturbed: Json, interrupted: Json) -> None:
    """The documents of both side by side, and the figures."""
    twins = {invoice["number"]: invoice for invoice in interrupted["invoices"]}
    rows = [
        (
            invoice["customer"].title(),
            invoice["number"],
            *summary(invoice),
            listed(at[8:10] for at, *_ in invoice["tried"]),
            "the same" if invoice == twins.get(invoice["number"]) else "DIFFERENT",
        )
        for invoice in undisturbed["invoices"]
    ]
    columns = ["Customer", "Number", "Issued", ">Total", "Status", "Tried on", "After the outage"]
    screen.table(columns, rows, title="Every document of the run with every tick, beside that of the outage")
    for customer, number, *wanted in DOCUMENTS:
        found = summary(twins.get(number))
        figures.expect(f"{customer.title()}'s {number} after it", listed(wanted), listed(found))
    late = twins.get(DOCUMENTS[1][1], {"tried": []})
    tried = [f"{at[:10]} {status}" for at, status, _ in late["tried"]]
    figures.expect("tried while nobody heard", TRIED, listed(tried))
    figures.expect("overdue while nobody heard", OVERDUE, listed(at[:10] for at in interrupted["overdue"]))
    figures.expect("charges on the provider's own list", CHARGES, listed(interrupted["charges"]))
    same = [what for what, found in interrupted.items() if found == undisturbed[what]]
    figures.expect("the same as with every tick", "invoices, overdue, books, charges", listed(same))

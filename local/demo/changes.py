"""Minds change: a cancellation taken back in time, a smaller plan from the next period on.

A third seller's first month, with two customers under one clock. Dates and amounts were worked out by hand.
"""

from __future__ import annotations

from datetime import UTC, datetime

from local.demo.chapters import Chapters, Json
from local.demo.figures import listed, money
from local.demo.story import CATALOGUE, CURRENCY
from local.sandbox import GOOD_CARD

TENTH, SIXTEENTH = datetime(2023, 11, 10, tzinfo=UTC), datetime(2023, 11, 16, tzinfo=UTC)
DECEMBER = datetime(2023, 12, 1, tzinfo=UTC)
PLANS = {"Emmy": "scale", "Mary": "team"}
# With 8.1 % of tax: 149.00 of Scale; 59.00 of Team with its set-up; 49.00 of Team.
SCALE, FIRST, RENEWAL = 16107, 6378, 5297


class Changes(Chapters):
    """One customer goes and stays after all; another wants less."""

    def play(self) -> None:
        """Every step, in the order of its days."""
        self.screen.heading(
            "13 · Minds change: a cancellation taken back, a smaller plan at the period's end"
        )
        with self.screen.step("Emmy subscribes to Scale, Mary to Team"):
            self.sandbox.client.publish(CATALOGUE)
            for name, plan in PLANS.items():
                self.subscribe(name, GOOD_CARD, plan)
        days = [self.cancelled(), *self.changed_minds(), *self.december()]
        columns = ["By the clock", "Who", "What", "Plan", "Status", "Listed as coming", "Next invoice"]
        self.screen.table(columns, days)
        self.show_mails(*PLANS)
        self.show_invoices()
        self.books()

    def cancelled(self) -> tuple[str, ...]:
        """10 November: Mary cancels; what she paid for stays hers."""
        with self.screen.step("10 November: Mary cancels"):
            self.sandbox.advance(TENTH)
            self.sandbox.client.send(f"{self.path('Mary')}/cancel")
            self.sandbox.settle()
        mary = self.listed("Mary")
        self.figures.expect(
            "Mary, cancelled", "canceling, ends 2023-12-01", f"{mary['status']}, {coming(mary)}"
        )
        may = self.sandbox.client.may_use("mary", "completions")["allowed"]
        self.figures.expect("completions allowed to Mary until then", True, may)
        return self.row("Mary", "cancels")

    def changed_minds(self) -> tuple[tuple[str, ...], ...]:
        """16 November: Mary stays; Emmy wants Team, and keeps what she paid for until December."""
        client = self.sandbox.client
        with self.screen.step("16 November: Mary takes it back; Emmy asks for Team"):
            self.sandbox.advance(SIXTEENTH)
            client.send(f"{self.path('Mary')}/uncancel")
            made = client.send(f"{self.path('Emmy')}/change", {"plan": "team"})
            self.sandbox.settle()
        mary, emmy = self.listed("Mary"), self.listed("Emmy")
        self.figures.expect(
            "Mary, taken back", "active, nothing is coming", f"{mary['status']}, {coming(mary)}"
        )
        self.figures.expect(
            "Emmy's smaller plan waits",
            "next_period: scale, team from 2023-12-01",
            f"{made['treatment']}: {emmy['plan']}, {coming(emmy)}",
        )
        self.figures.expect("invoices it makes now", 0, 0 if made["invoice"] is None else 1)
        self.figures.expect("Emmy's next invoice, previewed", money(RENEWAL), self.upcoming("Emmy"))
        may = client.may_use("emmy", "fine_tuning")["allowed"]
        self.figures.expect("fine tuning allowed to Emmy until then", True, may)
        return self.row("Mary", "takes it back"), self.row("Emmy", "asks for Team")

    def december(self) -> tuple[tuple[str, ...], ...]:
        """1 December: both renew; Emmy has the smaller plan and pays its price."""
        with self.screen.step("The clock advances to 1 December"):
            self.sandbox.advance(DECEMBER)
            self.sandbox.quiet()
        client = self.sandbox.client
        emmy = self.listed("Emmy")
        asked = client.may_use("emmy", "fine_tuning")
        self.figures.expect(
            "Emmy in December",
            "team, nothing is coming, fine tuning not_in_plan",
            f"{emmy['plan']}, {coming(emmy)}, fine tuning {asked['reason']}",
        )
        may = client.may_use("mary", "completions")["allowed"]
        self.figures.expect("Mary in December", "active, True", f"{self.listed('Mary')['status']}, {may}")
        self.figures.expect("Mary is told that it ended", 0, len(self.mails("Mary", "ended")))
        return self.row("Emmy", "renews"), self.row("Mary", "renews")

    def show_invoices(self) -> None:
        """What both were billed, before and after."""
        rows: list[tuple[object, ...]] = []
        for name, first in (("Emmy", SCALE), ("Mary", FIRST)):
            invoices = self.sandbox.client.invoices(self.customers[name])
            for invoice in invoices:
                lines = listed(line["name"] for line in invoice["lines"] if line["amount"]["minor"])
                total = money(invoice["total"]["minor"])
                rows.append(
                    (name, invoice["number"], invoice["issued_at"][:10], lines, total, invoice["status"])
                )
            self.figures.expect(
                f"{name}'s invoices",
                f"{money(first)} paid, {money(RENEWAL)} paid",
                listed(f"{money(invoice['total']['minor'])} {invoice['status']}" for invoice in invoices),
            )
        self.screen.table(["Customer", "Number", "Issued", "For", ">Total", "Status"], rows)

    def books(self) -> None:
        """The provider was asked for each of these once, and both books know it."""
        client = self.sandbox.client
        charged = [c["amount"] for c in self.sandbox.provider_list("charges") if c["status"] == "succeeded"]
        wanted = sorted((SCALE, FIRST, RENEWAL, RENEWAL))
        self.figures.expect(
            "charges on the provider's own list",
            listed(map(money, wanted)),
            listed(map(money, sorted(charged))),
        )
        sales, payments = client.ask("/sales/books"), client.ask("/payments/books")
        self.figures.expect("both books sound", "True, True", f"{sales['sound']}, {payments['sound']}")
        self.figures.expect(
            "collected in all",  # 161.07 + 63.78 + 2 * 52.97
            "330.79 USD",
            money(payments["balances"][CURRENCY]["provider_clearing"]),
        )

    def path(self, name: str) -> str:
        """Where a customer's subscription is asked for."""
        return f"/sales/subscriptions/{self.subscriptions[name]}"

    def listed(self, name: str) -> Json:
        """A customer's subscription as the seller sees it."""
        return self.sandbox.client.ask(self.path(name))

    def upcoming(self, name: str) -> str:
        """What a customer's next invoice would come to."""
        return money(self.sandbox.client.upcoming(self.subscriptions[name])["total"]["minor"])

    def row(self, name: str, what: str) -> tuple[str, ...]:
        """What a customer did, and how the subscription stands after it."""
        found = self.listed(name)
        upcoming = "none" if found["ends_at"] else self.upcoming(name)
        now = self.sandbox.client.clock()["now"][:10]
        return now, name, what, found["plan"], found["status"], coming(found), upcoming


def coming(subscription: Json) -> str:
    """What is scheduled for the end of the period."""
    if subscription["ends_at"]:
        return f"ends {subscription['ends_at'][:10]}"
    if subscription["pending_plan"]:
        return f"{subscription['pending_plan']} from {subscription['period_end'][:10]}"
    return "nothing is coming"

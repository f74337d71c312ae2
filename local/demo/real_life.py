"""The story goes on: a refusal, an upgrade, money never paid, renewals that fail at first, money sent back.

Another seller's first weeks, with four customers under one clock. Dates and amounts were worked out by hand.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime

from local.browser import fill_in
from local.demo.chapters import Chapters
from local.demo.figures import listed, money
from local.demo.story import CATALOGUE, CURRENCY
from local.sandbox import GOOD_CARD
from local.waiting import eventually

DECLINED, ALWAYS_ASKS = "4000000000000341", "4000002760003184"
BEGINNING = datetime(2023, 11, 1, tzinfo=UTC)
SIXTEENTH, DECEMBER, FIFTH = (
    datetime(2023, 11, 16, tzinfo=UTC),
    datetime(2023, 12, 1, tzinfo=UTC),
    datetime(2023, 12, 5, tzinfo=UTC),
)
# With 8.1 % of tax: 59.00; 49.00; half of 149.00 less half of 49.00; 149.00; the 10.00 of the set-up.
FIRST, RENEWAL, UPGRADE, SCALE, REFUND = 6378, 5297, 5405, 16107, 1081
# Ada paid her first invoice, the upgrade and a renewal of Scale, Grace and Hedy two invoices each of Team.
COLLECTED = "501.59 USD"  # 63.78 + 54.05 + 161.07, 63.78 + 52.97 - 10.81, 63.78 + 52.97
CARDS = {"Ada": GOOD_CARD, "Grace": GOOD_CARD, "Hedy": GOOD_CARD, "Charles": None}
TURNS = {"Grace": DECLINED, "Hedy": ALWAYS_ASKS}  # how cards behave when the first renewal comes


class RealLife(Chapters):
    """Four customers' first weeks."""

    def play(self) -> None:
        """Every chapter, in the order of its days."""
        for chapter in (self.refusal, self.upgrade, self.never_paid, self.declines, self.refund, self.books):
            chapter()

    def refusal(self) -> None:
        """Four customers come; the product asks for what Ada's plan lacks."""
        self.screen.heading("8 · 1 November: a refusal with its reason, and one offer")
        with self.screen.step("Four customers subscribe: three with a good card, one without any"):
            self.sandbox.client.publish(CATALOGUE)
            for name, card in CARDS.items():
                self.subscribe(name, card)
        first = listed(self.invoice(name)["status"] for name in CARDS)
        self.figures.expect("first invoices of the four", "paid, paid, paid, open", first)
        self.sandbox.client.may_use("ada", "fine_tuning")
        answer = self.sandbox.client.may_use("ada", "fine_tuning")
        self.sandbox.settle()
        said = [event for event in self.sandbox.events() if event["type"] == "AccessDenied.v1"]
        offers = self.mails("Ada", "offer")
        rows = [("Ada asks, twice", f"refused: {answer['reason']}, the {answer['lifts']} plan has it")]
        rows += [("On the bus", f"{event['type']} {event['data']['feature']}") for event in said]
        rows += [("In her mailbox", subject) for subject in offers]
        self.screen.table(["", ""], rows)
        self.figures.expect(
            "refused, and what lifts it", "not_in_plan, scale", f"{answer['reason']}, {answer['lifts']}"
        )
        self.figures.expect("offers for two refusals", 1, len(offers))

    def upgrade(self) -> None:
        """Ada accepts the offer when half of November is over."""
        self.screen.heading("9 · 16 November: the offer accepted, an upgrade in the middle of the month")
        with self.screen.step("The clock advances to 16 November"):
            self.sandbox.advance(SIXTEENTH)
        path, wish = f"/sales/subscriptions/{self.subscriptions['Ada']}/change", {"plan": "scale"}
        client = self.sandbox.client
        previewed = client.send(f"{path}/preview", wish)["invoice"]
        with self.screen.step("Ada changes to Scale"):
            client.send(path, wish)
            self.sandbox.settle()
        billed = client.invoices(self.customers["Ada"])[-1]
        rows = [
            (line["name"], line["side"] or "", money(line["amount"]["minor"]), money(made["amount"]["minor"]))
            for line, made in zip(previewed["lines"], billed["lines"], strict=True)
        ]
        rows.append(
            ("Total with tax", "", money(previewed["total"]["minor"]), money(billed["total"]["minor"]))
        )
        title = f"{billed['number']}, issued {billed['issued_at'][:10]}: {billed['status']}"
        self.screen.table(["Line", "", ">Previewed", ">Invoiced"], rows, title=title)
        self.figures.expect("upgrade, previewed", money(UPGRADE), money(previewed["total"]["minor"]))
        self.figures.expect(
            "upgrade, invoiced",
            f"{money(UPGRADE)} paid",
            f"{money(billed['total']['minor'])} {billed['status']}",
        )
        self.figures.expect("lines as previewed", True, billed["lines"] == previewed["lines"])
        allowed = client.may_use("ada", "fine_tuning")["allowed"]
        self.figures.expect("fine tuning allowed", True, allowed)

    def never_paid(self) -> None:
        """Charles never pays: each step is an event, each in the books."""
        self.screen.heading("10 · 1 December: never paid: overdue, restricted, cancelled, written off")
        refused = self.sandbox.client.may_use("charles", "completions")["reason"]
        with self.screen.step(
            "Grace's card turns bad, Hedy's bank careful; the clock advances to 1 December"
        ):
            for name, card in TURNS.items():
                self.sandbox.card_becomes(self.customers[name], card)
            self.sandbox.advance(DECEMBER)
            self.sandbox.quiet()
        wanted = ("InvoiceOverdue.v1", "AccessRestricted.v1", "SubscriptionEnded.v1", "InvoiceWrittenOff.v1")
        events = [event for event in self.sandbox.events() if event["type"] in wanted]
        events = [event for event in events if self.customers["Charles"] in str(event["data"])]
        said = sorted((event["time"][:10], event["type"]) for event in events)
        self.screen.table(["By the clock", "What was said of Charles"], said)
        self.show_mails("Charles")
        steps = "2023-11-04 InvoiceOverdue.v1, 2023-11-11 AccessRestricted.v1, "
        steps += "2023-11-22 SubscriptionEnded.v1, 2023-12-01 InvoiceWrittenOff.v1"
        self.figures.expect("Charles, step by step", steps, listed(f"{at} {type_}" for at, type_ in said))
        self.figures.expect("Charles on 16 November", "restricted", refused)
        self.figures.expect("Charles's invoice", "written_off", self.invoice("Charles")["status"])

    def declines(self) -> None:
        """Grace's card is declined at the renewal, Hedy's bank asks; both pay in the end, once."""
        self.screen.heading(
            "11 · 5 December: renewals declined, retried, reminded; a bank that asks; both paid"
        )
        self.figures.expect("Ada's renewal", f"{money(SCALE)} paid", self.newest("Ada"))
        self.figures.expect("Grace's renewal at first", f"{money(RENEWAL)} open", self.newest("Grace"))
        link = self.attempts("Hedy")[-1]["action_url"]
        with self.screen.step("Hedy follows the link of her mail and confirms on the hosted page"):
            fill_in(link, {"outcome": "confirm"})
            eventually(lambda: self.invoice("Hedy")["status"] == "paid", within=60)
        with self.screen.step("The clock advances to 5 December: retries on the 2nd and the 4th"):
            self.sandbox.advance(FIFTH)
        with self.screen.step("Grace saves another card: what is open is charged to it at once"):
            self.sandbox.save_card(self.customers["Grace"], GOOD_CARD)
            eventually(lambda: self.invoice("Grace")["status"] == "paid", within=60)
            self.sandbox.settle()
        rows = [
            (
                name,
                attempt["created_at"][:10],
                money(attempt["amount"]["minor"]),
                attempt["status"],
                attempt["reason"] or "",
            )
            for name in ("Grace", "Hedy")
            for attempt in self.attempts(name)
        ]
        self.screen.table(["Customer", "Tried on", ">Amount", "Outcome", "Why"], rows)
        self.show_mails("Grace", "Hedy")
        tried = [f"{attempt['created_at'][8:10]} {attempt['status']}" for attempt in self.attempts("Grace")]
        renewals = listed(self.newest(name) for name in TURNS)
        self.figures.expect("both renewals", f"{money(RENEWAL)} paid, {money(RENEWAL)} paid", renewals)
        self.figures.expect(
            "Grace's attempts", "01 failed, 02 failed, 04 failed, 05 succeeded", listed(tried)
        )
        self.figures.expect("reminders to Grace", 1, len(self.mails("Grace", "reminder")))
        self.figures.expect("Hedy's link is in her mail", 1, len(self.mails("Hedy", "action_required")))
        self.figures.expect(
            "receipts to both, of two invoices each",
            4,
            sum(len(self.mails(n, "receipt")) for n in ("Grace", "Hedy")),
        )

    def refund(self) -> None:
        """Grace gets the set-up fee of her first invoice back."""
        self.screen.heading("12 · A refund with its credit note")
        client = self.sandbox.client
        first = client.invoices(self.customers["Grace"])[0]
        line = next(line["id"] for line in first["lines"] if line["name"] == "Set-up")
        with self.screen.step("The seller credits Grace's set-up fee and sends it back"):
            wish = {"reason": "sorry for the trouble", "lines": {line: 1000}, "refund": True}
            path = f"/sales/invoices/{first['id']}/credit-notes"
            client.send(path, wish)
            self.sandbox.settle()
            read = lambda: client.ask(f"/payments/invoices/{first['id']}")["refunds"]  # noqa: E731
            eventually(lambda: [refund["status"] for refund in read()] == ["succeeded"], within=60)
            self.sandbox.settle()
        [note], [sent] = client.credit_notes(first["id"]), read()
        self.screen.table(
            ["Credit note", "For", ">Net", ">Tax", ">Total", ">Sent back"],
            [
                [note["number"], first["number"]]
                + [money(note[name]["minor"]) for name in ("net", "tax", "total")]
                + [money(sent["amount"]["minor"])]
            ],
        )
        self.figures.expect(
            "credit note", f"CN-000001 {money(REFUND)}", f"{note['number']} {money(note['total']['minor'])}"
        )
        self.figures.expect("sent back", money(REFUND), money(sent["amount"]["minor"]))

    def books(self) -> None:
        """After all of it: every book sound, every customer charged what they owed, once."""
        client = self.sandbox.client
        sales, payments = client.ask("/sales/books"), client.ask("/payments/books")
        accounts = [books["balances"].get(CURRENCY, {}) for books in (sales, payments)]
        rows: list[Sequence[object]] = [
            (name, account, money(minor))
            for name, found in zip(("sales", "payments"), accounts, strict=True)
            for account, minor in found.items()
            if minor
        ]
        self.screen.table(["Books", "Account", ">Balance"], rows, title="The books after all of it")
        self.figures.expect("both books sound", "True, True", f"{sales['sound']}, {payments['sound']}")
        shared = sum(found.get("collections", 0) for found in accounts)
        self.figures.expect("collections, both together", money(0), money(shared))
        still_open = sales["open_invoices"].get(CURRENCY, 0), accounts[0].get("receivable", 0)
        self.figures.expect("open in the end", listed(map(money, (0, 0))), listed(map(money, still_open)))
        self.figures.expect("collected in all", COLLECTED, money(accounts[1]["provider_clearing"]))
        self.figures.expect("lost on Charles", money(FIRST), money(accounts[0].get("bad_debt", 0)))
        charged = Counter(
            c["amount"] for c in self.sandbox.provider_list("charges") if c["status"] == "succeeded"
        )
        owed = Counter(
            invoice["total"]["minor"]
            for customer in self.customers.values()
            for invoice in client.invoices(customer)
            if invoice["status"] == "paid"
        )
        double = sum((charged - owed).values())
        self.figures.expect("double charges on the provider's own list", 0, double)
        self.figures.expect("reconciliation agrees", True, client.ask("/payments/reconciliation")["agrees"])

    def newest(self, name: str) -> str:
        """Amount and status of a customer's newest invoice."""
        invoice = self.invoice(name)
        return f"{money(invoice['total']['minor'])} {invoice['status']}"

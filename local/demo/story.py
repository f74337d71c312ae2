"""The story: one sale from an offer to money in the bank and to access in the product, by events only.

Each chapter does something as the seller, the customer or the product would, shows what came of it, and
notes the figures it must have led to. Dates and amounts that stand here were worked out by hand.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import yaml

from local.console import Screen
from local.demo.figures import Figures, listed, money
from local.demo.recount import Recount
from local.demo.usage import EVENT_TYPE, Request
from local.sandbox import SELLER, Sandbox
from local.waiting import eventually

CATALOGUE: dict[str, Any] = yaml.safe_load(
    (Path(__file__).parent / "catalogue.yaml").read_text(encoding="utf-8")
)
PLAN, FEATURE, CURRENCY, QUOTA = "team", "completions", "USD", 20_000_000
BATCH = 100  # events in one request
FIRST_TOTAL = 6378  # 49.00 + 10.00 = 59.00, and 8.1 % of it: 4.779
Json = dict[str, Any]


def tax_percent() -> str:
    """The seller's rate."""
    return str(SELLER["tax_rates"]["standard"])


@dataclass
class Story:
    """One customer's first month."""

    screen: Screen
    sandbox: Sandbox
    requests: Sequence[Request]
    renewal: Recount  # what the renewal must come to
    by_bus: int  # how many requests the product reports over the ingress bus
    again: int  # every how many-th it reports a second time, through the API
    figures: Figures = field(default_factory=Figures)
    customer: str = ""
    subscription: str = ""

    @property
    def email(self) -> str:
        """Her address: another one in every tenant, for the mailbox is one."""
        return f"ada.{self.sandbox.tenant.removeprefix('ten_')}@example.com"

    def play(self) -> Figures:
        """Every chapter, in its order."""
        for chapter in (
            self.offer,
            self.sale,
            self.first_money,
            self.usage,
            self.question,
            self.renew,
            self.books,
        ):
            chapter()
        return self.figures

    def offer(self) -> None:
        """The seller publishes the catalogue file."""
        self.screen.heading("1 · The offer: a catalogue published from a file")
        published = self.sandbox.client.publish(CATALOGUE)
        rows = [(c["action"], c["kind"], c["key"], c["detail"]) for c in published["changes"]]
        self.screen.table(["Change", "What", "Key", ""], rows)
        on_sale = listed(f"{plan} version {version}" for plan, version in published["plans"].items())
        self.figures.expect("plans on sale", "free version 1, team version 1, scale version 1", on_sale)

    def sale(self) -> None:
        """A customer comes, saves a card on the provider's page, and subscribes."""
        self.screen.heading("2 · The sale: a customer, a card, a subscription")
        client = self.sandbox.client
        self.customer = client.create_customer("Ada Byron", self.email, "ada", zone="UTC")["id"]
        self.sandbox.settle()
        with self.screen.step("Ada saves a card on the provider's hosted page"):
            self.sandbox.save_card(self.customer)
            method = eventually(lambda: client.methods(self.customer))[0]
        with self.screen.step(f"She subscribes to {PLAN}"):
            self.subscription = client.subscribe(self.customer, PLAN, CURRENCY)["subscription"]
            self.sandbox.settle()
        features = client.access(self.customer)
        rows = [("Card", method["label"]), ("Clock", client.clock()["now"])]
        rows += [(f"Access to {f['feature']}", f"{f['remaining']} of {f['limit']} remain") for f in features]
        self.screen.table(["", ""], rows)
        self.figures.expect("card saved", "Visa ending in 4242", method["label"])
        self.figures.expect("access granted", FEATURE, listed(f["feature"] for f in features if f["allowed"]))

    def first_money(self) -> None:
        """What is billed ahead was billed at once, and the card was charged."""
        self.screen.heading("3 · First money: the month ahead and the set-up fee")
        [first] = self.sandbox.client.invoices(self.customer)
        self.show_invoice(first)
        self.show_mails()
        self.figures.expect("first invoice", "INV-000001 paid", f"{first['number']} {first['status']}")
        self.figures.expect("its total", money(FIRST_TOTAL), money(first["total"]["minor"]))
        self.figures.expect("welcome mail", 1, self.count_mails("welcome"))

    def usage(self) -> None:
        """The product reports what was used, through both doors, some of it twice, some of it strange."""
        self.screen.heading("4 · Usage: over the bus and through the API, duplicates and strangers among it")
        last = max(request.time for request in self.requests)
        until = last.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
        with self.screen.step(f"The clock advances to {until:%d %B %Y, %H:%M}"):
            self.sandbox.advance(until)
        bus, api = self.requests[: self.by_bus], self.requests[self.by_bus :]
        with self.screen.step(f"{len(bus):,} events over the ingress bus"):
            refused = self.sandbox.put_on_bus([(EVENT_TYPE, r.detail(self.customer)) for r in bus])
        with self.screen.step(f"{len(api):,} events through the API, {BATCH} a request"):
            verdicts = self.report([r.event(self.sandbox.source, self.customer) for r in api])
        repeated = self.requests[:: self.again]
        with self.screen.step(f"{len(repeated):,} of them once more, and two that fit nobody"):
            verdicts += self.report([r.event(self.sandbox.source, self.customer) for r in repeated])
            strange = self.report_strange(until)
        with self.screen.step("Everything reported is counted"):
            self.sandbox.settle()
            self.wait_until_counted()
        self.show_usage(len(bus), len(api), len(repeated), until)
        self.figures.expect("events the bus refused", 0, refused)
        accepted = f"{len(api) + len(repeated):,} accepted"
        said = listed(f"{count:,} {verdict}" for verdict, count in verdicts.items())
        self.figures.expect("verdicts of the API", accepted, said)
        self.figures.expect("two that fit nobody", "unknown_customer, no_meter", listed(strange))

    def question(self) -> None:
        """The product asks whether the customer may, and hears what remains."""
        self.screen.heading("5 · The question: may Ada use 1,000 tokens more?")
        used = self.renewal.lines[1].quantity
        wanted = str(max(QUOTA - used, 0))

        def ask() -> Json | None:
            answer = self.sandbox.client.may_use(self.customer, FEATURE, 1000)
            return answer if answer["remaining"] == wanted else None

        answer = eventually(ask) or {}
        self.screen.table(
            ["Allowed", "Why", ">Used", ">Limit", ">Remaining"],
            [[answer[name] for name in ("allowed", "reason", "used", "limit", "remaining")]],
        )
        self.figures.expect(
            "1,000 more allowed, and remaining",
            f"True, {wanted}",
            f"{answer['allowed']}, {answer['remaining']}",
        )

    def renew(self) -> None:
        """The month ends: draft, number, charge, signed webhook, paid, receipt."""
        self.screen.heading(
            "6 · The renewal: rated, numbered, charged off session, paid by webhook, receipted"
        )
        first = self.requests[0].time
        month_end = datetime(first.year + first.month // 12, first.month % 12 + 1, 1, tzinfo=UTC)
        before = len(self.sandbox.events())
        with self.screen.step(f"The clock advances to {month_end:%d %B %Y}"):
            self.sandbox.advance(month_end)
            self.sandbox.quiet()
        self.show_events(self.sandbox.events()[before:])
        second = self.sandbox.client.invoices(self.customer)[-1]
        self.show_invoice(second)
        self.show_recount(second)
        self.show_mails()
        self.figures.expect("second invoice", "INV-000002 paid", f"{second['number']} {second['status']}")
        for wanted, line in zip(self.renewal.lines, second["lines"], strict=True):
            found = f"{int(line['quantity']):,} for {money(line['amount']['minor'])}"
            self.figures.expect(wanted.name, f"{wanted.quantity:,} for {money(wanted.cents)}", found)
        self.figures.expect("its tax", money(self.renewal.tax), money(second["tax"]["minor"]))
        self.figures.expect("its total", money(self.renewal.total), money(second["total"]["minor"]))
        self.figures.expect("receipts mailed", 2, self.count_mails("receipt"))
        told = Counter(w["state"] for w in self.sandbox.webhooks() if w["type"] == "payment_intent.succeeded")
        said = listed(f"{count} {state}" for state, count in told.items())
        self.figures.expect("signed webhooks of payments", "2 delivered", said)

    def books(self) -> None:
        """Both books agree with each other, with the invoices, and with the provider's own list."""
        self.screen.heading("7 · The books")
        sales, payments = self.sandbox.client.ask("/sales/books"), self.sandbox.client.ask("/payments/books")
        rows: list[Sequence[object]] = []
        for name, books in (("sales", sales), ("payments", payments)):
            accounts = books["balances"].get(CURRENCY, {})
            rows += [(name, account, money(minor)) for account, minor in accounts.items()]
            self.figures.expect(f"trial balance of {name}", money(0), money(sum(accounts.values())))
            self.figures.expect(f"books of {name} sound", True, books["sound"])
        self.screen.table(["Books", "Account", ">Balance"], rows)
        shared = [books["balances"].get(CURRENCY, {}).get("collections", 0) for books in (sales, payments)]
        self.figures.expect("collections, both together", money(0), money(sum(shared)))
        receivable = sales["balances"][CURRENCY].get("receivable", 0)
        still_open = sales["open_invoices"].get(CURRENCY, 0)
        self.figures.expect("receivables equal open invoices", money(still_open), money(receivable))
        self.figures.expect("gaps in the invoice numbers", "none", listed(sales["numbering_gaps"]))
        charged = [c["amount"] for c in self.sandbox.provider_list("charges") if c["status"] == "succeeded"]
        ours = [invoice["total"]["minor"] for invoice in self.sandbox.client.invoices(self.customer)]
        listing = listed(money(minor) for minor in charged[::-1])
        self.figures.expect("the provider's own list of charges", listed(map(money, ours)), listing)

    # --- what the chapters share ---

    def report(self, events: Sequence[Json]) -> Counter[str]:
        """Report events in batches, a few at a time; how many got which verdict."""
        batches = [events[start : start + BATCH] for start in range(0, len(events), BATCH)]
        with ThreadPoolExecutor(3) as pool:
            answers = list(pool.map(self.sandbox.client.report, batches))
        return Counter(receipt["verdict"] for answer in answers for receipt in answer)

    def report_strange(self, now: datetime) -> list[str]:
        """Report an unknown customer and an unknown type; they are kept with their reason."""
        events = [
            Request("stranger", now, 1, 1).event(self.sandbox.source, "nobody"),
            {**Request("other", now, 1, 1).event(self.sandbox.source, self.customer), "type": "page.view"},
        ]
        return [r["reason"] for r in self.sandbox.client.report(events) if r["verdict"] == "unmatched"]

    def wait_until_counted(self) -> None:
        """What comes over the ingress bus is nobody's request, so no clock counts it: look at the preview."""
        wanted = str(self.renewal.lines[1].quantity)
        lines = lambda: self.sandbox.client.upcoming(self.subscription)["lines"]  # noqa: E731
        eventually(lambda: lines()[1]["quantity"] == wanted, within=120)

    def count_mails(self, template: str) -> int:
        """How many mails of a kind the customer got."""
        return sum(mail["tags"].get("template") == template for mail in self.sandbox.mails(self.email))

    def show_invoice(self, invoice: Json) -> None:
        """An invoice as a table."""
        rows = [
            (line["name"], f"{int(line['quantity']):,}", money(line["amount"]["minor"]))
            for line in invoice["lines"]
        ]
        rows += [
            (f"Tax {tax_percent()} %", "", money(invoice["tax"]["minor"])),
            ("Total", "", money(invoice["total"]["minor"])),
        ]
        title = f"{invoice['number']}, issued {invoice['issued_at'][:10]}: {invoice['status']}"
        self.screen.table(["Line", ">Quantity", ">Amount"], rows, title=title)

    def show_recount(self, invoice: Json) -> None:
        """The invoice beside what was counted again from the requests themselves."""
        rows = [
            (wanted.name, f"{wanted.quantity:,}", money(wanted.cents), money(line["amount"]["minor"]))
            for wanted, line in zip(self.renewal.lines, invoice["lines"], strict=True)
        ]
        rows.append(("Total with tax", "", money(self.renewal.total), money(invoice["total"]["minor"])))
        columns = ["Counted again from the requests", ">Quantity", ">Counted again", ">Invoiced"]
        self.screen.table(columns, rows)

    def show_events(self, events: Sequence[Json]) -> None:
        """What the subsystems said to each other."""
        rows = [(e["time"][:16].replace("T", " "), e["type"], e["subject"].split("/")[0]) for e in events]
        self.screen.table(["By the clock", "What was said on the bus", "About"], rows)

    def show_usage(self, bus: int, api: int, repeated: int, at: datetime) -> None:
        """What came in, and what became of it."""
        kept = self.sandbox.client.unmatched(at.date().isoformat())
        rows: list[Sequence[object]] = [
            ("over the ingress bus", f"{bus:,}", "counted"),
            ("through the API", f"{api:,}", "counted"),
            ("reported once more", f"{repeated:,}", "counted once"),
        ]
        rows += [(f"{row['event']} ({row['type']})", 1, f"kept: {row['reason']}") for row in kept]
        self.screen.table(["Events", ">How many", "What became of them"], rows)

    def show_mails(self) -> None:
        """What the customer found in the mailbox."""
        rows = [(mail["sent_at"][11:19], mail["subject"]) for mail in self.sandbox.mails(self.email)]
        self.screen.table(["Sent", f"Mail to {self.email}"], rows)

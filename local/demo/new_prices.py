"""New prices, from a file in git: planned, published, kept by those who had the old, and in the end migrated.

Another seller's first month, with three customers under one clock. Amounts were worked out by hand.
"""

from __future__ import annotations

import copy
import json
import os
import subprocess
import sys
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import yaml

from local.cloud.folder import ROOT
from local.console import UserError
from local.demo.chapters import Chapters, Json
from local.demo.figures import listed, money
from local.demo.story import CATALOGUE, CURRENCY
from local.sandbox import GOOD_CARD
from local.waiting import eventually

TENTH, SIXTEENTH = datetime(2023, 11, 10, tzinfo=UTC), datetime(2023, 11, 16, tzinfo=UTC)
DECEMBER = datetime(2023, 12, 1, tzinfo=UTC)
COUPON: Json = {"key": "welcome", "name": "Welcome: 20 % for three months", "percent": "20", "periods": 3}
FILE = "prices.yaml"
# With 8.1 % of tax: 59.00 less 20 %; 59.00; 69.00, for the dearer month with its set-up.
WITH_COUPON, FIRST, DEARER = 5102, 6378, 7459
# Half of 149.00 less 20 % of it, and back half of 49.00, of which 20 % were never paid: 59.60 - 19.60.
UPGRADE = 4324
OLD, NEW = 5297, 6378  # a renewal at 49.00 and at 59.00


@dataclass
class NewPrices(Chapters):
    """Three customers of a seller whose prices go up."""

    folder: Path = field(default_factory=Path)

    def play(self) -> None:
        """Every step, in the order of its days."""
        self.screen.heading("16 · New prices, from a file in git: plan, apply, a coupon, a migration")
        with TemporaryDirectory(prefix="prices-") as folder:
            self.folder = Path(folder)
            self.first_prices()
            self.dearer()
        self.upgrade_with_coupon()
        self.migration()
        client = self.sandbox.client
        sales, payments = client.ask("/sales/books"), client.ask("/payments/books")
        self.figures.expect("books with new prices", "True, True", f"{sales['sound']}, {payments['sound']}")

    def first_prices(self) -> None:
        """1 November: the first file is published; Nina comes with a coupon, Omar without."""
        self.write("49.00")
        with self.screen.step(
            "1 November: the file is published; Nina subscribes with a coupon, Omar without"
        ):
            self.command("apply", FILE, "--yes", "--json")
            self.subscribe("Nina", GOOD_CARD, coupon=COUPON["key"])
            self.subscribe("Omar", GOOD_CARD)
        [nina], [omar] = (self.paid(name) for name in ("Nina", "Omar"))
        totals = f"{money(nina['total']['minor'])}, {money(omar['total']['minor'])}"
        self.figures.expect(
            "first invoices, with and without", f"{money(WITH_COUPON)}, {money(FIRST)}", totals
        )

    def dearer(self) -> None:
        """10 November: ten dollars more; shown, published by its hash; Pia pays it, the others do not."""
        with self.screen.step("The clock advances to 10 November"):
            self.sandbox.advance(TENTH)
        self.write("59.00")
        self.screen.say(f"$ python -m catalogue plan {FILE}\n{self.command('plan', FILE)}")
        plan = json.loads(self.command("plan", FILE, "--json"))
        [change] = plan["changes"]
        [price] = change["fields"]
        self.figures.expect(
            "the plan shows",
            "team 49.00 → 59.00, 2 on version 1",
            f"{change['key']} {price['old']} → {price['new']}, {keeping(change['subscribers'])}",
        )
        hash_ = plan["hash"][:12]
        said = self.command("apply", FILE, "--plan", hash_).splitlines()[-1]
        self.screen.say(f"$ python -m catalogue apply {FILE} --plan {hash_}\n{said}")
        with self.screen.step("Pia subscribes"):
            self.subscribe("Pia", GOOD_CARD)
        [pia] = self.paid("Pia")
        self.figures.expect("Pia's first invoice", money(DEARER), money(pia["total"]["minor"]))

    def upgrade_with_coupon(self) -> None:
        """16 November: Nina changes to Scale; the preview is what is billed, coupon and all."""
        client, path = self.sandbox.client, f"/sales/subscriptions/{self.subscriptions['Nina']}/change"
        with self.screen.step("16 November: Nina changes to Scale, her coupon goes on"):
            self.sandbox.advance(SIXTEENTH)
            previewed = client.send(f"{path}/preview", {"plan": "scale"})["invoice"]
            client.send(path, {"plan": "scale"})
            self.sandbox.settle()
        billed = self.paid("Nina")[-1]
        self.beside("Previewed", previewed, billed)
        found = f"{money(previewed['total']['minor'])}, {money(billed['total']['minor'])} {billed['status']}"
        self.figures.expect("Nina's change", f"{money(UPGRADE)}, {money(UPGRADE)} paid", found)

    def migration(self) -> None:
        """Omar is the last on the old price: what it would be for him is shown, and then it is."""
        client, wish = self.sandbox.client, {"plan": "team"}
        self.figures.expect(
            "who is on which version of Team", "1 on version 1, 1 on version 2", self.on_versions()
        )
        [omar] = client.send("/sales/migrations/preview", wish)["subscribers"]
        with self.screen.step(
            "A migration is scheduled for those on the old price; the clock goes on to December"
        ):
            made = client.send("/sales/migrations", wish)["migration"]
            self.sandbox.settle()
            migration = client.ask(f"/sales/migrations/{made}")
            self.sandbox.advance(DECEMBER)
            self.sandbox.quiet()
        billed = self.paid("Omar")[-1]
        self.beside("Omar, as foreseen", omar["migrated"], billed, ("Without it", omar["without"]))
        self.figures.expect(
            "the migration", "scheduled for 1", f"{migration['stage']} for {migration['scheduled']}"
        )
        foreseen = [omar["without"], omar["migrated"], billed]
        self.figures.expect(
            "Omar in December: without, foreseen, billed",
            listed(map(money, (OLD, NEW, NEW))),
            listed(money(invoice["total"]["minor"]) for invoice in foreseen),
        )
        self.figures.expect("and after it", "2 on version 2", self.on_versions())

    # --- what the steps share ---

    def write(self, amount: str) -> None:
        """The seller edits the file."""
        data = copy.deepcopy(CATALOGUE)
        base = next(plan for plan in data["plans"] if plan["key"] == "team")["prices"][0]
        base["charges"][CURRENCY]["amount"] = amount
        text = yaml.safe_dump({**data, "coupons": [COUPON]}, sort_keys=False)
        (self.folder / FILE).write_text(text, encoding="utf-8")

    def command(self, *words: str) -> str:
        """What the command says, run as in a pipeline: with an address and a key, and nothing else."""
        cloud = self.sandbox.cloud
        ours = {
            "BILLING_URL": f"{cloud.address}/_aws/execute-api/{cloud.outputs['ApiId']}/$default",
            "BILLING_KEY": self.sandbox.client.token or "",
            "PYTHONPATH": str(ROOT),
        }
        done = subprocess.run(
            [sys.executable, "-m", "catalogue", *words],
            cwd=self.folder,
            env={**os.environ, **ours},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=60,
            check=False,
        )
        if done.returncode:
            raise UserError(f"catalogue {words[0]} ended with {done.returncode}:", done.stdout)
        return done.stdout.rstrip()

    def paid(self, name: str) -> list[Json]:
        """A customer's invoices, once all of them are paid."""
        invoices = lambda: self.sandbox.client.invoices(self.customers[name])  # noqa: E731
        eventually(lambda: all(each["status"] == "paid" for each in invoices()), within=60)
        return invoices()

    def on_versions(self) -> str:
        """How many are on each version of Team."""
        return keeping(self.sandbox.client.ask("/sales/plans/team/subscribers")["subscribers"])

    def beside(self, title: str, foreseen: Json, billed: Json, *more: tuple[str, Json]) -> None:
        """An invoice beside what was foreseen of it, line by line."""
        columns = [*(each for _, each in more), foreseen, billed]
        cells = [[money(line["amount"]["minor"]) for line in each["lines"]] for each in columns]
        names = [f"{line['name']} {line['side'] or ''}".strip() for line in billed["lines"]]
        rows = [list(row) for row in zip(names, *cells, strict=True)]
        rows.append(["Total after coupons and tax", *(money(each["total"]["minor"]) for each in columns)])
        heads = [f">{name}" for name, _ in more] + [">Previewed", ">Invoiced"]
        self.screen.table(["Line", *heads], rows, title=f"{title}: {billed['number']}, {billed['status']}")


def keeping(subscribers: dict[str, int]) -> str:
    """How many subscribers are on each version."""
    return listed(f"{count} on version {version}" for version, count in subscribers.items())

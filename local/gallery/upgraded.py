"""An invoice with promotional credit on it, drawn and come back by the function that numbers drafts."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from fractions import Fraction

from billing.core.covered import Covered
from billing.core.instants import instant_text
from billing.core.invoicing import Invoice, Side
from billing.core.money import Money
from billing.core.periods import Period
from billing.core.promotional import PromotionalCredit, Purse, settled
from local.gallery.invoices import DECEMBER, invoice, line


def upgraded() -> Invoice:
    """The invoice of a change in a month that credit paid: it is drawn again, and another with it."""
    eur, middle = "EUR", datetime(2026, 12, 16, 12, tzinfo=UTC)
    rest, half = Period(middle, DECEMBER.end), Fraction(1, 2)
    team = line("Plattform „Team“, monatlich", eur, ("1", "249"), period=DECEMBER)
    lines = [
        replace(team, amount=Money(-12450, eur), period=rest, parts=(), side=Side.CREDIT, quantity=half),
        line("Plattform „Business“, monatlich", eur, ("1", "299.5"), period=rest),
        line("Einrichtung", eur, ("1", "350"), period=None),
    ]
    credits = (
        PromotionalCredit("pcr_1", Money(30000, eur), "Willkommen", middle, drawn_minor=24900),
        PromotionalCredit("pcr_2", Money(2500, eur), "Danke für Ihre Geduld", middle, DECEMBER.end),
    )
    paid = Covered("sub_1", team.price, DECEMBER, 24900, opens=True, drawn={"pcr_1": 24900})
    draft = Invoice("inv_draft", "cus_1", "main", eur, middle, tuple(lines), ())
    taken, _ = settled(draft, Purse(credits, {instant_text(DECEMBER.end): (paid,)}))
    return invoice("RE-2026-00433", eur, list(taken.lines), {"standard": "19"})

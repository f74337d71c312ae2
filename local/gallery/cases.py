"""The documents of the gallery: invoices as sales finalizes them, and what follows from them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime

from billing.core.account import Move, MoveKind, Statement
from billing.core.credit import draft_credit, issue_credit
from billing.core.document import Document, OpenItem, Reference, Span
from billing.core.document_building import (
    Buyer,
    Seller,
    credit_document,
    invoice_document,
    receipt_document,
    reminder_document,
    statement_document,
)
from billing.core.instalments import InstalmentScheme, Terms
from billing.core.money import Money
from billing.core.periods import Cadence, Period, Unit
from documents.theme import Theme
from local.gallery import parties as p
from local.gallery.invoices import DECEMBER, discounted, invoice, line
from local.gallery.upgraded import upgraded

PAY = "https://pay.example.com/i/7hq2"


@dataclass(frozen=True)
class Case:
    """One document, and the theme it is drawn in."""

    document: Document
    theme: Theme = field(default_factory=Theme)


def _berlin() -> Document:
    eur = "EUR"
    lines = [
        line("Plattform „Team“, monatlich", eur, ("1", "249"), period=DECEMBER),
        line("Arbeitsplätze", eur, ("18", "12.5"), period=DECEMBER),
        line("Kontext-Token", eur, ("5000000", "0.000003"), ("23400000", "0.000002"), used="29400000"),
        line("Generierte Token", eur, ("1000000", "0.000015"), ("4870000", "0.00001"), used="5870000"),
        line("Speicher, Gigabyte-Monate", eur, ("412.75", "0.023"), used="512.75"),
        line("API-Aufrufe", eur, ("9000000", "0.0000004"), used="10000000"),
        line("E-Mail-Versand", eur, ("25", "0.8"), used="24310"),
        line("Bildverarbeitung", eur, ("1240", "0.018"), used="1240"),
        line("Ausgehender Datenverkehr, GB", eur, ("100", "0.09"), ("386", "0.07"), used="486"),
        line("Zusätzliche Umgebungen", eur, ("3", "49"), period=DECEMBER),
        line("Prioritäts-Support", eur, ("1", "199"), period=DECEMBER),
        line("Handbuch „Sicherer Betrieb“ (E-Book)", eur, ("2", "24.3"), tax="reduced", period=None),
        line("Schulung vor Ort, Tage", eur, ("1.5", "980"), period=None),
        line("Einrichtung", eur, ("1", "350"), period=None),
    ]
    made = invoice_document(
        invoice("RE-2026-00417", eur, lines, {"standard": "19", "reduced": "7"}, paid="500.00"),
        p.BERLIN,
        p.HAMBURG_BUYER,
        PAY,
    )
    return discounted(made, "Treuerabatt", "155.00")


def _geneva() -> Document:
    chf = "CHF"
    lines = [
        line("Abonnement Équipe, mensuel", chf, ("1", "189"), period=DECEMBER),
        line("Utilisateurs", chf, ("12", "9.9"), period=DECEMBER),
        line("Requêtes", chf, ("240000", "0.00012"), used="340000"),
    ]
    return invoice_document(
        invoice("F-2026-1182", chf, lines, {"standard": "8.1"}), p.ZURICH, p.GENEVA_BUYER, PAY
    )


def _bern() -> Document:
    chf = "CHF"
    lines = [line("Verlagsplattform, Jahresabonnement", chf, ("1", "12480"), period=DECEMBER)]
    lines += [line(f"Autorenkonto, Gruppe {n}", chf, (str(n), "14.5"), period=DECEMBER) for n in range(1, 17)]
    lines.append(line("Fachbuch Satz und Druck", chf, ("4", "68"), tax="reduced", period=None))
    rates = {"standard": "8.1", "reduced": "2.6"}
    return invoice_document(invoice("2026-3001", chf, lines, rates), p.ZURICH_QR, p.BERN_BUYER, PAY)


def _chicago() -> Document:
    usd = "USD"
    lines = [
        line("Team plan, monthly", usd, ("1", "49"), period=DECEMBER),
        line("Context tokens", usd, ("4000000", "0.000003"), ("7642315", "0.000002"), used="12642315"),
        line("Generated tokens", usd, ("1000000", "0.000015"), ("218455", "0.00001"), used="1218455"),
    ]
    return invoice_document(invoice("INV-000042", usd, lines, {}), p.AUSTIN, p.CHICAGO_BUYER, PAY)


def _leeds() -> Document:
    gbp = "GBP"
    lines = [
        line(
            "Business plan, annual",
            gbp,
            ("1", "1188"),
            period=Period(DECEMBER.start, datetime(2027, 12, 1, tzinfo=UTC)),
        ),
        line("Change from Team to Business: rest of November", gbp, ("1", "33.87"), period=None),
        replace(
            line("Credit for Team: rest of November", gbp, ("1", "16.33"), period=None),
            amount=Money(-1633, gbp),
        ),
    ]
    made = invoice(
        "TD-10923", gbp, [*lines[:2], replace(lines[2], parts=())], {"standard": "20"}, paid="250.00"
    )
    return invoice_document(made, p.LONDON, p.LEEDS_BUYER, PAY)


def _dublin() -> Document:
    eur = "EUR"
    lines = [
        line("Studio plan, monthly", eur, ("1", "420"), period=DECEMBER),
        line("Build minutes", eur, ("8200", "0.012"), used="9200"),
        line("Seats", eur, ("7", "19"), period=DECEMBER, off=("SPRING10", "13.30")),
    ]
    return invoice_document(invoice("FA-2026-0871", eur, lines, {}), p.PARIS, p.DUBLIN_BUYER, PAY)


def _osaka() -> Document:
    jpy = "JPY"
    lines = [
        line("スタンダードプラン（月額）", jpy, ("1", "29800"), period=DECEMBER),
        line("追加ユーザー", jpy, ("12", "1480"), period=DECEMBER),
        line("API呼び出し", jpy, ("184300", "0.035"), used="284300"),
        line("技術書籍（電子版）", jpy, ("3", "2750"), tax="reduced", period=None),
    ]
    rates = {"standard": "10", "reduced": "8"}
    return invoice_document(invoice("SC-2026-0088", jpy, lines, rates), p.TOKYO, p.OSAKA_BUYER, PAY)


def _abu_dhabi() -> Document:
    aed = "AED"
    lines = [
        line("الباقة المتقدمة، شهريًا", aed, ("1", "899"), period=DECEMBER),
        line("المستخدمون", aed, ("24", "35"), period=DECEMBER),
        line("طلبات الواجهة البرمجية API", aed, ("150000", "0.0021"), ("90000", "0.0018"), used="340000"),
    ]
    return invoice_document(
        invoice("AE-2026-311", aed, lines, {"standard": "5"}), p.DUBAI, p.RIYADH_BUYER, PAY
    )


def _credited() -> Document:
    eur = "EUR"
    lines = [
        line("Studio plan, monthly", eur, ("1", "420"), period=DECEMBER),
        line("Seats", eur, ("7", "19"), period=DECEMBER),
    ]
    first = invoice("RE-2026-00398", eur, lines, {"standard": "19"})
    wanted = {first.lines[1].id: Money(3800, eur), first.lines[0].id: Money(10500, eur)}
    at = datetime(2026, 12, 9, 10, tzinfo=UTC)
    note = draft_credit("crn_1", first, [], wanted, reason="Outage of 4 December", refund=False, at=at)
    issued, _ = issue_credit(note, first, "GS-2026-00031", at=at)
    buyer = replace(p.HAMBURG_BUYER, locale="en_DE")
    return credit_document(issued, Reference("RE-2026-00398", date(2026, 12, 1)), p.BERLIN, buyer)


def _receipt() -> Document:
    eur = "EUR"
    lines = [
        line("Plan Profesional, mensual", eur, ("1", "79"), period=DECEMBER),
        line("Mensajes SMS", eur, ("1420", "0.045"), used="1920"),
    ]
    paid = invoice_document(
        invoice("F26-00512", eur, lines, {"standard": "21"}), p.MADRID, p.SEVILLE_BUYER, PAY
    )
    at = datetime(2026, 12, 3, 12, tzinfo=UTC)
    return receipt_document(paid, "rcp_1", at, "Europe/Madrid", "Visa ···· 4242")


def _reminder() -> Document:
    eur = "EUR"
    base = invoice_document(
        invoice("RE-2026-00344", eur, [line("Plattform", eur, ("1", "249"))], {}),
        p.BERLIN,
        p.VIENNA_BUYER,
        PAY,
    )
    items = [
        OpenItem("RE-2026-00301", date(2026, 9, 1), date(2026, 10, 1), Money(29631, eur), Money(9631, eur)),
        OpenItem(
            "RE-2026-00322", date(2026, 10, 1), date(2026, 10, 31), Money(29631, eur), Money(29631, eur)
        ),
        OpenItem("RE-2026-00344", date(2026, 11, 1), date(2026, 12, 1), Money(24900, eur), Money(24900, eur)),
    ]
    letter = reminder_document(base, "rem_1", datetime(2026, 12, 10, tzinfo=UTC), "Europe/Vienna", 2, items)
    return replace(letter, number="M-2026-0012")


def _statement() -> Document:
    eur = "EUR"
    moves: list[Move] = []

    def moved(month: int, day: int, kind: MoveKind, number: str, minor: int) -> None:
        at = datetime(2026, month, day, 9, tzinfo=UTC)
        moves.append(Move(at, kind, number, Money(minor, eur), "main"))

    for month in range(1, 12):
        number, minor = f"F-2026-{month:04}", 36600 + 1111 * month
        moved(month, 1, MoveKind.INVOICE, number, minor)
        moved(month, 24, MoveKind.PAYMENT, number, -minor if month % 10 else -20000)
    moved(11, 28, MoveKind.CREDIT_NOTE, "NC-2026-0007", -12200)
    span = Span(date(2026, 1, 1), date(2026, 11, 30))
    drawn = Statement(
        "stm_1",
        "20261130-K3V5Q2",
        "cus_1",
        "main",
        eur,
        "Europe/Rome",
        span,
        datetime(2026, 12, 1, 8, tzinfo=UTC),
        Money(48312, eur),
        tuple(moves),
    )
    return statement_document(drawn, p.MILAN, p.TURIN_BUYER)


def many_lines(count: int) -> Document:
    """An invoice of as many lines as are asked for, in a currency of three decimals."""
    kwd = "KWD"
    lines = [
        line(f"Meter {n:05}, Salmiya block {n % 12 + 1}", kwd, (str(n % 90 + 1), "0.045"))
        for n in range(count)
    ]
    return invoice_document(invoice(f"GM-{count:05}", kwd, lines, {}), p.KUWAIT, p.KUWAIT_BUYER, PAY)


def _two_hundred() -> Document:
    eur = "EUR"
    lines = [
        line(f"Device {n:03} of the fleet in Hamburg", eur, (str(n % 7 + 1), "3.95")) for n in range(200)
    ]
    return invoice_document(
        invoice("RE-2026-00500", eur, lines, {"standard": "19"}),
        p.BERLIN,
        replace(p.HAMBURG_BUYER, locale="en_DE"),
        PAY,
    )


def _odd() -> Document:
    eur = "EUR"
    lines = [
        line("Team plan 🚀 with a \x07 bell, a \u202eturned\u202c word and ᎠᎡ", eur, ("1", "49")),
        line("W" * 180, eur, ("3", "5.5")),
        line("Everything that anybody ever wanted to say about it. " * 190, eur, ("1", "1")),
        line("प्लान हिंदी · แผนไทย · תוכנית · 套餐 · 요금제", eur, ("2", "12")),
    ]
    buyer = replace(p.HAMBURG_BUYER, locale="xx")
    return invoice_document(invoice("RE-2026-00501", eur, lines, {"standard": "19"}), p.BERLIN, buyer, PAY)


def _settled() -> Document:
    gbp = "GBP"
    lines = [line("Business plan, monthly", gbp, ("1", "99"), period=DECEMBER)]
    made = invoice("TD-10930", gbp, lines, {"standard": "20"}, paid="118.80")
    return invoice_document(made, p.LONDON, p.LEEDS_BUYER, PAY)


def _in_instalments(currency: str, seller: Seller, buyer: Buyer) -> Document:
    """A year in four quarters, the first at once."""
    scheme = InstalmentScheme("quarters", "Quarters", Cadence(Unit.QUARTER), count=4)
    year = Period(DECEMBER.start, datetime(2027, 12, 1, tzinfo=UTC))
    lines = [line("Plattform „Team“, ein Jahr", currency, ("1", "2988"), period=year)]
    terms = Terms(scheme, buyer.zone)
    made = invoice("RE-2026-00502", currency, lines, {"standard": "19"}, terms=terms, paid="55.55")
    return invoice_document(made, seller, buyer, PAY)


BRANDED = Theme(
    logo=p.LOGO,
    accent="#0b6e4f",
    columns=Theme().columns[:2],
    words={"en": {"title.invoice": "Tax invoice", "label.pay": "Pay this invoice"}},
    closing={"*": "Thank you for building with us."},
    footer={"*": "Lone Star Analytics, Inc. · 500 Congress Avenue · Austin, Texas · EIN 12-3456789"},
)

CASES: dict[str, Callable[[], Case]] = {
    "01-invoice-de-two-pages": lambda: Case(_berlin()),
    "02-invoice-fr-swiss-qr-bill": lambda: Case(_geneva()),
    "03-invoice-de-swiss-qr-reference": lambda: Case(_bern()),
    "04-invoice-en-us-usage": lambda: Case(_chicago()),
    "05-invoice-en-gb-proration-prepaid": lambda: Case(_leeds()),
    "06-invoice-en-reverse-charge": lambda: Case(_dublin()),
    "07-invoice-ja-yen": lambda: Case(_osaka()),
    "08-invoice-ar-right-to-left": lambda: Case(_abu_dhabi()),
    "09-credit-note-en": lambda: Case(_credited()),
    "10-receipt-es": lambda: Case(_receipt()),
    "11-reminder-de": lambda: Case(_reminder()),
    "12-statement-it": lambda: Case(_statement()),
    "13-invoice-200-lines": lambda: Case(_two_hundred()),
    "14-invoice-2000-lines-dinar": lambda: Case(many_lines(2_000)),
    "15-invoice-odd-input": lambda: Case(_odd()),
    "16-invoice-branded": lambda: Case(_chicago(), BRANDED),
    "17-invoice-settled": lambda: Case(_settled()),
    "18-invoice-de-promotional-credit": lambda: Case(
        invoice_document(upgraded(), p.BERLIN, p.HAMBURG_BUYER, PAY)
    ),
    "19-invoice-de-instalments": lambda: Case(_in_instalments("EUR", p.BERLIN, p.HAMBURG_BUYER)),
    "20-invoice-de-swiss-instalments": lambda: Case(_in_instalments("CHF", p.ZURICH_QR, p.BERN_BUYER)),
}

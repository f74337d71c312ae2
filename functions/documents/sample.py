"""A document to try a look on: a line of every sort, two rates, a discount."""

from __future__ import annotations

from datetime import date
from fractions import Fraction

from billing.core.document import (
    Address,
    BankAccount,
    Document,
    DocumentKind,
    DocumentLine,
    LineOff,
    Party,
    Span,
    Step,
    TaxCode,
    TaxRow,
)
from billing.core.money import Money

_NOVEMBER = Span(date(2026, 11, 1), date(2026, 11, 30))
_STANDARD, _REDUCED = Fraction(19), Fraction(7)


def sample(seller: Party, locale: str) -> Document:
    """An invoice of a seller to a customer who does not exist."""
    lines = (
        _line("Plan", 4900, "1", "49", _STANDARD),
        DocumentLine(
            "2",
            "Tokens",
            _eur(2728),
            TaxCode.STANDARD,
            _STANDARD,
            span=_NOVEMBER,
            used=Fraction(12_640_000),
            charged=Fraction(11_640_000),
            steps=(_step("4000000", "0.000003", "12"), _step("7640000", "0.000002", "15.28")),
        ),
        DocumentLine(
            "3",
            "Seats",
            _eur(6840),
            TaxCode.STANDARD,
            _STANDARD,
            quantity=Fraction(4),
            unit_amount=Fraction(19),
            off=(LineOff("SPRING10", _eur(760)),),
        ),
        _line("Handbook", 2430, "1", "24.3", _REDUCED),
    )
    taxes = (
        TaxRow(TaxCode.STANDARD, _STANDARD, _eur(14468), _eur(2749)),
        TaxRow(TaxCode.STANDARD, _REDUCED, _eur(2430), _eur(170)),
    )
    return Document(
        DocumentKind.INVOICE,
        "inv_sample",
        "INV-000042",
        date(2026, 12, 1),
        "EUR",
        seller,
        Party("Example Customer Ltd", Address("DE", "Hafenstraße 7", "", "20457", "Hamburg"), "DE811193231"),
        locale=locale,
        lines=lines,
        taxes=taxes,
        total=_eur(19817),
        prepaid=_eur(0),
        due=_eur(19817),
        due_on=date(2026, 12, 31),
        span=_NOVEMBER,
        account=BankAccount("DE89370400440532013000"),
        payment_reference="RF18539007547034",
        pay_link="https://example.com/pay",
    )


def _line(name: str, minor: int, quantity: str, price: str, rate: Fraction) -> DocumentLine:
    return DocumentLine(
        name, name, _eur(minor), TaxCode.STANDARD, rate, Fraction(quantity), Fraction(price), _NOVEMBER
    )


def _step(quantity: str, price: str, amount: str) -> Step:
    return Step(Fraction(quantity), Fraction(price), Fraction(0), Fraction(amount))


def _eur(minor: int) -> Money:
    return Money(minor, "EUR")

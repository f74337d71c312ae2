"""The rules a document keeps before it may leave: those of EN 16931 that arithmetic and presence can decide.

They carry the names of the standard, so that whoever reads a refusal can look them up. The whole rule set
(schematron) runs in the tests; these run for every document.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

from billing.core.currency import exponent
from billing.core.document import Discount, Document, DocumentKind, DocumentLine, TaxCode, TaxRow
from billing.core.document_tax import COUNTRIES, Format
from billing.core.money import Money

MOST_DECIMALS = 2  # of an amount in EN 16931 (BR-DEC-01 to BR-DEC-28)
UNTAXED = frozenset({TaxCode.ZERO, TaxCode.EXEMPT, TaxCode.REVERSE_CHARGE, TaxCode.EXPORT})
_INVOICES = frozenset({DocumentKind.INVOICE, DocumentKind.CREDIT_NOTE})


@dataclass(frozen=True, slots=True)
class Broken:
    """A rule a document does not keep; `wrong` ones are about its figures, the others about what it lacks."""

    rule: str
    message: str
    wrong: bool = True


def broken_rules(document: Document) -> list[Broken]:
    """Every rule the document breaks; of a letter, which is no invoice, only what it sums up."""
    if document.kind is DocumentKind.STATEMENT:
        return list(_movements(document))
    if document.kind is DocumentKind.REMINDER:
        return list(_open_items(document))
    return [*_figures(document), *_taxes(document), *_steps(document), *_presence(document)]


def format_rules(document: Document, format_: Format) -> list[Broken]:
    """What a format asks for beyond the standard: presence that XRechnung and Peppol make a duty."""
    if format_ not in {Format.XRECHNUNG, Format.PEPPOL}:
        return []
    seller, buyer = document.seller, document.buyer
    german = format_ is Format.XRECHNUNG
    at, to = seller.address, buyer.address
    asked = [
        ("PEPPOL-EN16931-R020", seller.endpoint or seller.email, "the seller has no `endpoint`"),
        ("PEPPOL-EN16931-R010", buyer.endpoint or buyer.email, "the buyer has no `endpoint`"),
        (
            "BR-DE-15" if german else "PEPPOL-EN16931-R003",
            document.buyer_reference or document.order,
            "the buyer has no `reference` (a Leitweg-ID for German offices) and no `order`",
        ),
    ]
    if german:
        asked += [
            ("BR-DE-2", seller.email and seller.phone, "the seller has no `email` and `phone` to ask at"),
            ("BR-DE-3", at and at.city, "the address of the seller has no city"),
            ("BR-DE-4", at and at.postcode, "the address of the seller has no postcode"),
            ("BR-DE-8", to and to.city, "the address of the buyer has no city"),
            ("BR-DE-9", to and to.postcode, "the address of the buyer has no postcode"),
        ]
    return [Broken(rule, message, wrong=False) for rule, there, message in asked if not there]


def _figures(document: Document) -> Iterator[Broken]:
    zero = Money.zero(document.currency)
    if not document.lines:
        yield Broken("BR-16", "it has no line")
    if document.total is None or document.due is None:
        yield Broken("BR-14", "it says no total")
        return
    if document.total != document.net + document.tax:
        yield Broken("BR-CO-15", f"net and tax are {document.net + document.tax}, not {document.total}")
    if document.due != document.total - (document.prepaid or zero):
        yield Broken("BR-CO-16", f"what is due is not total less prepaid: {document.due}")
    if document.kind is DocumentKind.INVOICE and document.due > zero and document.due_on is None:
        yield Broken("BR-CO-25", "it asks for money and says no due date")


def _taxes(document: Document) -> Iterator[Broken]:
    seen = {(row.tax, row.rate_percent) for row in document.taxes}
    if len(seen) != len(document.taxes):
        yield Broken("BR-CO-18", "a tax stands twice in its summary")
    for item in (*document.lines, *document.discounts):
        if (item.tax, item.rate_percent) not in seen:
            yield Broken("BR-CO-18", f"the summary lacks the tax of {_named(item)}")
    for row in document.taxes:
        yield from _tax_row(document, row)


def _tax_row(document: Document, row: TaxRow) -> Iterator[Broken]:
    """Its sum, its amount (whatever way a seller rounds), and its rate."""
    taxable = Money.zero(document.currency)
    for line in document.lines:
        if (line.tax, line.rate_percent) == (row.tax, row.rate_percent):
            taxable = taxable + line.amount
    for discount in document.discounts:
        if (discount.tax, discount.rate_percent) == (row.tax, row.rate_percent):
            taxable = taxable - discount.amount
    if taxable != row.taxable:
        yield Broken(f"BR-{row.tax.value}-08", f"the lines of {row.tax} sum to {taxable}, not {row.taxable}")
    exact = Fraction(row.taxable.minor) * row.rate_percent / 100
    # The tax of a credit note is rounded on the sum of all credits of its invoice.
    apart = row.rounded + (document.kind is DocumentKind.CREDIT_NOTE)
    if abs(row.amount.minor - exact) >= apart:
        yield Broken("BR-CO-17", f"{row.rate_percent} % of {row.taxable} is not {row.amount}")
    if (row.rate_percent == 0) is not (row.tax in UNTAXED):
        yield Broken(f"BR-{row.tax.value}-05", f"{row.rate_percent} % is no rate of {row.tax}")


def _steps(document: Document) -> Iterator[Broken]:
    for line in document.lines:
        if line.unit_amount is None:
            continue
        exact = line.quantity * line.unit_amount * 10 ** _places(line.amount)
        if exact != line.gross.minor:
            yield Broken("PEPPOL-EN16931-R120", f"quantity times price is not the amount of {_named(line)}")


def _presence(document: Document) -> Iterator[Broken]:
    """What an e-invoice must say, in the way it must, and a plain document may leave out."""
    if exponent(document.currency) > MOST_DECIMALS:
        message = f"an e-invoice has {MOST_DECIMALS} decimals at most, {document.currency} has more"
        yield Broken("BR-DEC-23", message, wrong=False)
    for who, party, rules in (
        ("seller", document.seller, ("BR-06", "BR-08", "BR-09")),
        ("buyer", document.buyer, ("BR-07", "BR-10", "BR-11")),
    ):
        if not party.name:
            yield Broken(rules[0], f"the {who} has no name", wrong=False)
        if party.address is None:
            yield Broken(rules[1], f"the {who} has no address; set `address` with its country", wrong=False)
        elif not party.address.country:
            yield Broken(rules[2], f"the address of the {who} has no country", wrong=False)
        elif party.address.country not in COUNTRIES:
            yield Broken("BR-CL-14", f"the country of the {who} is no code of ISO 3166", wrong=False)
    codes = {row.tax for row in document.taxes}
    for code in sorted(codes):
        if document.seller.tax_id is None and (
            code is not TaxCode.EXEMPT or not document.seller.registration
        ):
            yield Broken(f"BR-{code.value}-02", "the seller has no tax number; set `tax_id`", wrong=False)
    if TaxCode.REVERSE_CHARGE in codes and document.buyer.tax_id is None:
        yield Broken("BR-AE-02", "reverse charge needs the tax number of the buyer")


def _open_items(document: Document) -> Iterator[Broken]:
    opened = sum((item.open for item in document.open_items), Money.zero(document.currency))
    if not document.open_items:
        yield Broken("REMINDER-1", "it reminds of nothing")
    if document.due != opened:
        yield Broken("REMINDER-2", f"what is open sums to {opened}, not {document.due}")


def _movements(document: Document) -> Iterator[Broken]:
    balance = document.opening or Money.zero(document.currency)
    for row in document.movements:
        balance = balance + row.amount
        if row.balance != balance:
            yield Broken("STATEMENT-1", f"after {row.number} the balance is {balance}, not {row.balance}")
            return
    if document.due != balance:
        yield Broken("STATEMENT-2", f"it closes at {balance}, not {document.due}")


def is_invoice(document: Document) -> bool:
    """Whether the law sees an invoice in it, so that an e-invoice can be made of it."""
    return document.kind in _INVOICES


def _named(item: DocumentLine | Discount) -> str:
    return f"line {item.id}" if isinstance(item, DocumentLine) else f"discount {item.reason!r}"


def _places(amount: Money) -> int:
    return len(amount.plain().partition(".")[2])

"""What is wrong by a cent, or says a code nobody knows, is caught before it leaves."""

from dataclasses import replace
from datetime import date
from fractions import Fraction

import pytest

from billing.core.document import TaxCode
from billing.core.document_building import invoice_document
from billing.core.document_checks import broken_rules
from billing.core.document_tax import Format, duty, tax_code
from billing.core.money import Money
from documents.einvoice import InvalidEInvoiceError, Syntax, check_schema, einvoice
from documents.making import RejectedDocumentError, make
from local.gallery import parties
from local.gallery.cases import CASES
from local.gallery.invoices import invoice, line
from tests.schematron import failed_rules

EUR = "EUR"


def two_rates():
    return CASES["01-invoice-de-two-pages"]().document


def rules(document):
    return [broken.rule for broken in broken_rules(document)]


def more(money):
    return Money(money.minor + 1, money.currency)


def test_a_cent_too_much_is_caught_wherever_it_is():
    document = two_rates()

    assert rules(replace(document, due=more(document.due))) == ["BR-CO-16"]
    assert rules(replace(document, total=more(document.total))) == ["BR-CO-15", "BR-CO-16"]
    first, second = document.taxes
    wrong = replace(document, taxes=(replace(first, taxable=more(first.taxable)), second))
    assert rules(wrong) == ["BR-S-08"]
    wrong = replace(document, taxes=(replace(first, amount=more(first.amount)), second))
    assert rules(wrong) == ["BR-CO-15", "BR-CO-17"]
    dear = replace(document.lines[1], amount=more(document.lines[1].amount))
    wrong = replace(document, lines=(document.lines[0], dear, *document.lines[2:]))
    assert rules(wrong) == ["BR-CO-15", "BR-S-08", "PEPPOL-EN16931-R120"]


def test_nothing_wrong_leaves():
    document = two_rates()

    with pytest.raises(RejectedDocumentError, match="BR-CO-16"):
        make(replace(document, due=more(document.due)))


def test_the_whole_rule_set_catches_the_same_cent():
    document = two_rates()
    wrong = einvoice(replace(document, due=more(document.due)), Syntax.CII)

    assert [rule.split()[0] for rule in failed_rules(wrong.xml, "cii")] == ["BR-CO-16"]


def test_the_whole_rule_set_catches_a_code_that_is_in_no_list():
    xml = einvoice(two_rates(), Syntax.UBL).xml

    wrong = xml.replace(b'unitCode="C62"', b'unitCode="PIECE"', 1)
    assert [rule.split()[0] for rule in failed_rules(wrong, "ubl")] == ["BR-CL-23"]
    wrong = xml.replace(b">EUR</cbc:DocumentCurrencyCode>", b">EURO</cbc:DocumentCurrencyCode>", 1)
    assert "BR-CL-04" in [rule.split()[0] for rule in failed_rules(wrong, "ubl")]


def test_the_schema_catches_what_is_in_the_wrong_place():
    xml = einvoice(two_rates(), Syntax.CII).xml

    with pytest.raises(InvalidEInvoiceError, match="GrandTotal"):
        check_schema(xml.replace(b"ram:GrandTotalAmount", b"ram:GrandTotal"), Syntax.CII)


def test_without_an_address_there_is_a_document_but_no_e_invoice():
    document = CASES["04-invoice-en-us-usage"]().document

    made = make(replace(document, buyer=replace(document.buyer, address=None)))

    assert [broken.rule for broken in made.lacks] == ["BR-10"]
    assert made.files.keys() == {"pdf", "html", "json"}


def test_where_an_e_invoice_is_a_duty_a_missing_tax_number_parks_the_document():
    document = two_rates()
    nameless = replace(document, seller=replace(document.seller, tax_id=None))

    with pytest.raises(RejectedDocumentError, match="BR-S-02: the seller has no tax number"):
        make(nameless)


def test_reverse_charge_needs_the_number_of_the_buyer():
    document = CASES["06-invoice-en-reverse-charge"]().document

    assert {row.tax for row in document.taxes} == {TaxCode.REVERSE_CHARGE}
    assert rules(replace(document, buyer=replace(document.buyer, tax_id=None))) == ["BR-AE-02"]


@pytest.mark.parametrize(
    ("seller", "buyer", "on", "expected"),
    [
        ("BE", "BE", date(2025, 12, 31), None),
        ("BE", "BE", date(2026, 1, 1), Format.PEPPOL),
        ("DE", "DE", date(2027, 12, 31), None),
        ("DE", "DE", date(2028, 1, 1), Format.FACTUR_X),
        ("FR", "FR", date(2027, 9, 1), Format.FACTUR_X),
        ("IT", "IT", date(2026, 11, 1), Format.NATIONAL),
        ("DE", "FR", date(2030, 6, 30), None),
        ("DE", "FR", date(2030, 7, 1), Format.PEPPOL),
        ("CH", "DE", date(2031, 1, 1), None),
    ],
)
def test_a_duty_begins_on_its_day(seller, buyer, on, expected):
    found = duty(_at(seller), _at(buyer), on)

    assert (found.format if found else None) == expected


def test_large_sellers_are_bound_earlier_and_consumers_never():
    day = date(2027, 1, 1)

    assert duty(_at("DE"), _at("DE"), day, large=True).format is Format.FACTUR_X
    assert duty(_at("DE"), _at("DE"), day) is None
    assert duty(_at("BE"), replace(_at("BE"), tax_id=None), day) is None
    assert duty(_at("DE"), _at("DE"), day, public=True).format is Format.XRECHNUNG


@pytest.mark.parametrize(
    ("seller", "buyer", "expected"),
    [
        ("DE", "DE", TaxCode.ZERO),
        ("DE", "FR", TaxCode.REVERSE_CHARGE),
        ("DE", "CH", TaxCode.EXPORT),
        ("CH", "DE", TaxCode.EXPORT),
    ],
)
def test_what_is_not_taxed_says_why(seller, buyer, expected):
    assert tax_code(Fraction(0), _at(seller), _at(buyer)) is expected


def test_two_categories_of_one_rate_are_one_row_though_each_was_rounded():
    lines = [line("a", EUR, ("1", "10.03")), line("b", EUR, ("1", "10.03"), tax="digital")]
    made = invoice("1", EUR, lines, {"standard": "19", "digital": "19"})  # 1.91 and 1.91, not 3.81

    document = invoice_document(made, parties.BERLIN, parties.HAMBURG_BUYER)

    [row] = document.taxes
    assert (row.taxable.minor, row.amount.minor) == (2006, 382)
    assert broken_rules(document) == []
    assert failed_rules(einvoice(document, Syntax.UBL).xml, "ubl") == []


def _at(country):
    party = parties.BERLIN.party
    return replace(party, address=replace(party.address, country=country))

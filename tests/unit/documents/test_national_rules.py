"""The rule sets behind the identifiers that an e-invoice carries: XRechnung and Peppol BIS Billing."""

from dataclasses import replace

import pytest

from billing.core.document_checks import format_rules
from billing.core.document_tax import Format
from documents.einvoice import Syntax, einvoice
from documents.making import RejectedDocumentError, make
from local.gallery.cases import CASES
from tests.schematron import failed_rules, has

GERMAN = ["01-invoice-de-two-pages", "09-credit-note-en", "13-invoice-200-lines", "15-invoice-odd-input"]
needs_xrechnung = pytest.mark.skipif(not has("xrechnung ubl"), reason="`make setup` brings its rules")
needs_peppol = pytest.mark.skipif(not has("peppol"), reason="its rules are in no registry: PEPPOL_RULES")


def on_peppol(document):
    seller = replace(document.seller, endpoint="9930:DE136695976")
    buyer = replace(document.buyer, endpoint="0204:991-12345-67")
    return replace(document, seller=seller, buyer=buyer, order=document.order or "PO-1")


@needs_xrechnung
@pytest.mark.parametrize("name", GERMAN)
def test_an_xrechnung_breaks_no_rule_of_its_authors(name):
    document = CASES[name]().document

    for syntax, rules in ((Syntax.UBL, "xrechnung ubl"), (Syntax.CII, "xrechnung cii")):
        assert failed_rules(einvoice(document, syntax, Format.XRECHNUNG).xml, rules) == []


@needs_peppol
@pytest.mark.parametrize("name", [*GERMAN, "06-invoice-en-reverse-charge", "07-invoice-ja-yen"])
def test_a_peppol_invoice_breaks_no_rule_of_its_authors(name):
    document = on_peppol(CASES[name]().document)

    assert failed_rules(einvoice(document, Syntax.UBL, Format.PEPPOL).xml, "peppol") == []


def lacking():
    document = CASES["01-invoice-de-two-pages"]().document
    seller = replace(document.seller, phone=None, endpoint=None, email=None)
    address = replace(document.buyer.address, city="", postcode="")
    buyer = replace(document.buyer, address=address, endpoint=None, email=None)
    return replace(document, seller=seller, buyer=buyer, order=None, buyer_reference=None)


def test_what_a_format_asks_for_is_known_before_it_is_made():
    found = [broken.rule for broken in format_rules(lacking(), Format.XRECHNUNG)]
    assert found == [
        "PEPPOL-EN16931-R020",
        "PEPPOL-EN16931-R010",
        "BR-DE-15",
        "BR-DE-2",
        "BR-DE-8",
        "BR-DE-9",
    ]
    assert [broken.rule for broken in format_rules(lacking(), Format.PEPPOL)] == [
        "PEPPOL-EN16931-R020",
        "PEPPOL-EN16931-R010",
        "PEPPOL-EN16931-R003",
    ]
    assert format_rules(lacking(), Format.FACTUR_X) == []


@needs_xrechnung
def test_the_whole_rule_set_misses_the_same():
    xml = einvoice(lacking(), Syntax.UBL, Format.XRECHNUNG).xml

    found = {rule.split()[0] for rule in failed_rules(xml, "xrechnung ubl")}
    assert {broken.rule for broken in format_rules(lacking(), Format.XRECHNUNG)} <= found


def test_an_xrechnung_that_is_owed_and_lacks_its_reference_does_not_leave():
    document = on_peppol(CASES["01-invoice-de-two-pages"]().document)

    assert make(document).format is Format.XRECHNUNG
    with pytest.raises(RejectedDocumentError, match="BR-DE-15"):
        make(replace(document, order=None, buyer_reference=None))


def test_on_peppol_without_a_reference_it_is_no_peppol_invoice_and_still_an_e_invoice():
    document = on_peppol(CASES["06-invoice-en-reverse-charge"]().document)
    document = replace(document, buyer=replace(document.buyer, endpoint="0009:12345678901234"))

    assert make(document).format is Format.PEPPOL
    assert make(replace(document, order=None, buyer_reference=None)).format is Format.FACTUR_X

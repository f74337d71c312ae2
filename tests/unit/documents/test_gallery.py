"""Every document of the gallery: accepted by schemas and the whole rule set, and the same in every view."""

import io
import re
from dataclasses import replace

import pytest
from pypdf import PdfReader

from billing.core.money import Money
from documents.making import CII, CSV, HTML, JSON, PDF, UBL, make
from documents.writing import write
from local.gallery.cases import CASES
from tests.schematron import failed_rules

DINAR = "14-invoice-2000-lines-dinar"
INVOICES = [name for name in CASES if ("invoice" in name or "credit" in name) and name != DINAR]
LETTERS = [name for name in CASES if name not in {*INVOICES, DINAR}]


@pytest.mark.parametrize("name", INVOICES)
def test_an_invoice_breaks_no_rule_of_the_standard(name):
    case = CASES[name]()

    made = make(case.document, case.theme)

    assert not made.lacks
    assert failed_rules(made.files[CII], "cii") == []
    assert failed_rules(made.files[UBL], "ubl") == []


def test_a_currency_of_three_decimals_has_no_e_invoice_and_says_why():
    made = make(CASES[DINAR]().document)

    assert [(broken.rule, broken.wrong) for broken in made.lacks] == [("BR-DEC-23", False)]
    assert set(made.files) == {PDF, HTML, JSON, CSV}


@pytest.mark.parametrize(
    "name", ["01-invoice-de-two-pages", "08-invoice-ar-right-to-left", "12-statement-it"]
)
def test_the_same_document_gives_the_same_bytes(name):
    case = CASES[name]()

    assert make(case.document, case.theme) == make(case.document, case.theme)


def test_an_invoice_is_inside_its_pdf_and_the_metadata_says_so():
    made = make(CASES["01-invoice-de-two-pages"]().document)

    pdf = PdfReader(io.BytesIO(made.files[PDF]), strict=True)
    assert dict(pdf.attachments) == {"factur-x.xml": [made.files[CII]]}
    metadata = pdf.xmp_metadata.stream.get_data().decode()
    for said in (
        "<pdfaid:part>3</pdfaid:part>",
        "<pdfaid:conformance>B</pdfaid:conformance>",
        "<pdfuaid:part>1</pdfuaid:part>",
        "<fx:DocumentFileName>factur-x.xml</fx:DocumentFileName>",
        "<fx:ConformanceLevel>EN 16931</fx:ConformanceLevel>",
        "<pdfaSchema:prefix>fx</pdfaSchema:prefix>",
    ):
        assert said in metadata
    assert pdf.trailer["/Root"]["/MarkInfo"]["/Marked"]
    assert pdf.trailer["/Root"]["/AF"][0].get_object()["/AFRelationship"] == "/Alternative"
    assert pdf.trailer["/Root"]["/Lang"].startswith("de")


@pytest.mark.parametrize(
    "name", ["01-invoice-de-two-pages", "07-invoice-ja-yen", "08-invoice-ar-right-to-left", "12-statement-it"]
)
def test_what_pdf_a_3_asks_for_is_there(name):
    pdf = PdfReader(io.BytesIO(make(CASES[name]().document).files[PDF]), strict=True)
    root = pdf.trailer["/Root"]

    [intent] = root["/OutputIntents"]
    assert intent.get_object()["/S"] == "/GTS_PDFA1"
    assert (
        intent.get_object()["/DestOutputProfile"].get_object().get_data()[36:40] == b"acsp"
    )  # an ICC profile
    assert len(pdf.trailer["/ID"]) == 2
    assert "/Encrypt" not in pdf.trailer
    assert "/JavaScript" not in root.get("/Names", {})
    assert "/OpenAction" not in root
    fonts = list(all_fonts(pdf))
    assert fonts
    for font in fonts:
        assert {"/FontFile2", "/FontFile3"} & font["/FontDescriptor"].get_object().keys()
    for page in pdf.pages:
        assert "/Lang" in root
        for link in page.get("/Annots", []):
            assert link.get_object()["/Subtype"] == "/Link"
            assert link.get_object()["/F"] & 4  # printed
    for file in root.get("/AF", []):
        embedded = file.get_object()["/EF"]["/F"].get_object()
        assert embedded["/Subtype"] in {"/text#2Fxml", "/text/xml"}
        assert "/ModDate" in embedded["/Params"]


def all_fonts(pdf):
    """Every font that a page draws with; of composite ones what they are composed of."""
    for page in pdf.pages:
        for font in page["/Resources"].get("/Font", {}).values():
            found = font.get_object()
            below = found.get("/DescendantFonts")
            yield below[0].get_object() if below else found


def test_two_thousand_lines_are_summed_up_on_five_pages_and_whole_in_the_attached_table():
    made = make(CASES[DINAR]().document)

    pdf = PdfReader(io.BytesIO(made.files[PDF]))
    assert len(pdf.pages) == 5
    assert "1,900 further lines" in pdf.pages[4].extract_text()
    assert pdf.attachments["lines.csv"] == [made.files[CSV]]
    assert made.files[CSV].decode().count("\r\n") == 2001
    assert made.files[CSV].decode().splitlines()[-1].endswith("0.900,KWD")
    assert "/StructTreeRoot" in pdf.trailer["/Root"]  # a hundred lines are shown: they stay tagged


def test_a_statement_of_two_thousand_movements_is_small():
    document = CASES["12-statement-it"]().document
    row = document.movements[0]
    zero = Money.zero("EUR")
    rows = tuple(replace(row, amount=zero, balance=document.opening) for _ in range(2_000))

    made = make(replace(document, movements=rows, due=document.opening))

    assert len(made.files[PDF]) < 400_000
    assert "Pagina 1 di" in PdfReader(io.BytesIO(made.files[PDF])).pages[0].extract_text()


@pytest.mark.parametrize("name", list(CASES))
def test_every_page_says_who_the_seller_is_and_which_page_it_is(name):
    case = CASES[name]()
    pages = PdfReader(io.BytesIO(make(case.document, case.theme).files[PDF])).pages

    footer = write(case.document, case.theme)["footer"] or case.document.seller.tax_id
    for page, read in enumerate(pages, 1):
        text = " ".join(read.extract_text().split())
        assert (footer or case.document.seller.name) in text
        assert {str(page), str(len(pages))} <= set(re.findall(r"\d+", text))


@pytest.mark.parametrize("name", LETTERS)
def test_a_letter_is_no_invoice(name):
    case = CASES[name]()

    assert make(case.document, case.theme).files.keys() == {PDF, HTML, "json"}


def test_figures_of_every_view_agree():
    document = CASES["01-invoice-de-two-pages"]().document

    made = make(document)

    text = "".join(page.extract_text() for page in PdfReader(io.BytesIO(made.files[PDF])).pages)
    for figure in (
        "2.767,30",
        "3.267,30",
        "2.750,53",
        "513,37",
        "29.400.000 verbraucht, 28.400.000 berechnet",
    ):
        assert figure in text.replace("\u00a0", " ")
        assert figure in made.files[HTML].decode().replace("\u00a0", " ")
    assert "<ram:DuePayableAmount>2767.30</ram:DuePayableAmount>" in made.files[CII].decode()
    assert b">2767.30</cbc:PayableAmount>" in made.files[UBL]
    assert '"due": {\n  "minor": 276730' in made.files["json"].decode()

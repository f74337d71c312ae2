"""How values and odd texts read, and that totals never stand alone."""

import io
from dataclasses import replace
from datetime import date
from fractions import Fraction

import pytest
from babel import Locale
from pypdf import PdfReader

from billing.core.document import Address
from billing.core.document_building import invoice_document
from billing.core.errors import RuleError
from billing.core.money import Money
from documents import formats
from documents.addresses import address_lines
from documents.making import make
from documents.theme import Theme, check_theme
from documents.typesetting import to_pdf
from documents.writing import write
from local.gallery import parties
from local.gallery.cases import CASES
from local.gallery.invoices import invoice, line


@pytest.mark.parametrize(
    ("minor", "currency", "locale", "expected"),
    [
        (123456, "EUR", "de_DE", "1.234,56 €"),
        (123456, "CHF", "de_CH", "CHF 1’234.56"),
        (123456, "EUR", "fr_FR", "1 234,56 €"),
        (1431, "JPY", "ja_JP", "￥1,431"),
        (4063500, "KWD", "en", "KWD 4,063.500"),
        (-500, "GBP", "en_GB", "-£5.00"),
        (0, "USD", "en_US", "$0.00"),
    ],
)
def test_money_reads_as_where_the_buyer_lives(minor, currency, locale, expected):
    written = formats.money(Money(minor, currency), Locale.parse(locale))

    assert written.replace("\u00a0", " ").replace("\u202f", " ") == expected


def test_a_part_of_a_line_is_rounded_half_up_and_never_minus_nothing():
    english = Locale.parse("en")

    assert formats.step_amount(Fraction("1430.525"), "JPY", english) == "1,430.53"
    assert formats.step_amount(Fraction("-0.00001"), "EUR", english) == "0.00"


def test_text_keeps_its_place():
    assert formats.text("a\x00b\u202ec\nd") == "a bc d"
    assert formats.text("Ꭰ plan") == "□ plan"
    assert formats.text("x" * 5000).replace("\u200b", "") == "x" * 999 + "…"
    assert "\u200b" in formats.text("W" * 60)


def test_odd_input_is_still_a_right_document():
    made = make(CASES["15-invoice-odd-input"]().document)

    text = "".join(page.extract_text() for page in PdfReader(io.BytesIO(made.files["pdf"])).pages)
    assert "with a bell, a turned word and □□" in text
    assert "€107.70" in text
    assert "Everything that anybody ever wanted to say" in made.files["cii.xml"].decode()


@pytest.mark.parametrize("count", [1, 2, 3, *range(17, 23), 43, 44, 45])
def test_totals_have_the_last_two_lines_with_them(count):
    lines = [line(f"Line number {n}", "EUR", ("1", "2.5")) for n in range(count)]
    document = invoice_document(
        invoice("1", "EUR", lines, {"standard": "19"}), parties.BERLIN, parties.VIENNA_BUYER
    )

    pages = PdfReader(io.BytesIO(to_pdf(write(document)))).pages

    [page] = [text for page in pages if "Gesamtbetrag" in (text := page.extract_text())]
    for last in range(max(0, count - 2), count):
        assert f"Line number {last}" in page
    assert f"Seite {len(pages)} von {len(pages)}" in pages[-1].extract_text()


def test_every_script_has_its_font_and_a_page_its_direction():
    written = write(CASES["08-invoice-ar-right-to-left"]().document)

    assert written["direction"] == "rtl"
    assert to_pdf(written)  # PDF/A is refused where a character has no glyph


def test_an_unknown_country_or_language_is_written_as_it_is():
    document = CASES["06-invoice-en-reverse-charge"]().document
    buyer = replace(document.buyer, address=Address("XX", "Street 1", "", "1", "Nowhere"))

    written = write(replace(document, buyer=buyer, locale="tlh"))

    assert written["lang"] == "en"
    assert written["buyer"]["lines"] == ["Street 1", "1 Nowhere", "XX"]


def test_addresses_are_written_as_their_country_does():
    london = Address("GB", "1 Canada Square", "", "E14 5AB", "London")
    assert address_lines(london) == ["1 Canada Square", "London", "E14 5AB"]
    austin = Address("US", "500 Congress Avenue", "", "78701", "Austin", "TX")
    assert address_lines(austin) == ["500 Congress Avenue", "Austin, TX 78701"]


@pytest.mark.parametrize(
    ("theme", "field"),
    [
        (Theme(accent="red"), "theme.accent"),
        (Theme(accent="#ffee00"), "theme.accent"),
        (Theme(font="Comic Sans"), "theme.font"),
        (Theme(logo="<svg>" + " " * 200_001), "theme.logo"),
        (Theme(logo="not an svg"), "theme.logo"),
        (
            Theme(logo='<svg xmlns="http://www.w3.org/2000/svg"><image href="file:///etc/passwd"/></svg>'),
            "theme.logo",
        ),
        (Theme(logo='<!DOCTYPE svg [<!ENTITY a "b">]><svg>&a;</svg>'), "theme.logo"),
        (Theme(words={"tlh": {"label.net": "x"}}), "theme.words.tlh"),
        (Theme(words={"en": {"label.nothing": "x"}}), "theme.words.en.label.nothing"),
    ],
)
def test_a_theme_that_would_not_do_is_refused_by_field(theme, field):
    with pytest.raises(RuleError) as refused:
        check_theme(theme)

    assert refused.value.field == field


def test_a_theme_changes_words_colours_and_columns():
    case = CASES["16-invoice-branded"]()
    check_theme(case.theme)

    written = write(case.document, case.theme)

    assert (written["title"], written["accent"]) == ("Tax invoice", "#0b6e4f")
    assert written["closing"] == "Thank you for building with us."


def test_days_of_a_period_are_those_of_the_buyer():
    buyer = replace(parties.CHICAGO_BUYER, zone="America/Chicago")
    made = invoice("1", "USD", [line("Plan", "USD", ("1", "5"))], {})

    document = invoice_document(made, parties.AUSTIN, buyer)

    assert document.span.first == date(2026, 10, 31)


def test_rates_and_taxes_are_told_apart_and_a_rate_of_nothing_reads_as_any_other():
    japanese = write(CASES["07-invoice-ja-yen"]().document)
    assert japanese["lines"]["headings"]["tax"] == "税率"
    assert japanese["tax_summary"]["headings"][2] == "消費税額"

    zero = write(CASES["14-invoice-2000-lines-dinar"]().document)
    assert zero["lines"]["rows"][0]["tax"] == "0%"
    assert zero["tax_summary"]["rows"][0][0] == "VAT 0%"

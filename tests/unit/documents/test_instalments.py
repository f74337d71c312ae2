"""An invoice in four parts, the first met by balance in part: on paper, slip and e-invoice, in a letter."""

from datetime import date

import pytest

from billing.core.document_instalments import late_since
from billing.core.money import Money
from documents.einvoice import Format, Syntax, einvoice
from documents.writing import write
from local.gallery.cases import CASES
from tests.unit.documents.test_codes import decoded

EURO, SWISS = "19-invoice-de-instalments", "20-invoice-de-swiss-instalments"


def written(name):
    case = CASES[name]()
    return write(case.document, case.theme)


def test_the_page_says_what_is_to_be_paid_by_which_day():
    page = written(EURO)

    assert page["box"]["amount"] == "3.500,17\xa0€"
    assert [(row["label"], row["value"]) for row in page["box"]["rows"]] == [
        ("Erste Rate", "833,38\xa0€"),
        ("Fällig am", "01.12.2026"),
    ]
    assert page["instalments"]["rows"] == [
        ["1.", "01.12.2026", "833,38"],
        ["2.", "01.03.2027", "888,93"],
        ["3.", "01.06.2027", "888,93"],
        ["4.", "01.09.2027", "888,93"],
    ]


def test_an_invoice_that_is_due_at_once_has_no_such_table():
    assert written("01-invoice-de-two-pages")["instalments"] is None


def test_a_slip_asks_for_the_first():
    assert decoded(EURO)[7] == "EUR833.38"
    assert "833.38" in decoded(SWISS)
    assert written(SWISS)["swiss_bill"]["amount"] == "833.38"


@pytest.mark.parametrize("syntax", Syntax)
def test_an_e_invoice_names_the_first_day_and_all_parts(syntax):
    xml = einvoice(CASES[EURO]().document, syntax, Format.FACTUR_X).xml.decode()

    parts = "833.38 EUR by 2026-12-01, 888.93 EUR by 2027-03-01, 888.93 EUR by 2027-06-01"
    assert f"Payable in 4 instalments: {parts}, 888.93 EUR by 2027-09-01" in xml
    day = "<cbc:DueDate>2026-12-01<" if syntax is Syntax.UBL else ">20261201</udt:DateTimeString>"
    assert day in xml


@pytest.mark.parametrize(
    ("on", "minor", "since"),
    [
        (date(2026, 12, 5), 83338, date(2026, 12, 1)),
        (date(2027, 3, 5), 88893, date(2027, 3, 1)),  # the first is paid
        (date(2027, 3, 5), 88894, date(2026, 12, 1)),
        (date(2027, 9, 9), 350017, date(2026, 12, 1)),
    ],
)
def test_a_letter_names_the_day_since_when_it_is_late(on, minor, since):
    assert late_since(CASES[EURO]().document, Money(minor, "EUR"), on) == since


def test_what_was_never_split_is_late_since_its_due_date():
    document = CASES["01-invoice-de-two-pages"]().document

    assert late_since(document, Money(1, "EUR"), date(2027, 2, 1)) == date(2026, 12, 31)

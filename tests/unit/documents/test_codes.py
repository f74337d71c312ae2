"""What a bank's app reads from the page: decoded from the rendered picture."""

from dataclasses import replace

import cv2
import numpy as np
import pytest
import zxingcpp

from billing.core.money import Money
from billing.core.references import creditor_reference, qr_reference
from documents.codes import swiss_bill
from documents.typesetting import to_png
from documents.writing import write
from local.gallery.cases import CASES


def decoded(name, page=-1):
    case = CASES[name]()
    picture = to_png(write(case.document, case.theme), dots_per_inch=250)[page]
    pixels = cv2.imdecode(np.frombuffer(picture, np.uint8), cv2.IMREAD_GRAYSCALE)
    [code] = zxingcpp.read_barcodes(pixels, formats=zxingcpp.BarcodeFormat.QRCode)
    return code.text.splitlines()


def test_a_sepa_transfer():
    assert decoded("01-invoice-de-two-pages") == [
        "BCD",
        "002",
        "1",
        "SCT",
        "COBADEFFXXX",
        "Nordlicht Software GmbH",
        "DE89370400440532013000",
        "EUR2767.3",
        "",
        "RF45RE202600417",
    ]


def test_a_swiss_bill_with_a_creditor_reference():
    assert decoded("02-invoice-fr-swiss-qr-bill") == [
        *("SPC", "0200", "1", "CH9300762011623852957"),
        *("S", "Alpenblick Cloud AG", "Bahnhofstrasse 21", "", "8001", "Zürich", "CH"),
        *("", "", "", "", "", "", ""),
        *("363.86", "CHF"),
        *("S", "Horlogerie du Lac SA", "Quai du Mont-Blanc 3", "", "1201", "Genève", "CH"),
        *("SCOR", "RF38F20261182", "F-2026-1182", "EPD"),
    ]


def test_a_swiss_bill_with_a_qr_reference():
    read = decoded("03-invoice-de-swiss-qr-reference")

    assert read[3] == "CH4431999123000889012"
    assert read[18:20] == ["15901.68", "CHF"]
    assert read[27:29] == ["QRR", "000000000000000000202630011"]


@pytest.mark.parametrize(
    ("number", "expected"),
    [("539007547034", "RF18539007547034"), ("INV-000042", creditor_reference("INV000042"))],
)
def test_a_creditor_reference_has_the_check_digits_of_iso_11649(number, expected):
    assert creditor_reference(number) == expected


def test_a_qr_reference_has_the_check_digit_of_the_swiss_banks():
    # The example of the Swiss Implementation Guidelines: 21 00000 00003 13947 14300 09017
    assert qr_reference("21000000000313947143000901") == "210000000003139471430009017"


def test_a_name_that_breaks_or_that_no_bank_can_read_moves_nothing_in_the_code():
    swiss = CASES["02-invoice-fr-swiss-qr-bill"]().document
    named = lambda party, name: replace(swiss, **{party: replace(getattr(swiss, party), name=name)})  # noqa: E731

    bill = swiss_bill(named("buyer", "Horlogerie\r\ndu Lac"), "fr")
    assert bill.debtor == ("Horlogerie du Lac", "Quai du Mont-Blanc 3", "CH-1201 Genève")

    assert swiss_bill(named("buyer", "時計店"), "fr").debtor == ()  # may be left blank
    assert swiss_bill(named("seller", "時計店"), "fr") is None
    assert swiss_bill(replace(swiss, due=Money(100_000_000_000, "CHF")), "fr") is None

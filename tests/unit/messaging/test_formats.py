"""Amounts, days and names as people read them: expected values by hand, from CLDR's own charts."""

from datetime import UTC, datetime

import pytest

from billing.core.money import Money
from messaging.formats import day, locale_of, money, one_line

LANGUAGES = frozenset({"en", "de"})


def locale(text):
    return locale_of(text, LANGUAGES)


@pytest.mark.parametrize(
    ("minor", "currency", "reader", "text"),
    [
        (123456, "USD", "en", "$1,234.56"),
        (123456, "EUR", "de", "1.234,56\xa0€"),
        (123456, "CHF", "de_CH", "CHF\xa01’234.56"),
        (1430, "JPY", "en", "¥1,430"),
        (1234567, "KWD", "en", "KWD\xa01,234.567"),
        (12345678, "CLF", "en", "CLF\xa01,234.5678"),
        (1250, "IQD", "en", "IQD\xa01.250"),  # CLDR shows no decimals; our minor unit has three
        (0, "EUR", "de", "0,00\xa0€"),
        (-5, "EUR", "de", "-0,05\xa0€"),
        (10**15, "USD", "en", "$10,000,000,000,000.00"),
    ],
)
def test_an_amount_is_written_exactly_with_the_decimals_of_its_currency(minor, currency, reader, text):
    assert money(Money(minor, currency), locale(reader)) == text


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("de", "de"),
        ("de-AT", "de_AT"),
        ("de_ch", "de_CH"),
        ("de-FR", "de"),  # CLDR has no such pair
        ("fr-CH", "en_CH"),
        ("zh-Hant-TW", "en"),
        ("EN-gb", "en_GB"),
        ("", "en"),
        ("de/../..", "en"),
    ],
)
def test_a_locale_is_the_customers_where_there_are_texts_and_english_elsewhere(asked, found):
    assert str(locale(asked)) == found


def test_a_day_is_the_readers_own():
    at = datetime(2024, 1, 1, 3, tzinfo=UTC)

    assert day(at, "UTC", locale("en_GB")) == "1 January 2024"
    assert day(at, "America/New_York", locale("en")) == "December 31, 2023"
    assert day(at, "Nowhere/Never", locale("de")) == "1. Januar 2024"
    assert day(at, "../../etc/passwd", locale("de")) == "1. Januar 2024"


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("Ada\r\nBcc: eve@example.com", "Ada Bcc: eve@example.com"),
        ("Ada\x00\x1b[31m \u2028 Byron\x85", "Ada [31m Byron"),
        ("\u202egnp.exe\u202c", "gnp.exe"),
        ("=?utf-8?q?=0ABcc?=", "= ?utf-8?q?=0ABcc?="),
        ("José 🎉 李 שלום", "José 🎉 李 שלום"),
        ("x" * 200, "x" * 119 + "…"),
        ("1\xa0234,56\xa0€", "1\xa0234,56\xa0€"),
    ],
)
def test_a_name_stays_on_its_line(written, read):
    assert one_line(written) == read

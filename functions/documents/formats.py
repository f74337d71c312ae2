"""How values read: money, numbers and dates by CLDR, and text that every shipped font can show."""

from __future__ import annotations

import re
import unicodedata
from datetime import date
from decimal import Decimal
from fractions import Fraction

from babel import Locale, UnknownLocaleError
from babel.dates import format_date
from babel.numbers import NumberPattern, parse_pattern

from billing.core.currency import exponent
from billing.core.money import Money
from billing.core.rounding import round_to_places
from documents.fonts import shows

FALLBACK = "en"
LONGEST = 1_000  # characters of one text; the whole of it stays in the JSON and XML views
_UNBROKEN = 24  # characters without a place to break a line
_MOST_PLACES = 12
_REPLACEMENT = "\u25a1"
_DIRECTIONS = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_TOUCHING = re.compile(r"(?<=[A-Za-z])(?=[0-9])|(?<=[0-9])(?=[A-Za-z])")  # CLDR keeps letters off digits
_RUN = re.compile(rf"[!-\u02ff]{{{_UNBROKEN}}}(?=[!-\u02ff])")


def locale_of(text: str, languages: frozenset[str]) -> Locale:
    """The locale to write in: the buyer's own where there are texts in its language, else English."""
    parts = text.replace("-", "_").split("_")
    language = parts[0].lower() if parts[0].lower() in languages else FALLBACK
    region = next((part.upper() for part in parts[1:] if len(part) in {2, 3}), None)
    for name in (f"{language}_{region}" if region else language, language):
        try:
            return Locale.parse(name)
        except (ValueError, UnknownLocaleError):
            continue
    return Locale.parse(FALLBACK)


def money(amount: Money, locale: Locale) -> str:
    """An amount with its currency, with the decimals the currency has for us."""
    places = exponent(amount.currency)
    pattern = _fixed(locale.currency_formats["standard"].pattern, places, places)
    value = Decimal(amount.minor).scaleb(-places)
    written = pattern.apply(value, locale, currency=amount.currency, currency_digits=False)
    return _TOUCHING.sub("\u00a0", written)


def plain(amount: Money, locale: Locale) -> str:
    """An amount in a column whose heading says the currency."""
    places = exponent(amount.currency)
    return _decimal(Fraction(amount.minor, 10**places), locale, places, places)


def number(value: Fraction, locale: Locale) -> str:
    """A quantity, with the decimals it has."""
    return _decimal(value, locale, 0, _MOST_PLACES)


def unit_price(value: Fraction, currency: str, locale: Locale) -> str:
    """A price of one unit: all its decimals, never fewer than the currency has."""
    return _decimal(value, locale, exponent(currency), _MOST_PLACES)


def step_amount(value: Fraction, currency: str, locale: Locale) -> str:
    """A part of a line, which is rounded only with the whole line: two decimals more than the currency."""
    places = exponent(currency)
    exact = round_to_places(value, places)
    return _decimal(value, locale, places, places if exact == value else places + 2)


def percent(value: Fraction, locale: Locale) -> str:
    """A rate in percent."""
    pattern = _fixed(locale.percent_formats[None].pattern, 0, 3)
    return pattern.apply(_as_decimal(value, 3) / 100, locale)


def day(on: date, locale: Locale) -> str:
    """A date as people of this locale write it in a letter."""
    return format_date(on, "long" if locale.language in {"ja", "zh", "ko"} else "medium", locale)


def days(first: date, last: date, locale: Locale) -> str:
    """From the first to the last day."""
    return day(first, locale) if first == last else f"{day(first, locale)} \u2013 {day(last, locale)}"


def text(given: str, longest: int = LONGEST) -> str:
    """One line that keeps its place: no controls, breaks in endless words, `□` for what no font has."""
    seen = "".join(_seen(c) for c in unicodedata.normalize("NFC", given) if c not in _DIRECTIONS)
    line = " ".join(seen.split())
    line = line if len(line) <= longest else f"{line[: longest - 1].rstrip()}…"
    return _RUN.sub(lambda run: f"{run[0]}\u200b", line)


def _seen(character: str) -> str:
    if unicodedata.category(character) in {"Cc", "Zl", "Zp", "Cs", "Co"}:
        return " "
    return character if shows(character) else _REPLACEMENT


def _decimal(value: Fraction, locale: Locale, least: int, most: int) -> str:
    pattern = _fixed(locale.decimal_formats[None].pattern, least, most)
    return pattern.apply(_as_decimal(value, most), locale)


def _as_decimal(value: Fraction, places: int) -> Decimal:
    """Rounded half up before CLDR sees it, which would round half to even; never minus nothing."""
    scaled = round_to_places(value, places) * 10**places
    return Decimal(scaled.numerator).scaleb(-places)


def _fixed(pattern: str, least: int, most: int) -> NumberPattern:
    parsed = parse_pattern(pattern)
    parsed.frac_prec = (least, most)
    return parsed

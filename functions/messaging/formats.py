"""How values read: money and dates by CLDR in the customer's locale, text on one line."""

from __future__ import annotations

import re
import unicodedata
from datetime import datetime
from decimal import Decimal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from babel import Locale, UnknownLocaleError
from babel.dates import format_date
from babel.numbers import parse_pattern

from billing.core.currency import exponent
from billing.core.money import Money

FALLBACK = "en"
LONGEST = 120  # characters of a name in a mail
# Line and paragraph separators, and what turns the direction of the text around it.
_UNSEEN = {"Cc", "Zl", "Zp", "Cs"}
_LETTER_TO_DIGIT = re.compile(r"(?<=[^\W\d_])(?=\d)")  # where CLDR sets a space that babel forgets
_DIRECTIONS = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def locale_of(text: str, languages: frozenset[str]) -> Locale:
    """The locale to write in: the customer's own where there are texts in its language, else English.

    English then keeps the customer's country where CLDR knows the pair: a Swiss reads Swiss numbers.
    """
    parts = text.replace("-", "_").split("_")
    language = parts[0].lower()
    region = next((part.upper() for part in parts[1:] if len(part) in {2, 3}), None)
    language = language if language in languages else FALLBACK
    return _parsed(f"{language}_{region}") if region else _parsed(language)


def money(amount: Money, locale: Locale) -> str:
    """An amount as people of this locale write it, with the decimals its currency has for us."""
    places = exponent(amount.currency)
    pattern = parse_pattern(locale.currency_formats["standard"].pattern)
    pattern.frac_prec = (places, places)
    value = Decimal(amount.minor).scaleb(-places)
    text = str(pattern.apply(value, locale, currency=amount.currency, currency_digits=False))
    return _LETTER_TO_DIGIT.sub("\xa0", text)


def day(at: datetime, zone: str, locale: Locale) -> str:
    """The day of an instant where the customer lives."""
    return format_date(at.astimezone(_zone(zone)).date(), "long", locale)


def country(code: str, locale: Locale) -> str:
    """A country's name."""
    return str(locale.territories.get(code.upper(), code))  # pyright: ignore[reportUnknownArgumentType]


def one_line(text: str, longest: int = LONGEST) -> str:
    """Text that stays on its line, in a header too: no control characters, no hidden encoding."""
    seen = "".join(" " if unicodedata.category(c) in _UNSEEN else c for c in text if c not in _DIRECTIONS)
    line = " ".join(word for word in seen.replace("=?", "= ?").split(" ") if word)
    return line if len(line) <= longest else f"{line[: longest - 1]}…"


def _parsed(name: str) -> Locale:
    try:
        return Locale.parse(name)
    except (ValueError, UnknownLocaleError):
        return Locale.parse(name.split("_", maxsplit=1)[0])


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo("UTC")

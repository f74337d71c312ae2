"""Decimal text to exact numbers and back; nothing but plain ASCII decimals gets in."""

from __future__ import annotations

import re
from fractions import Fraction

from billing.core.errors import RuleError

MAX_WHOLE_DIGITS = 18
MAX_PLACES = 12
SCALE = 10**MAX_PLACES
_SHAPE = re.compile(r"-?(0|[1-9][0-9]{0,17})(\.[0-9]{1,12})?", re.ASCII)


def parse_decimal(text: object, field: str | None = None, *, negative: bool = False) -> Fraction:
    """Read `12.50` exactly; at most 18 digits before and 12 after the point.

    The shape is checked before any conversion, so NaN, 1e9, 1_000, +1 and foreign digits never
    reach a number type.
    """
    if not isinstance(text, str) or len(text) > MAX_WHOLE_DIGITS + MAX_PLACES + 2:
        raise RuleError("invalid_decimal", "a decimal is a text such as 12.50", field)
    if not _SHAPE.fullmatch(text):
        raise RuleError("invalid_decimal", f"{text!r} is not a plain decimal", field)
    whole, _, places = text.partition(".")
    value = Fraction(int(whole + places), 10 ** len(places))
    if value < 0 and not negative:
        raise RuleError("negative_not_allowed", f"{text} must not be negative", field)
    return value


def decimal_text(value: Fraction | int, places: int | None = None) -> str:
    """Write an exact number plainly, without trailing zeros unless `places` asks for them.

    A value that has no end within 12 places is a RuleError: such a number travels as a ratio.
    """
    scaled = Fraction(value) * SCALE
    if scaled.denominator != 1:
        raise RuleError("not_a_decimal", f"{value} has more than {MAX_PLACES} decimal places")
    sign = "-" if scaled < 0 else ""
    whole, rest = divmod(abs(scaled.numerator), SCALE)
    digits = f"{rest:0{MAX_PLACES}d}".rstrip("0")
    if places is not None:
        digits = digits.ljust(places, "0")
    return f"{sign}{whole}.{digits}" if digits else f"{sign}{whole}"


def scaled(value: Fraction, scale: int = SCALE) -> int:
    """An exact number as an integer at a fixed scale; what does not fit is a RuleError."""
    upper, lower = value.as_integer_ratio()
    whole, rest = divmod(upper * scale, lower)
    if rest:
        raise RuleError("too_many_decimals", f"at most {MAX_PLACES} decimals")
    return whole


def ratio_text(value: Fraction) -> str:
    """Write a ratio exactly, for example `16/30` as `8/15` and a whole as `1`."""
    return str(value)


def parse_ratio(text: str) -> Fraction:
    """Read what `ratio_text` wrote."""
    if not re.fullmatch(r"-?[0-9]{1,60}(/[0-9]{1,60})?", text, re.ASCII):
        raise RuleError("invalid_ratio", f"{text[:80]!r} is not a ratio")
    upper, _, lower = text.partition("/")
    if lower and not int(lower):
        raise RuleError("invalid_ratio", "a ratio needs a denominator other than zero")
    return Fraction(int(upper), int(lower or "1"))

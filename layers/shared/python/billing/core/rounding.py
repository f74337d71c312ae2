"""The one function that rounds; its mode is a stored setting."""

from __future__ import annotations

from enum import StrEnum
from fractions import Fraction


class Rounding(StrEnum):
    """How a value between two integers becomes one of them."""

    HALF_UP = "half_up"  # halves away from zero
    HALF_EVEN = "half_even"
    DOWN = "down"  # towards zero
    UP = "up"  # away from zero
    FLOOR = "floor"
    CEIL = "ceil"


_HALF_UP = Rounding.HALF_UP  # the common one, asked first


def round_ratio(value: Fraction, mode: Rounding = Rounding.HALF_UP) -> int:
    """Round an exact value to an integer."""
    return round_quotient(value.numerator, value.denominator, mode)


def round_quotient(  # noqa: PLR0911 -- one return a mode
    upper: int, lower: int, mode: Rounding = Rounding.HALF_UP
) -> int:
    """Round `upper / lower` to an integer; `lower` is positive.

    Every amount passes through here, so an invoice and its credit note never disagree by a cent.
    """
    floor, rest = divmod(upper, lower)
    if not rest:
        return floor
    if mode is _HALF_UP:
        return floor + (2 * rest > lower or (2 * rest == lower and upper > 0))
    match mode:
        case Rounding.HALF_EVEN:
            return floor + (2 * rest > lower or (2 * rest == lower and floor % 2 == 1))
        case Rounding.FLOOR:
            return floor
        case Rounding.CEIL:
            return floor + 1
        case Rounding.DOWN:
            return floor + (upper < 0)
        case Rounding.UP:
            return floor + (upper > 0)


def round_to_places(value: Fraction, places: int, mode: Rounding = Rounding.HALF_UP) -> Fraction:
    """Round to decimal places; negative places round to tens, hundreds and so on."""
    scale = Fraction(10) ** places
    return round_ratio(value * scale, mode) / scale

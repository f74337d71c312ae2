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


def round_ratio(value: Fraction, mode: Rounding = Rounding.HALF_UP) -> int:
    """Round an exact value to an integer.

    Every amount passes through here, so an invoice and its credit note never disagree by a cent.
    """
    floor, rest = divmod(value.numerator, value.denominator)
    if not rest:
        return floor
    negative = value.numerator < 0
    match mode:
        case Rounding.FLOOR:
            return floor
        case Rounding.CEIL:
            return floor + 1
        case Rounding.DOWN:
            return floor + negative
        case Rounding.UP:
            return floor + (not negative)
        case Rounding.HALF_UP | Rounding.HALF_EVEN:
            return floor + _above_half(floor, 2 * rest - value.denominator, negative, mode)


def _above_half(floor: int, excess: int, negative: bool, mode: Rounding) -> bool:
    """Whether the upper neighbour is taken; `excess` is positive beyond the half."""
    if excess:
        return excess > 0
    if mode is Rounding.HALF_EVEN:
        return floor % 2 == 1
    return not negative


def round_to_places(value: Fraction, places: int, mode: Rounding = Rounding.HALF_UP) -> Fraction:
    """Round to decimal places; negative places round to tens, hundreds and so on."""
    scale = Fraction(10) ** places
    return round_ratio(value * scale, mode) / scale

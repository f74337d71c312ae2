"""The amount of a quantity: exact until the one rounding at the end, with its breakdown.

Quantities and prices have at most 12 decimals, so both are integers at a fixed scale and their
products are exact at twice that scale: no fraction has to be reduced on the way.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache

from billing.core.catalogue import Price
from billing.core.charges import Charge, Flat, Graduated, PerUnit, StairStep, Tier, Volume
from billing.core.currency import exponent
from billing.core.errors import RuleError
from billing.core.money import Money
from billing.core.quantities import MAX_PLACES
from billing.core.record import Record
from billing.core.rounding import Rounding, round_ratio

_SCALE = 10**MAX_PLACES
_SQUARE = _SCALE * _SCALE

Part = tuple[int, int, int, int]  # quantity, unit price, flat amount (scale), amount (square scale)


@dataclass(frozen=True, slots=True)
class TierPart(Record):
    """The part of a quantity that fell into one tier, and what it costs in major units."""

    quantity: Fraction
    unit_amount: Fraction
    flat_amount: Fraction
    amount: Fraction


@dataclass(frozen=True, slots=True)
class Rated(Record):
    """A rated quantity: what was billed after the allowance, exactly and rounded once."""

    quantity: Fraction
    billed: Fraction
    exact: Fraction  # major units
    amount: Money
    parts: tuple[TierPart, ...]


def rate(price: Price, currency: str, quantity: Fraction, rounding: Rounding = Rounding.HALF_UP) -> Rated:
    """What a price asks for a quantity in a currency."""
    try:
        charge = price.charges[currency]
    except KeyError:
        message = f"{price.key} has no price in {currency}"
        raise RuleError("missing_currency", message, "currency") from None
    billed = _scaled(max(quantity - price.allowance, Fraction(0)))
    parts = _parts(charge, billed)
    total = sum(part[3] for part in parts)
    minor = round_ratio(Fraction(total * 10 ** exponent(currency), _SQUARE), rounding)
    return Rated(
        quantity=quantity,
        billed=Fraction(billed, _SCALE),
        exact=Fraction(total, _SQUARE),
        amount=Money(minor, currency),
        parts=tuple(
            TierPart(
                Fraction(units, _SCALE),
                Fraction(unit, _SCALE),
                Fraction(flat, _SCALE),
                Fraction(amount, _SQUARE),
            )
            for units, unit, flat, amount in parts
        ),
    )


def _parts(charge: Charge, quantity: int) -> list[Part]:
    match charge:
        case Flat(amount=amount):
            flat = _scaled(amount)
            return [(quantity, 0, flat, flat * _SCALE)]
        case PerUnit(unit_amount=amount):
            unit = _scaled(amount)
            return [(quantity, unit, 0, quantity * unit)]
        case Graduated(tiers=tiers):
            return _graduated(_scaled_tiers(tiers), quantity)
        case Volume(tiers=tiers):
            _, unit, flat = _reached(_scaled_tiers(tiers), quantity)
            return [(quantity, unit, flat, quantity * unit + flat * _SCALE)]
        case StairStep(tiers=tiers):
            _, _, flat = _reached(_scaled_tiers(tiers), quantity)
            return [(quantity, 0, flat, flat * _SCALE)]
        case _:
            raise RuleError("model_not_supported", f"{charge.KIND} cannot be rated by quantity")


def _graduated(tiers: tuple[tuple[int | None, int, int], ...], quantity: int) -> list[Part]:
    """Each unit at the price of its tier; a tier that is not reached costs nothing."""
    parts: list[Part] = []
    below = 0
    for up_to, unit, flat in tiers:
        if quantity <= below:
            break
        inside = quantity - below if up_to is None else min(quantity, up_to) - below
        parts.append((inside, unit, flat, inside * unit + flat * _SCALE))
        below += inside
    if quantity > below:
        raise RuleError("quantity_not_priced", "the quantity lies above the last tier")
    return parts


def _reached(tiers: tuple[tuple[int | None, int, int], ...], quantity: int) -> tuple[int | None, int, int]:
    """The tier that holds the whole quantity."""
    for tier in tiers:
        if tier[0] is None or quantity <= tier[0]:
            return tier
    raise RuleError("quantity_not_priced", "the quantity lies above the last tier")


@lru_cache(maxsize=256)
def _scaled_tiers(tiers: tuple[Tier, ...]) -> tuple[tuple[int | None, int, int], ...]:
    return tuple(
        (
            None if tier.up_to is None else _scaled(tier.up_to),
            _scaled(tier.unit_amount),
            _scaled(tier.flat_amount),
        )
        for tier in tiers
    )


def _scaled(value: Fraction) -> int:
    scaled, rest = divmod(value.numerator * _SCALE, value.denominator)
    if rest:
        raise RuleError("too_many_decimals", f"at most {MAX_PLACES} decimals")
    return scaled

"""Money: an integer of minor units and a currency; exact to add, split and scale."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from billing.core.currency import EXPONENTS, exponent, unknown_currency
from billing.core.errors import RuleError
from billing.core.quantities import decimal_text, parse_decimal
from billing.core.rounding import Rounding, round_ratio

BOUND = 10**15


@dataclass(frozen=True, slots=True, init=False)
class Money:
    """An amount in minor units (cents, rappen, yen) of one currency, within ±10^15."""

    minor: int
    currency: str

    def __init__(self, minor: int, currency: str) -> None:
        if currency not in EXPONENTS:
            raise unknown_currency(currency)
        if type(minor) is not int:
            raise RuleError("invalid_amount", "an amount is a whole number of minor units")
        if not -BOUND <= minor <= BOUND:
            raise RuleError("amount_out_of_bounds", f"{minor} {currency} is too large")
        _set_minor(self, minor)
        _set_currency(self, currency)

    def __add__(self, other: Money) -> Money:
        return Money(self.minor + self._same(other).minor, self.currency)

    def __sub__(self, other: Money) -> Money:
        return Money(self.minor - self._same(other).minor, self.currency)

    def __neg__(self) -> Money:
        return Money(-self.minor, self.currency)

    def __lt__(self, other: Money) -> bool:
        return self.minor < self._same(other).minor

    def __le__(self, other: Money) -> bool:
        return self.minor <= self._same(other).minor

    def __gt__(self, other: Money) -> bool:
        return self.minor > self._same(other).minor

    def __ge__(self, other: Money) -> bool:
        return self.minor >= self._same(other).minor

    def __bool__(self) -> bool:
        return self.minor != 0

    def __str__(self) -> str:
        return f"{self.plain()} {self.currency}"

    def times(self, ratio: Fraction | int, mode: Rounding = Rounding.HALF_UP) -> Money:
        """Scale by an exact ratio and round once."""
        return Money(round_ratio(Fraction(self.minor) * ratio, mode), self.currency)

    def allocate(self, weights: Sequence[Fraction | int]) -> tuple[Money, ...]:
        """Split by weights so that the parts sum to the whole.

        Largest remainder; equal remainders go to the earlier part. No part has the wrong sign.
        """
        parts = allocate(self.minor, weights)
        return tuple(Money(part, self.currency) for part in parts)

    @property
    def exact(self) -> Fraction:
        """The amount in major units."""
        return Fraction(self.minor, 10 ** EXPONENTS[self.currency])

    def plain(self) -> str:
        """The amount in major units with all its decimals, for example `12.50`."""
        return decimal_text(self.exact, EXPONENTS[self.currency])

    def to_data(self) -> dict[str, Any]:
        """As JSON-able data."""
        return {"minor": self.minor, "currency": self.currency}

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> Money:
        """Read what `to_data` wrote."""
        return cls(int(data["minor"]), str(data["currency"]))

    @classmethod
    def zero(cls, currency: str) -> Money:
        """Nothing, in a currency."""
        return cls(0, currency)

    @classmethod
    def parse(cls, text: str, currency: str, field: str | None = None) -> Money:
        """Read major units strictly: `12.50` CHF is fine, `12.505` CHF is a RuleError."""
        places = exponent(currency, field)
        minor = parse_decimal(text, field, negative=True) * 10**places
        if minor.denominator != 1:
            raise RuleError("too_many_decimals", f"{currency} has {places} decimals", field)
        return cls(minor.numerator, currency)

    @classmethod
    def of(cls, exact: Fraction, currency: str, mode: Rounding = Rounding.HALF_UP) -> Money:
        """Round an exact number of minor units, once."""
        return cls(round_ratio(exact, mode), currency)

    @classmethod
    def major(cls, exact: Fraction, currency: str, mode: Rounding = Rounding.HALF_UP) -> Money:
        """Round an exact number of major units, once."""
        return cls.of(exact * 10 ** exponent(currency), currency, mode)

    def _same(self, other: Money) -> Money:
        if self.currency != other.currency:
            message = f"{self.currency} and {other.currency} cannot be mixed"
            raise RuleError("currency_mismatch", message)
        return other


# How a frozen instance gets its values: a fifth of what a generated `__init__` takes, and amounts
# are made more often than anything else.
_set_minor = Money.__dict__["minor"].__set__
_set_currency = Money.__dict__["currency"].__set__


def total(amounts: Sequence[Money], currency: str) -> Money:
    """The sum of amounts that share a currency; of none it is zero."""
    result = Money.zero(currency)
    for amount in amounts:
        result = result + amount
    return result


def allocate(whole: int, weights: Sequence[Fraction | int]) -> tuple[int, ...]:
    """Split a whole number by weights with the largest remainder method, ties to the earlier."""
    if not weights or any(weight < 0 for weight in weights):
        raise RuleError("invalid_weights", "weights are present and not negative")
    sum_of_weights = sum(weights, Fraction(0))
    if not sum_of_weights:
        raise RuleError("invalid_weights", "at least one weight is positive")
    sign = -1 if whole < 0 else 1
    shares = [abs(whole) * Fraction(weight) / sum_of_weights for weight in weights]
    parts = [share.numerator // share.denominator for share in shares]
    by_remainder = sorted(range(len(parts)), key=lambda n: (parts[n] - shares[n], n))
    for position in by_remainder[: abs(whole) - sum(parts)]:
        parts[position] += 1
    return tuple(sign * part for part in parts)

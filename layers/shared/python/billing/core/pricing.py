"""The amount of a line: converted, after its allowance, rated, kept within its bounds, rounded once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from billing.core.catalogue import Conversion, Price
from billing.core.charges import AMOUNT, Charge
from billing.core.currency import EXPONENTS
from billing.core.errors import RuleError
from billing.core.measured import Measured
from billing.core.money import Money
from billing.core.money import total as total_of
from billing.core.quantities import SCALE, scaled
from billing.core.rating import Row, Span, TierPart, Use, rows_of
from billing.core.rounding import Rounding, round_quotient, round_ratio

WHOLE = Span()
_MINOR = {currency: AMOUNT // 10**places for currency, places in EXPONENTS.items()}  # one minor unit


@dataclass(slots=True)
class Rated:
    """A rated quantity: what was billed of it, exactly and rounded once, and from which parts.

    Integers at a fixed scale, read as exact numbers through the properties. Treat it as frozen:
    freezing it would cost more than rating a tier.
    """

    quantity: Fraction
    units: int  # billed, at SCALE
    total: int  # at AMOUNT
    amount: Money
    rows: list[Row]
    lift: int = 0  # at AMOUNT: to the minimum
    cut: int = 0  # at AMOUNT: to the maximum

    @property
    def parts(self) -> tuple[TierPart, ...]:
        """The breakdown; the maximum cuts the last parts first."""
        left, parts = self.cut, list[TierPart]()
        for row in reversed(self.rows):
            off = min(row[4], left)
            left -= off
            parts.append(TierPart.of(row, off))
        return tuple(reversed(parts))

    @property
    def billed(self) -> Fraction:
        """The units that were charged for: converted, without the allowance."""
        return Fraction(self.units, SCALE)

    @property
    def exact(self) -> Fraction:
        """The amount in major units before it was rounded."""
        return Fraction(self.total, AMOUNT)

    @property
    def top_up(self) -> Fraction:
        """What lifts the line to the minimum, in major units."""
        return Fraction(self.lift, AMOUNT)

    @property
    def reduction(self) -> Fraction:
        """What cuts the line to the maximum, in major units."""
        return Fraction(self.cut, AMOUNT)

    @property
    def free(self) -> Fraction:
        """The units that were used and not charged for, where none were converted."""
        return self.quantity - self.billed

    @property
    def unit_amount(self) -> Fraction:
        """What one used unit costs on average; of none, nothing."""
        return self.exact / self.quantity if self.quantity else Fraction(0)

    @property
    def billed_unit_amount(self) -> Fraction:
        """What one unit beyond the allowance costs on average; of none, nothing."""
        return self.exact / self.billed if self.units else Fraction(0)


def rate(
    price: Price,
    currency: str,
    used: Fraction | Measured,
    rounding: Rounding = Rounding.HALF_UP,
    *,
    span: Span = WHOLE,
    places: int | None = None,
) -> Rated:
    """What a price asks for a use in a currency; of a whole period unless `span` says less."""
    charge = charge_of(price, currency)
    quantity, measured = (used, None) if isinstance(used, Fraction) else (used.quantity, used)
    before, after = _billed_units(price, span, quantity)
    rows = rows_of(price, charge, Use(before, after, span, measured))
    total = 0
    for row in rows:
        total += row[4]
    lift = cut = 0
    if price.base or price.minimum or price.maximum or price.discount_percent is not None:
        total, lift, cut = _bounded(price, currency, total, span)
    if places is None:
        minor = round_quotient(total, _MINOR[currency], rounding)
    else:
        minor = _minor_to(places, total, currency, rounding)
    amount = Money(minor, currency)
    return Rated(quantity, after - before, total, amount, rows, lift, cut)


def charge_of(price: Price, currency: str) -> Charge:
    """The charge of a price in a currency; RuleError `missing_currency`."""
    try:
        return price.charges[currency]
    except KeyError:
        message = f"{price.key} has no price in {currency}"
        raise RuleError("missing_currency", message, "currency") from None


def combined(rated: Sequence[Rated], rounding: Rounding = Rounding.HALF_UP) -> Rated:
    """Several ratings of one price as one: summed exactly, rounded once."""
    currency = rated[0].amount.currency
    total = sum(each.total for each in rated)
    return Rated(
        quantity=sum((each.quantity for each in rated), Fraction(0)),
        units=sum(each.units for each in rated),
        total=total,
        amount=Money(round_quotient(total, _MINOR[currency], rounding), currency),
        rows=[row for each in rated for row in each.rows],
        lift=sum(each.lift for each in rated),
        cut=sum(each.cut for each in rated),
    )


def rate_each(price: Price, currency: str, uses: Sequence[Fraction | Measured]) -> tuple[Rated, ...]:
    """Rate uses that do not know of each other: groups, or windows of time priced one by one."""
    return tuple(rate(price, currency, used) for used in uses)


def rate_in_turn(price: Price, currency: str, quantities: Sequence[Fraction]) -> tuple[Rated, ...]:
    """Rate quantities of one period one after the other, each as what it adds to those before."""
    rated: list[Rated] = []
    before = Fraction(0)
    for n, quantity in enumerate(quantities):
        span = Span(before=before, opens=n == 0, closes=n == len(quantities) - 1)
        rated.append(rate(price, currency, quantity, span=span))
        before += quantity
    return tuple(rated)


def rerate(
    price: Price,
    currency: str,
    used: Fraction | Measured,
    booked: Sequence[Money],
    rounding: Rounding = Rounding.HALF_UP,
    *,
    places: int | None = None,
    closes: bool = False,
) -> Money:
    """What is to be booked now: the period to date rated anew, less what was booked already.

    The minimum waits for the run that closes the period.
    """
    bounded = price if closes else replace(price, minimum={})
    return rate(bounded, currency, used, rounding, places=places).amount - total_of(booked, currency)


def shortfall(minimum: Fraction, used: Fraction, share: Fraction = Fraction(1)) -> Fraction:
    """What lacks to a minimum that is reduced to the share of the period that is billed."""
    return max(minimum * share - used, Fraction(0))


def convert(conversion: Conversion | None, quantity: Fraction) -> Fraction:
    """Raw units as billed ones."""
    if conversion is None:
        return quantity
    units = quantity * conversion.multiply / conversion.divide
    return units if conversion.rounding is None else Fraction(round_ratio(units, conversion.rounding))


def _billed_units(price: Price, span: Span, quantity: Fraction) -> tuple[int, int]:
    """Units up to the start and to the end of the line; the allowance goes to the first ones used."""
    before = span.before
    if price.conversion is not None:
        before, quantity = convert(price.conversion, before), convert(price.conversion, quantity)
    earlier = 0 if span is WHOLE else scaled(before)
    now = earlier + scaled(quantity)
    if free := price.allowance.numerator:
        free = free * SCALE // price.allowance.denominator
        earlier, now = max(earlier - free, 0), now - free
    return earlier, now if now > 0 else 0


def _bounded(price: Price, currency: str, total: int, span: Span) -> tuple[int, int, int]:
    """The total with its base and within its bounds, what lifted it and what cut it."""

    def of_share(amount: Fraction) -> int:
        return round_ratio(amount * span.share * AMOUNT)

    lift = cut = 0
    if span.opens and currency in price.base:
        total += of_share(price.base[currency])
    if price.discount_percent is not None:
        total = round_ratio(total * (1 - price.discount_percent / 100))
    billed = scaled(span.billed, AMOUNT)
    if span.closes and currency in price.minimum:
        lift = max(of_share(price.minimum[currency]) - billed - total, 0)
    if currency in price.maximum:
        room = max(of_share(price.maximum[currency]) - billed, 0)
        cut = max(total + lift - room, 0)
    return total + lift - cut, lift, cut


def _minor_to(places: int, total: int, currency: str, rounding: Rounding) -> int:
    """A total as minor units of a currency, with fewer decimals than it has where asked."""
    step = 10 ** max(EXPONENTS[currency] - places, 0)
    return round_quotient(total, _MINOR[currency] * step, rounding) * step

"""A change in the middle of a period: what is given back of the old, what is due of the new.

Everything here is a function of the two lists of items, the period and the instant: preview and
run are the same, and a change with its undo adds up to nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from fractions import Fraction

from billing.core.catalogue import Plan, Price
from billing.core.currency import exponent
from billing.core.discounts import Coupon, net_amounts
from billing.core.money import Money
from billing.core.periods import Basis, ChangeDay, Period, local_date, ratio, start_of_day
from billing.core.policies import Direction
from billing.core.pricing import rate
from billing.core.record import Record
from billing.core.rounding import Rounding, round_to_places
from billing.core.service import rounded


@dataclass(frozen=True, slots=True)
class Terms(Record):
    """How a part of a period is measured and its amount rounded."""

    basis: Basis = Basis.SECOND
    change_day: ChangeDay = ChangeDay.NEW
    rounding: Rounding = Rounding.HALF_UP
    share_places: int | None = None  # None: exact
    places: int | None = None  # None: those of the currency
    net: bool = False  # one line for the difference instead of a credit and a charge

    @classmethod
    def of(cls, plan: Plan) -> Terms:
        """Those of a plan."""
        change = plan.change
        return cls(
            basis=change.basis,
            change_day=change.change_day,
            rounding=plan.rounding,
            places=plan.rounding_places,
            net=change.net,
        )


@dataclass(frozen=True, slots=True)
class Item(Record):
    """What a price asks for a whole period, net of its discounts, in major units.

    `prorated` is False for what is charged whole or not at all: one-time prices.
    """

    key: str
    amount: Fraction
    prorated: bool = True

    def for_share(self, share: Fraction) -> Fraction:
        """What it costs for a share of the period, exactly."""
        return self.amount * share if self.prorated else self.amount


def item_of(price: Price, currency: str, quantity: Fraction) -> Item:
    """What a price asks for a quantity in a whole period."""
    return Item(price.key, rate(price, currency, quantity).exact, prorated=price.cadence is not None)


def net_of(
    items: Sequence[Item], coupons: Sequence[Coupon], currency: str, share: Fraction = Fraction(1)
) -> list[Item]:
    """Items as they are really charged; a fixed amount is spread over them.

    Where a `share` of the period was charged for, it was taken off that: the amounts are those of a whole
    period at the rate that was left.
    """
    amounts = net_amounts([(item.key, item.amount * share) for item in items], coupons, currency)
    return [replace(item, amount=amount / share) for item, amount in zip(items, amounts, strict=True)]


class Side(StrEnum):
    """Whether an adjustment gives back or asks for more."""

    CREDIT = "credit"
    CHARGE = "charge"
    NET = "net"


@dataclass(frozen=True, slots=True)
class Adjustment(Record):
    """One billing entry of a change: the rest of a period, its share, and what that comes to."""

    key: str
    side: Side
    period: Period
    share: Fraction
    amount: Money


def rest_of(period: Period, at: datetime, terms: Terms, zone: str) -> Period:
    """What is left of a period from the instant on; counted in days it begins at a midnight."""
    if terms.basis is not Basis.SECOND:
        day = local_date(at, zone)
        if terms.change_day is ChangeDay.OLD:
            day += timedelta(days=1)
        at = start_of_day(day, zone)
    return Period(min(max(at, period.start), period.end), period.end)


def share_of(part: Period, whole: Period, terms: Terms, zone: str) -> Fraction:
    """The share of a whole period that falls into a part; outside of it there is nothing."""
    inside = part.intersect(whole)
    return rounded(ratio(inside, whole, terms.basis, zone), terms.share_places) if inside else Fraction(0)


def amount_of(value: Fraction, currency: str, terms: Terms) -> Money:
    """An exact amount in major units as money.

    The magnitude is rounded and then signed, so that a credit mirrors its charge in every mode.
    """
    decimals = exponent(currency)
    places = decimals if terms.places is None else min(terms.places, decimals)
    magnitude = round_to_places(abs(value), places, terms.rounding) * 10**decimals
    return Money(magnitude.numerator if value >= 0 else -magnitude.numerator, currency)


def settle(
    old: Sequence[Item],
    new: Sequence[Item],
    *,
    period: Period,
    at: datetime,
    treatment: Direction,
    terms: Terms,
    currency: str,
    zone: str = "UTC",
) -> tuple[Adjustment, ...]:
    """The entries of a change at an instant; what stays the same makes none.

    After RESTART the new plan opens its own period at the instant and is billed there in full.
    """
    if treatment in {Direction.NEXT_PERIOD, Direction.NONE}:
        return ()
    rest = rest_of(period, at, terms, zone)
    share = share_of(rest, period, terms, zone)
    gone, come = _changed(old, new)
    if treatment is Direction.RESTART:
        gone, come = list(old), []
    if treatment is Direction.CHARGE:
        gone, come = [], _grown(old, new)
    if terms.net and treatment is Direction.PRORATE:
        return _differences(gone, come, rest, share, currency, terms)
    credits = [_entry(item, Side.CREDIT, rest, share, currency, terms) for item in gone if item.prorated]
    charges = [_entry(item, Side.CHARGE, rest, share, currency, terms) for item in come]
    return tuple(entry for entry in (*credits, *charges) if entry.amount)


def limit_credit(potential: Fraction, paid: Fraction, credited_before: Fraction) -> Fraction:
    """A credit is never above what was paid less what was credited already, and never negative."""
    return max(min(potential, paid - credited_before), Fraction(0))


def limited(entries: Iterable[Adjustment], paid: Money) -> tuple[Adjustment, ...]:
    """The same entries with their credits held to what was paid."""
    left, kept = paid.minor, list[Adjustment]()
    for entry in entries:
        held = entry
        if entry.amount.minor < 0:
            given = min(-entry.amount.minor, max(left, 0))
            left -= given
            held = replace(entry, amount=Money(-given, paid.currency))
        kept.append(held)
    return tuple(entry for entry in kept if entry.amount)


def without_trace(entries: Iterable[Adjustment]) -> tuple[Adjustment, ...]:
    """Entries not billed yet, without those that take each other back: a change and its undo."""
    kept: list[Adjustment] = []
    for entry in entries:
        undone = [other for other in kept if _takes_back(other, entry)]
        if undone:
            kept.remove(undone[-1])
        else:
            kept.append(entry)
    return tuple(kept)


def _takes_back(one: Adjustment, other: Adjustment) -> bool:
    same = (one.key, one.period) == (other.key, other.period)
    return same and one.amount == -other.amount


def _changed(old: Sequence[Item], new: Sequence[Item]) -> tuple[list[Item], list[Item]]:
    """What went and what came; an item that is on both sides is neither."""
    before, after = {item.key: item for item in old}, {item.key: item for item in new}
    gone = [item for item in old if after.get(item.key) != item]
    come = [item for item in new if before.get(item.key) != item]
    return gone, come


def _grown(old: Sequence[Item], new: Sequence[Item]) -> list[Item]:
    """What each item costs more than before; less is not given back."""
    before = {item.key: item.amount for item in old}
    grown = [replace(item, amount=item.amount - before.get(item.key, Fraction(0))) for item in new]
    return [item for item in grown if item.amount > 0]


def _differences(
    gone: list[Item], come: list[Item], rest: Period, share: Fraction, currency: str, terms: Terms
) -> tuple[Adjustment, ...]:
    """One entry an item: the difference of its amounts, rounded once."""
    signed = [(item, item.amount) for item in come] + [(item, -item.amount) for item in gone if item.prorated]
    totals: dict[str, Fraction] = {}
    for item, amount in signed:
        part = share if item.prorated else Fraction(1)
        totals[item.key] = totals.get(item.key, Fraction(0)) + amount * part
    entries = [
        Adjustment(key, Side.NET, rest, share, amount_of(value, currency, terms))
        for key, value in totals.items()
    ]
    return tuple(entry for entry in entries if entry.amount)


def _entry(item: Item, side: Side, rest: Period, share: Fraction, currency: str, terms: Terms) -> Adjustment:
    part = share if item.prorated else Fraction(1)
    amount = amount_of(item.for_share(share), currency, terms)
    return Adjustment(item.key, side, rest, part, -amount if side is Side.CREDIT else amount)

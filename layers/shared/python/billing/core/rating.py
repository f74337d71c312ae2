"""The charge models as pure functions: from what was used to the parts that add up to its amount.

Quantities, prices and percentages have at most 12 decimals, so all of them are integers at a fixed
scale and their products are exact: no fraction has to be reduced on the way.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Self

from billing.core.catalogue import Price, Timing
from billing.core.charges import (
    AMOUNT,
    RATE,
    Beyond,
    Blocks,
    Charge,
    Dynamic,
    Flat,
    Graduated,
    GraduatedPercentage,
    Matrix,
    Package,
    PackageRounding,
    Percentage,
    PerUnit,
    Spread,
    StairStep,
    Step,
    Volume,
    ZeroUsage,
)
from billing.core.errors import RuleError
from billing.core.measured import Group, Measured
from billing.core.moves import Row, rows_of_moves
from billing.core.quantities import SCALE, scaled
from billing.core.record import Record
from billing.core.transactions import charge_transactions

_FREE = ZeroUsage.FREE  # reading a member off its class costs as much as a tier


@dataclass(frozen=True, slots=True)
class Span(Record):
    """Which part of its period a line covers.

    `before` is what was used and `billed` what was charged (major units) earlier in the period;
    whether the line opens and closes it decides where flat amounts, volume and the minimum fall.
    `share` is the part of the period that is billed at all: base, minimum and maximum are reduced to it.
    """

    before: Fraction = Fraction(0)
    billed: Fraction = Fraction(0)
    opens: bool = True
    closes: bool = True
    share: Fraction = Fraction(1)


@dataclass(slots=True)
class Use:
    """What one line rates: the units of its period before it and up to its end, at SCALE."""

    before: int
    after: int
    span: Span
    measured: Measured | None = None


@dataclass(frozen=True, slots=True)
class TierPart(Record):
    """What fell into one tier, cell or package price, in major units."""

    quantity: Fraction
    unit_amount: Fraction
    flat_amount: Fraction
    amount: Fraction  # units and flat amount together
    tier: int = 1  # counted from 1
    cut: Fraction = Fraction(0)  # what the maximum of the price took off

    @property
    def usage_amount(self) -> Fraction:
        """What the units alone cost."""
        return self.amount - self.flat_amount

    @property
    def net_amount(self) -> Fraction:
        """What is left of the amount after the maximum of the price."""
        return self.amount - self.cut

    @classmethod
    def of(cls, row: Row, cut: int = 0) -> Self:
        """A row of a rating to read."""
        tier, units, rate, flat, total = row
        return cls(
            tier=tier,
            quantity=Fraction(units, SCALE),
            unit_amount=Fraction(rate, RATE),
            flat_amount=Fraction(flat, AMOUNT),
            amount=Fraction(total, AMOUNT),
            cut=Fraction(cut, AMOUNT),
        )


def rows_of(price: Price, charge: Charge, use: Use) -> list[Row]:
    """What a charge asks for a use, part by part; the settings of the price say how."""
    match charge:
        case Graduated() | GraduatedPercentage():
            return _graduated(price, charge.steps, use)
        case Volume() | StairStep():
            return _reached(price, charge.steps, use)
        case Blocks(spread=Spread.EACH):
            return _blocks(price, charge, use)
        case Blocks():
            return _blocks_reached(price, charge, use)
        case Matrix():
            return _matrix(charge, use)
        case _:
            return _single_row(price, charge, use)


def _single_row(price: Price, charge: Flat | PerUnit | Package | Percentage | Dynamic, use: Use) -> list[Row]:
    match charge:
        case Flat():
            due = use.span.opens if price.timing is Timing.ADVANCE else use.span.closes
            flat = scaled(charge.amount, AMOUNT)
            return [(1, use.after - use.before, 0, flat, flat)] if due else []
        case PerUnit():
            return [_row(1, use.after - use.before, scaled(charge.unit_amount, RATE))]
        case Package():
            return [_packages(charge, use)]
        case Percentage():
            return [_percentage(charge, use)]
        case Dynamic():
            return [_dynamic(price, charge, use)]


def _row(tier: int, units: int, rate: int) -> Row:
    return (tier, units, rate, 0, units * rate)


def _graduated(price: Price, steps: tuple[Step, ...], use: Use) -> list[Row]:
    """Each unit at the price of its tier; a flat amount falls due when usage enters the tier."""
    if use.measured is not None and use.measured.moves:
        return rows_of_moves(steps, use.measured.moves)
    rows: list[Row] = []
    before, after = use.before, use.after
    entered = before == 0 and (after > 0 if price.zero_usage is _FREE else use.span.opens)
    low = tier = 0
    for up_to, rate, flat, maximum in steps:
        tier += 1  # noqa: SIM113 -- cheaper than enumerate, and this loop is the hot one
        high = after if up_to is None or after < up_to else up_to
        inside = high - low if before <= low else high - before
        if inside > 0 or entered:
            usage = inside * rate if inside > 0 else 0
            if maximum is not None:
                earlier = max(before - low, 0) * rate
                usage = min(earlier + usage, maximum) - min(earlier, maximum)
            due = flat if entered else 0
            rows.append((tier, inside, rate, due, usage + due))
        if up_to is None or after <= up_to:
            return rows
        low = up_to
        entered = before <= low
    if price.beyond is Beyond.LAST_TIER:
        return _graduated(price, (*steps[:-1], (None, *steps[-1][1:])), use)
    if price.beyond is Beyond.REFUSED:
        raise _not_priced()
    return rows


def _reached(price: Price, steps: tuple[Step, ...], use: Use) -> list[Row]:
    """All units at the price of the tier they reach: known only when the period closes."""
    units = use.after
    if not use.span.closes or (not units and price.zero_usage is ZeroUsage.FREE):
        return []
    for tier, (up_to, rate, flat, maximum) in enumerate(steps, 1):
        last = tier == len(steps) and price.beyond is not Beyond.REFUSED
        if up_to is None or units <= up_to or last:
            if up_to is not None and price.beyond is Beyond.FREE:
                units = min(units, up_to)
            usage = units * rate if maximum is None else min(units * rate, maximum)
            return [(tier, units, rate, flat, usage + flat)]
    raise _not_priced()


def count_packages(units: int, size: int, rounding: PackageRounding) -> int:
    """How many packages of a size so many units are; a started one counts, or it does not."""
    return -(-units // size) if rounding is PackageRounding.UP else units // size


def _packages(charge: Package, use: Use) -> Row:
    size = scaled(charge.size)
    started = count_packages(use.after, size, charge.rounding)
    count = started - count_packages(use.before, size, charge.rounding)
    return _row(1, count * SCALE, scaled(charge.amount, RATE))


def _blocks(price: Price, charge: Blocks, use: Use) -> list[Row]:
    """Each tier's blocks at their own size and price."""
    rows: list[Row] = []
    low = 0
    for tier, step in enumerate(charge.tiers, 1):
        size, last = scaled(step.size), tier == len(charge.tiers) and price.beyond is Beyond.LAST_TIER
        room = None if step.blocks is None or last else scaled(step.blocks) // SCALE
        inside = (max(use.before - low, 0), max(use.after - low, 0))
        was, now = (count_packages(units, size, PackageRounding.UP) for units in inside)
        if room is not None:
            was, now = min(was, room), min(now, room)
        if now > was:
            rows.append(_row(tier, (now - was) * SCALE, scaled(step.amount, RATE)))
        if room is None:
            return rows
        low += room * size
    if use.after > low and price.beyond is Beyond.REFUSED:
        raise _not_priced()
    return rows


def _blocks_reached(price: Price, charge: Blocks, use: Use) -> list[Row]:
    """All units in blocks of the tier they reach."""
    units, low = use.after, 0
    if not use.span.closes:
        return []
    for tier, step in enumerate(charge.tiers, 1):
        size = scaled(step.size)
        high = None if step.blocks is None else low + scaled(step.blocks) // SCALE * size
        last = tier == len(charge.tiers) and price.beyond is not Beyond.REFUSED
        if high is None or units <= high or last:
            if high is not None and price.beyond is Beyond.FREE:
                units = min(units, high)
            count = count_packages(units, size, PackageRounding.UP)
            return [_row(tier, count * SCALE, scaled(step.amount, RATE))]
        low = high
    raise _not_priced()


def _percentage(charge: Percentage, use: Use) -> Row:
    transactions = use.measured.transactions if use.measured else ()
    if not transactions and use.after:
        transactions = (Fraction(use.after, SCALE),)
    charged = charge_transactions(charge, transactions)
    rate = scaled(charge.rate_percent / 100, RATE)
    units, fixed = scaled(charged.paid_amount), scaled(charged.fixed_amount, AMOUNT)
    return (1, units, rate, fixed, scaled(charged.amount, AMOUNT))


def _matrix(charge: Matrix, use: Use) -> list[Row]:
    """The units of each combination of properties at the price of its most specific cell."""
    units: dict[int, int] = {}
    for group in use.measured.groups if use.measured else ():
        cell = best_cell(charge, group)
        units[cell] = units.get(cell, 0) + scaled(group.quantity)
    return [_row(n + 1, units[n], scaled(charge.cells[n].unit_amount, RATE)) for n in sorted(units)]


def best_cell(charge: Matrix, group: Group) -> int:
    """Which cell prices a combination of properties; publication made sure that there is one."""
    values = tuple(group.properties.get(name, "") for name in charge.dimensions)
    found = [n for n, cell in enumerate(charge.cells) if cell.covers(values)]
    if not found:
        raise RuleError("quantity_not_priced", f"no cell prices {', '.join(values)}")
    return max(found, key=lambda n: charge.cells[n].weight)


def _dynamic(price: Price, charge: Dynamic, use: Use) -> Row:
    units, factor = use.after - use.before, scaled(charge.factor, RATE)
    if charge.property is None:
        return _row(1, units, factor)
    supplied = use.measured.supplied if use.measured else Fraction(0)
    free = not units and price.zero_usage is ZeroUsage.FREE
    amount = 0 if free else scaled(supplied) * factor
    return (1, units, amount // units if units else 0, 0, amount)


def _not_priced() -> RuleError:
    return RuleError("quantity_not_priced", "the quantity lies above the last tier")

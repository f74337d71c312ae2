"""Charge models as data: what a price asks for a quantity, in one currency, in major units."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from fractions import Fraction
from typing import ClassVar

from billing.core.quantities import SCALE, scaled
from billing.core.record import Record

ZERO = Fraction(0)
RATE = SCALE * 100  # unit prices and shares: a percentage of 12 decimals still fits
AMOUNT = SCALE * RATE  # what a quantity and a rate multiply to

# A tier as integers: up to (SCALE), rate (RATE), flat amount and maximum (AMOUNT).
Step = tuple[int | None, int, int, int | None]


class ZeroUsage(StrEnum):
    """What tiers ask of a period in which nothing was used."""

    FREE = "free"
    FIRST_TIER = "first_tier"  # its flat amount


class Beyond(StrEnum):
    """What becomes of units above a last tier that has an end."""

    REFUSED = "refused"
    FREE = "free"
    LAST_TIER = "last_tier"  # as if it had no end


@dataclass(frozen=True, slots=True)
class Tier(Record):
    """Up to and including a quantity (None: without end), a unit price and a flat amount.

    `maximum` limits what the units of the tier cost together; the flat amount comes on top.
    """

    up_to: Fraction | None
    unit_amount: Fraction = ZERO
    flat_amount: Fraction = ZERO
    maximum: Fraction | None = None


@dataclass(frozen=True, slots=True)
class Flat(Record):
    """One amount, whatever the quantity."""

    KIND: ClassVar[str | None] = "flat"
    amount: Fraction


@dataclass(frozen=True, slots=True)
class PerUnit(Record):
    """Quantity times a unit price."""

    KIND: ClassVar[str | None] = "per_unit"
    unit_amount: Fraction


@dataclass(frozen=True, slots=True)
class Graduated(Record):
    """Each unit at the price of the tier it falls into."""

    KIND: ClassVar[str | None] = "graduated"
    tiers: tuple[Tier, ...]
    steps: tuple[Step, ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "steps", _steps(self.tiers))


@dataclass(frozen=True, slots=True)
class Volume(Record):
    """All units at the price of the tier that the whole quantity reaches."""

    KIND: ClassVar[str | None] = "volume"
    tiers: tuple[Tier, ...]
    steps: tuple[Step, ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "steps", _steps(self.tiers))


@dataclass(frozen=True, slots=True)
class StairStep(Record):
    """The flat amount of the tier that the quantity reaches, and nothing per unit."""

    KIND: ClassVar[str | None] = "stair_step"
    tiers: tuple[Tier, ...]
    steps: tuple[Step, ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        steps = tuple((up_to, 0, flat, None) for up_to, _, flat, _ in _steps(self.tiers))
        object.__setattr__(self, "steps", steps)


class PackageRounding(StrEnum):
    """Whether a started package is charged."""

    UP = "up"
    DOWN = "down"


@dataclass(frozen=True, slots=True)
class Package(Record):
    """An amount per package of units."""

    KIND: ClassVar[str | None] = "package"
    size: Fraction
    amount: Fraction
    rounding: PackageRounding = PackageRounding.UP


class Spread(StrEnum):
    """Whether each unit is priced by the tier it falls into, or all by the tier they reach."""

    EACH = "each"
    REACHED = "reached"


@dataclass(frozen=True, slots=True)
class BlockTier(Record):
    """Up to `blocks` blocks (None: without end) of `size` units, at an amount a block."""

    size: Fraction
    amount: Fraction
    blocks: Fraction | None = None


@dataclass(frozen=True, slots=True)
class Blocks(Record):
    """Packages whose size and price change with the quantity; a started block counts whole."""

    KIND: ClassVar[str | None] = "blocks"
    tiers: tuple[BlockTier, ...]
    spread: Spread = Spread.EACH


@dataclass(frozen=True, slots=True)
class Percentage(Record):
    """A percentage of each transaction's amount, plus a fixed part, within bounds.

    Both allowances end at the first one used up; who crosses the free amount pays on the rest.
    """

    KIND: ClassVar[str | None] = "percentage"
    rate_percent: Fraction
    fixed_amount: Fraction = ZERO
    free_events: int | None = None
    free_amount: Fraction | None = None
    transaction_minimum: Fraction | None = None
    transaction_maximum: Fraction | None = None


@dataclass(frozen=True, slots=True)
class PercentTier(Record):
    """Up to and including an amount, a percentage and a flat amount."""

    up_to: Fraction | None
    rate_percent: Fraction = ZERO
    flat_amount: Fraction = ZERO


@dataclass(frozen=True, slots=True)
class GraduatedPercentage(Record):
    """Each part of the amount at the percentage of the tier it falls into."""

    KIND: ClassVar[str | None] = "graduated_percentage"
    tiers: tuple[PercentTier, ...]
    steps: tuple[Step, ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        as_units = (Tier(t.up_to, t.rate_percent / 100, t.flat_amount) for t in self.tiers)
        object.__setattr__(self, "steps", _steps(as_units))


ANY = "*"


@dataclass(frozen=True, slots=True)
class Cell(Record):
    """The unit price where the properties have these values; `*` stands for any."""

    values: tuple[str, ...]
    unit_amount: Fraction

    def covers(self, values: tuple[str, ...]) -> bool:
        """Whether these values fall under the cell."""
        return all(own in {ANY, value} for own, value in zip(self.values, values, strict=True))

    @property
    def weight(self) -> int:
        """How many values it names; the heavier of two cells wins."""
        return sum(value != ANY for value in self.values)


@dataclass(frozen=True, slots=True)
class Matrix(Record):
    """A unit price chosen by event properties; the most specific cell wins."""

    KIND: ClassVar[str | None] = "matrix"
    dimensions: tuple[str, ...]
    cells: tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class Dynamic(Record):
    """The price comes with the events, in major units, and is scaled by a factor.

    Without `property` what the meter sums is that price; with it the meter counts units and the
    price is the sum of the property.
    """

    KIND: ClassVar[str | None] = "dynamic"
    factor: Fraction = Fraction(1)
    property: str | None = None


Charge = (
    Flat
    | PerUnit
    | Graduated
    | Volume
    | StairStep
    | Package
    | Blocks
    | Percentage
    | GraduatedPercentage
    | Matrix
    | Dynamic
)


def _steps(tiers: Iterable[Tier]) -> tuple[Step, ...]:
    return tuple(
        (
            None if tier.up_to is None else scaled(tier.up_to),
            scaled(tier.unit_amount, RATE),
            scaled(tier.flat_amount, AMOUNT),
            None if tier.maximum is None else scaled(tier.maximum, AMOUNT),
        )
        for tier in tiers
    )

"""Charge models as data: what a price asks for a quantity, in one currency, in major units."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from typing import ClassVar

from billing.core.record import Record

ZERO = Fraction(0)


@dataclass(frozen=True, slots=True)
class Tier(Record):
    """Up to and including a quantity (None: without end), a unit price and a flat amount."""

    up_to: Fraction | None
    unit_amount: Fraction = ZERO
    flat_amount: Fraction = ZERO


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


@dataclass(frozen=True, slots=True)
class Volume(Record):
    """All units at the price of the tier that the whole quantity reaches."""

    KIND: ClassVar[str | None] = "volume"
    tiers: tuple[Tier, ...]


@dataclass(frozen=True, slots=True)
class StairStep(Record):
    """The flat amount of the tier that the quantity reaches, and nothing per unit."""

    KIND: ClassVar[str | None] = "stair_step"
    tiers: tuple[Tier, ...]


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


@dataclass(frozen=True, slots=True)
class Percentage(Record):
    """A percentage of each transaction's amount, plus a fixed part, within bounds."""

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


@dataclass(frozen=True, slots=True)
class Cell(Record):
    """The unit price where the properties have these values; `*` stands for any."""

    values: tuple[str, ...]
    unit_amount: Fraction


@dataclass(frozen=True, slots=True)
class Matrix(Record):
    """A unit price chosen by event properties; the most specific cell wins."""

    KIND: ClassVar[str | None] = "matrix"
    dimensions: tuple[str, ...]
    cells: tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class Dynamic(Record):
    """The amount comes with the events (major units); it is scaled by a factor."""

    KIND: ClassVar[str | None] = "dynamic"
    factor: Fraction = Fraction(1)


Charge = (
    Flat
    | PerUnit
    | Graduated
    | Volume
    | StairStep
    | Package
    | Percentage
    | GraduatedPercentage
    | Matrix
    | Dynamic
)

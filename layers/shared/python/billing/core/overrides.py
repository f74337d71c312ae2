"""Terms that differ from a plan's own: an override of one of its prices, and phases that bring some."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

from billing.core.charges import Charge
from billing.core.record import Record


@dataclass(frozen=True, slots=True)
class Override(Record):
    """What differs from a price; what is left out stays as it is, so do currencies not named."""

    price: str
    charges: Mapping[str, Charge] | None = None
    quantity: Fraction | None = None
    allowance: Fraction | None = None
    minimum: Mapping[str, Fraction] | None = None
    maximum: Mapping[str, Fraction] | None = None
    discount_percent: Fraction | None = None


@dataclass(frozen=True, slots=True)
class Phase(Record):
    """So many periods of a plan, counted from when it began for a subscriber, under terms of their own.

    Behind the last phase the plan is as it stands.
    """

    key: str
    periods: int
    overrides: tuple[Override, ...] = ()


def phase_at(phases: tuple[Phase, ...], period: int) -> Phase | None:
    """The phase that a period (from 0) of a plan falls into; None behind the last."""
    for phase in phases:
        if period < phase.periods:
            return phase
        period -= phase.periods
    return None

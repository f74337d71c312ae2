"""What makes a charge impossible to price, with the field named."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from itertools import combinations

from billing.core.charges import (
    ANY,
    Blocks,
    BlockTier,
    Cell,
    Charge,
    Dynamic,
    Flat,
    Graduated,
    GraduatedPercentage,
    Matrix,
    Package,
    Percentage,
    PerUnit,
    StairStep,
    Tier,
    Volume,
)
from billing.core.errors import RuleError


def check_charge(charge: Charge, field: str) -> None:
    """Raise the first RuleError found; return when the charge can price whatever comes."""
    match charge:
        case Graduated() | Volume() | StairStep():
            _check_tiers(charge.tiers, f"{field}.tiers")
        case GraduatedPercentage():
            as_units = tuple(Tier(t.up_to, t.rate_percent, t.flat_amount) for t in charge.tiers)
            _check_tiers(as_units, f"{field}.tiers")
        case Blocks():
            _check_blocks(charge.tiers, f"{field}.tiers")
        case Matrix():
            _check_matrix(charge, field)
        case Percentage():
            _check_percentage(charge, field)
        case Package():
            _positive(charge.size, f"{field}.size")
            _not_negative(charge.amount, f"{field}.amount")
        case Flat():
            _not_negative(charge.amount, f"{field}.amount")
        case PerUnit():
            _not_negative(charge.unit_amount, f"{field}.unit_amount")
        case Dynamic():
            _not_negative(charge.factor, f"{field}.factor")


def _check_tiers(tiers: tuple[Tier, ...], field: str) -> None:
    """Tiers rise without gap or overlap; only the last may be without end."""
    if not tiers:
        raise RuleError("missing_field", "at least one tier", field)
    before = Fraction(0)
    for n, tier in enumerate(tiers):
        place = f"{field}[{n}]"
        for amount in (tier.unit_amount, tier.flat_amount, tier.maximum):
            _not_negative(amount, place)
        if tier.up_to is None and n != len(tiers) - 1:
            raise RuleError("tiers_overlap", "only the last tier is without end", f"{place}.up_to")
        if tier.up_to is not None and tier.up_to <= before:
            raise RuleError("tiers_overlap", "must lie above the tier before", f"{place}.up_to")
        before = tier.up_to if tier.up_to is not None else before


def _check_blocks(tiers: tuple[BlockTier, ...], field: str) -> None:
    if not tiers:
        raise RuleError("missing_field", "at least one tier", field)
    for n, tier in enumerate(tiers):
        place = f"{field}[{n}]"
        _positive(tier.size, f"{place}.size")
        _not_negative(tier.amount, f"{place}.amount")
        if tier.blocks is None and n != len(tiers) - 1:
            raise RuleError("tiers_overlap", "only the last tier is without end", f"{place}.blocks")
        if tier.blocks is not None:
            _positive(tier.blocks, f"{place}.blocks")
            if tier.blocks.denominator != 1:
                raise RuleError("not_whole", "blocks are counted whole", f"{place}.blocks")


def _check_percentage(charge: Percentage, field: str) -> None:
    _not_negative(charge.rate_percent, f"{field}.rate_percent")
    _not_negative(charge.fixed_amount, f"{field}.fixed_amount")
    _not_negative(charge.free_amount, f"{field}.free_amount")
    if charge.free_events is not None and charge.free_events < 0:
        raise RuleError("negative_not_allowed", "a count is not negative", f"{field}.free_events")
    low, high = charge.transaction_minimum, charge.transaction_maximum
    _not_negative(low, f"{field}.transaction_minimum")
    if low is not None and high is not None and low > high:
        message = f"the minimum {low} lies above the maximum {high}"
        raise RuleError("minimum_above_maximum", message, f"{field}.transaction_minimum")


def _check_matrix(charge: Matrix, field: str) -> None:
    """Every event meets exactly one most specific cell."""
    if not charge.dimensions or len(set(charge.dimensions)) != len(charge.dimensions):
        raise RuleError("missing_field", "one or more different properties", f"{field}.dimensions")
    for n, cell in enumerate(charge.cells):
        _not_negative(cell.unit_amount, f"{field}.cells[{n}].unit_amount")
        if len(cell.values) != len(charge.dimensions):
            message = f"one value for each of {', '.join(charge.dimensions)}; * stands for any"
            raise RuleError("invalid_cell", message, f"{field}.cells[{n}].values")
    if not any(cell.weight == 0 for cell in charge.cells):
        stars = ", ".join(ANY for _ in charge.dimensions)
        message = f"a cell for everything else is needed: [{stars}]"
        raise RuleError("quantity_not_priced", message, f"{field}.cells")
    _check_ambiguity(charge.cells, field)


def _check_ambiguity(cells: tuple[Cell, ...], field: str) -> None:
    """Two cells as specific as each other may only meet where a third one decides."""
    known = {cell.values for cell in cells}
    for (_, one), (n, other) in combinations(enumerate(cells), 2):
        if one.weight != other.weight:
            continue
        both = _overlap(one, other)
        if one.values == other.values or (both is not None and both not in known):
            message = f"also matched by {_shown(one.values)}; add a cell for {_shown(both or one.values)}"
            raise RuleError("ambiguous_cells", message, f"{field}.cells[{n}].values")


def _overlap(one: Cell, other: Cell) -> tuple[str, ...] | None:
    """The values that fall under both cells, or None when there are none."""
    merged: list[str] = []
    for a, b in zip(one.values, other.values, strict=True):
        if a != b and ANY not in {a, b}:
            return None
        merged.append(b if a == ANY else a)
    return tuple(merged)


def _shown(values: Iterable[str]) -> str:
    return f"[{', '.join(values)}]"


def _not_negative(value: Fraction | None, field: str) -> None:
    if value is not None and value < 0:
        raise RuleError("negative_not_allowed", "a price is not negative", field)


def _positive(value: Fraction, field: str) -> None:
    if value <= 0:
        raise RuleError("not_positive", "must be above zero", field)

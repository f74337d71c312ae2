"""Graduated tiers for units that stay: each is charged for the part of the period that it is there."""

from __future__ import annotations

from collections.abc import Sequence

from billing.core.charges import Step
from billing.core.measured import Move
from billing.core.quantities import scaled
from billing.core.rounding import round_ratio

# What fell into one tier, cell or package price: its number, units (SCALE), rate (RATE), flat and
# whole amount (AMOUNT). A plain tuple, as a line is rated more often than anything else is done.
Row = tuple[int, int, int, int, int]


def rows_of_moves(steps: Sequence[Step], moves: Sequence[Move]) -> list[Row]:
    """What units cost that came and went, by tier.

    A move is spread over the tiers it crosses by the running quantity, and weighed there by what of
    it counts. The flat amount of every tier that was ever reached is due whole. Who has more taken
    away than there was owes nothing.
    """
    if sum(move.quantity for move in moves) < 0:
        return []
    units, reached, running = [0] * len(steps), 0, 0
    for move in moves:
        before, running = running, running + scaled(move.quantity)
        low, high = max(min(before, running), 0), max(before, running)
        sign = 1 if move.weighted >= 0 else -1
        share = abs(move.weighted / move.quantity) if move.quantity else move.quantity
        for n, inside in enumerate(_spread(steps, low, high)):
            units[n] += sign * round_ratio(inside * share)
        reached = max(reached, running)
    return [row for n, row in enumerate(_rows(steps, units)) if _starts(steps, n) < reached]


def _spread(steps: Sequence[Step], low: int, high: int) -> list[int]:
    """How much of [low, high) lies in each tier."""
    parts: list[int] = []
    for n, (up_to, *_) in enumerate(steps):
        end = high if up_to is None else min(high, up_to)
        parts.append(max(end - max(low, _starts(steps, n)), 0))
    return parts


def _starts(steps: Sequence[Step], n: int) -> int:
    return (steps[n - 1][0] or 0) if n else 0


def _rows(steps: Sequence[Step], units: Sequence[int]) -> list[Row]:
    return [
        (n + 1, units[n], rate, flat, units[n] * rate + flat) for n, (_, rate, flat, _) in enumerate(steps)
    ]

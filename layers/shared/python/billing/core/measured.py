"""What was used, as finely as charge models look at it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction

from billing.core.record import Record


@dataclass(frozen=True, slots=True)
class Group(Record):
    """The quantity of one combination of event properties."""

    quantity: Fraction
    properties: Mapping[str, str] = field(default_factory=dict[str, str])


@dataclass(frozen=True, slots=True)
class Move(Record):
    """Units that came (or went, when negative), and what of them counts for the rest of the period."""

    quantity: Fraction
    weighted: Fraction


@dataclass(frozen=True, slots=True)
class Measured(Record):
    """A quantity and what is behind it: most models look at the quantity alone.

    A percentage looks at each transaction's amount in the order of time, a matrix at the groups, a
    price carried by the events at what they supplied, in major units; graduated tiers at the moves
    of units that stay, where there are any.
    """

    quantity: Fraction
    transactions: tuple[Fraction, ...] = ()
    groups: tuple[Group, ...] = ()
    supplied: Fraction = Fraction(0)
    moves: tuple[Move, ...] = ()

    @classmethod
    def of(cls, transactions: Sequence[Fraction]) -> Measured:
        """Transactions by their amounts, in the order of time."""
        return cls(sum(transactions, Fraction(0)), tuple(transactions))

    @classmethod
    def of_moves(cls, moves: Sequence[Move]) -> Measured:
        """Units that stay: what is left of them at the end, and how they came and went."""
        return cls(sum((move.quantity for move in moves), Fraction(0)), moves=tuple(moves))

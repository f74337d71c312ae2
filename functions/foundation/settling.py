"""When a test clock may step, and to where: counted from receipts, never guessed by waiting."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

MOST_TICKS = 5  # at one instant, before work that does not clear fails the advance

Pair = tuple[str, str]  # message (or awaited key), consumer
OUTCOME = "outcome"  # who an awaited key waits for


@dataclass(frozen=True, slots=True)
class Books:
    """What is known under one clock: expected and received receipts, and when work is due."""

    expected: frozenset[Pair] = frozenset()
    received: frozenset[Pair] = frozenset()
    due: Mapping[str, datetime] = field(default_factory=dict[str, datetime])

    @property
    def open(self) -> frozenset[Pair]:
        """What has not come, or came before the one that announces it."""
        return self.expected ^ self.received

    @property
    def settled(self) -> bool:
        """Whether nothing is under way: everything expected came, and nothing else."""
        return not self.open

    def due_by(self, instant: datetime) -> list[str]:
        """Whose work is due at an instant or before."""
        return sorted(key for key, at in self.due.items() if at <= instant)


class Move(StrEnum):
    """What a clock does next."""

    WAIT = "wait"
    TICK = "tick"
    DONE = "done"
    FAIL = "fail"


@dataclass(frozen=True, slots=True)
class Next:
    """The next move, and the instant it leads to."""

    move: Move
    at: datetime
    overdue: tuple[str, ...] = ()


def next_move(books: Books, *, now: datetime, target: datetime, ticks: int) -> Next:
    """Step to the earliest due instant, tick again while due work remains, end at the target.

    `ticks` counts those already made at `now`.
    """
    if not books.settled:
        return Next(Move.WAIT, now)
    overdue = books.due_by(now)
    if overdue:
        if ticks >= MOST_TICKS:
            return Next(Move.FAIL, now, tuple(overdue))
        return Next(Move.TICK, now)
    ahead = [at for at in books.due.values() if at <= target]
    if ahead:
        return Next(Move.TICK, min(ahead))
    return Next(Move.TICK, target) if now < target else Next(Move.DONE, target)


def expectations(emitted: Iterable[tuple[str, Iterable[str]]], awaited: Iterable[str]) -> list[Pair]:
    """The receipts that one receipt announces: each message at each consumer, and each awaited key."""
    pairs = [(message, consumer) for message, consumers in emitted for consumer in consumers]
    return [*pairs, *((key, OUTCOME) for key in awaited)]

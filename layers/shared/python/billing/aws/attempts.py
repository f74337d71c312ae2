"""A unit of work that is decided again where others wrote first what it can do without."""

from __future__ import annotations

from collections.abc import Iterable, Set
from dataclasses import dataclass

PATIENCE = 4  # attempts at what others want too, before it is left to them


@dataclass(frozen=True, slots=True)
class Attempt:
    """Which attempt this is; `lost` labels what others were first at too often: it is decided without."""

    number: int = 1
    lost: frozenset[str] = frozenset()

    def again(self, spare: Set[str], beaten: Iterable[str]) -> Attempt | None:
        """The next attempt, where others were first only at what can be spared."""
        labels = frozenset(beaten)
        if not labels <= spare:
            return None
        return Attempt(self.number + 1, self.lost if self.number < PATIENCE else self.lost | labels)


FIRST = Attempt()

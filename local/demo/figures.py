"""Teaches whether the story came out right: every figure beside the one it must be."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from local.console import Screen


@dataclass(frozen=True)
class Figure:
    """One thing that was looked at."""

    what: str
    wanted: str
    found: str

    @property
    def right(self) -> bool:
        """Whether it is what it must be."""
        return self.wanted == self.found


@dataclass
class Figures:
    """All figures of a story, in its order."""

    taken: list[Figure] = field(default_factory=list[Figure])

    def expect(self, what: str, wanted: object, found: object) -> None:
        """Note what something must be and what it is; a wrong one does not stop the story."""
        self.taken.append(Figure(what, str(wanted), str(found)))

    @property
    def wrong(self) -> list[Figure]:
        """What is not as it must be."""
        return [figure for figure in self.taken if not figure.right]

    def show(self, screen: Screen) -> None:
        """The table of all figures, and the verdict."""
        rows = [
            ("✓" if figure.right else "✗", figure.what, figure.wanted, figure.found) for figure in self.taken
        ]
        screen.table(["", "Figure", "Must be", "Is"], rows)
        count = len(self.taken)
        verdict = (
            f"All {count} figures are right."
            if not self.wrong
            else f"{len(self.wrong)} of {count} figures are wrong."
        )
        screen.say(f"\n{verdict}")


def listed(parts: Iterable[object]) -> str:
    """Several things in one cell."""
    return ", ".join(map(str, parts)) or "none"


def money(cents: int, currency: str = "USD") -> str:
    """Cents as a person reads them: `1,234.50 USD`."""
    sign, cents = ("-" if cents < 0 else ""), abs(cents)
    return f"{sign}{cents // 100:,}.{cents % 100:02} {currency}"

"""Eleven ways in which a payment provider misbehaves, whatever it is asked and whatever it tells."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from local.demo.side_by_side import IMPATIENCE

Strike = tuple[str, str, int]  # kind, what it concerns, how often
ANY = "*"
TRIES = 2  # of one call: the provider's own library repeats it once
MANY = 20  # more than a part of a story has notifications
LATE = 2 * IMPATIENCE  # seconds; we have looked and found out ourselves by then


@dataclass(frozen=True)
class Mishap:
    """One way to misbehave: what befalls calls, and what befalls notifications."""

    title: str
    calls: str | None = None  # every one that moves money, the library's own repeat included
    tells: str | None = None
    times: int = MANY  # notifications of one part, from its first on

    def strikes(self, calls: Sequence[str]) -> list[Strike]:
        """What is asked for, before a part of a story that makes these calls."""
        asked = [(self.calls, call, TRIES) for call in calls] if self.calls else []
        return asked + ([(self.tells, ANY, self.times)] if self.tells else [])


UNDISTURBED = Mishap("undisturbed")
MISHAPS = (
    Mishap("webhook twice", tells="duplicate_notification"),
    Mishap("webhook late", tells="delay_notification"),
    Mishap("webhook behind the next", tells="reorder_notification", times=1),
    Mishap("webhook lost", tells="drop_notification"),
    Mishap("webhook forged", tells="forge_notification"),
    Mishap("answer late", calls="delay_answer"),
    Mishap("answer lost", calls="lose_answer"),
    Mishap("500 after the effect", calls="fail_after_effect"),
    Mishap("500", calls="fail"),
    Mishap("429", calls="too_many_requests"),
    Mishap("answer and webhook lost", calls="lose_answer", tells="drop_notification"),
)

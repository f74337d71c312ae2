"""Ten ways in which a payment provider misbehaves, by the parts of a story in which they strike."""

from __future__ import annotations

from dataclasses import dataclass, field

from local.demo.side_by_side import IMPATIENCE

Strike = tuple[str, str, int]  # kind, what it concerns, how often
PARTS = ("card saved", "first charge", "refund", "second charge")
CHARGE, REFUND, ANY = "POST /v1/payment_intents", "POST /v1/refunds", "*"
TRIES = 2  # of one call: the provider's own library repeats it once
LATE = 2 * IMPATIENCE  # seconds; we have looked and found out ourselves by then


@dataclass(frozen=True)
class Mishap:
    """One way to misbehave: what is asked for before each part of the story."""

    title: str
    strikes: dict[str, list[Strike]] = field(default_factory=dict[str, list[Strike]])


def asked(title: str, kind: str) -> Mishap:
    """Calls go wrong: both charges and the refund, the library's own repeat included."""
    charge, refund = [(kind, CHARGE, TRIES)], [(kind, REFUND, TRIES)]
    return Mishap(title, {"first charge": charge, "refund": refund, "second charge": charge})


def told(title: str, kind: str, times: int = 20) -> Mishap:
    """Notifications go wrong, all of them or the first."""
    return Mishap(title, {part: [(kind, ANY, times)] for part in PARTS})


UNDISTURBED = Mishap("undisturbed")
LOST_ANSWER = asked("answer lost after the effect", "lose_answer")
LOST_WEBHOOK = told("webhook lost", "drop_notification")
MISHAPS = (
    told("webhook twice", "duplicate_notification"),
    told("webhook late", "delay_notification"),
    told("webhook behind the next", "reorder_notification", 1),
    LOST_WEBHOOK,
    told("webhook forged", "forge_notification"),
    LOST_ANSWER,
    asked("500 after the effect", "fail_after_effect"),
    asked("500", "fail"),
    asked("429", "too_many_requests"),
    Mishap(
        "answer and webhook lost",
        {part: [*strikes, *LOST_WEBHOOK.strikes[part]] for part, strikes in LOST_ANSWER.strikes.items()},
    ),
)

"""A test clock that advanced: what it makes due in access is done."""

from __future__ import annotations

from billing.aws.changes import Changes
from billing.aws.due import sweep_clock
from billing.aws.queue import Consumer
from events.base import Message
from events.foundation import ClockAdvancedV1

handler = consumer = Consumer("access.on_foundation_events")


@consumer.on(ClockAdvancedV1)
def clock_advanced(_event: ClockAdvancedV1, _message: Message, changes: Changes) -> None:
    """Do what the new time makes due."""
    sweep_clock(changes, "work")

"""Who acts, for whom, when, and because of what: the frame of every unit of work."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from billing.aws.settings import subsystem
from events.base import Message


@dataclass(frozen=True, slots=True)
class Context:
    """The frame of one unit of work.

    `now` is business time: the tenant's clock for a request, the event's own time for a message.
    `consumer` names who handles `message`; both are None where the work began outside.
    """

    tenant: str
    now: datetime
    actor: str
    correlation_id: str
    causation_id: str
    clock: str | None = None
    message: str | None = None
    consumer: str | None = None


def following(message: Message, consumer: str) -> Context:
    """The frame of handling a message: same tenant, time, clock and correlation."""
    return Context(
        tenant=message.tenant,
        now=message.time,
        actor=f"system/{subsystem()}",
        correlation_id=message.correlation_id,
        causation_id=message.id,
        clock=message.clock,
        message=message.id,
        consumer=consumer,
    )

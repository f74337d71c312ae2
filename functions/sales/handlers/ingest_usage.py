"""Usage that was accepted at the door or came over the ingress bus, appended to the log."""

from __future__ import annotations

from billing.aws.changes import Changes
from billing.aws.queue import Consumer
from events.base import Message
from sales.commands import UsageAcceptedV1, UsageReportedV1
from sales.usage import log
from sales.usage.door import judge, set_aside_items
from sales.usage.ingress import read
from sales.usage.rollups import roll_up

handler = consumer = Consumer("sales.usage", read)


@consumer.on(UsageAcceptedV1)
def accepted(event: UsageAcceptedV1, message: Message, changes: Changes) -> None:
    """Append what the door accepted."""
    log.append(message.tenant, message.id, event.events, changes.context.now)
    roll_up(changes, {str(item["customer"]) for item in event.events})


@consumer.on(UsageReportedV1)
def reported(event: UsageReportedV1, message: Message, changes: Changes) -> None:
    """Give an ingress event its verdict and append it, or keep it with its reason."""
    now = changes.context.now
    judged = judge(changes.table, message.tenant, [event.event], now)
    log.append(message.tenant, message.id, judged.accepted, now)
    for item in set_aside_items(message.tenant, judged, now):
        changes.keep(item)
    roll_up(changes, {str(item["customer"]) for item in judged.accepted})

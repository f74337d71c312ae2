"""What happened elsewhere: kept where a later notice needs it, told where a customer should know."""

from __future__ import annotations

from billing.aws.changes import Changes
from billing.aws.queue import Consumer
from events.base import Event, Message
from events.subscriptions import SUBSCRIPTIONS
from messaging import notices, projections
from messaging.rules import rules_for

NAME = "messaging.on_billing_events"

handler = consumer = Consumer(NAME)


@consumer.on(*SUBSCRIPTIONS[NAME])
def happened(event: Event, message: Message, changes: Changes) -> None:
    """Keep it and tell it, in one unit of work."""
    projections.keep(event, message, changes)
    for rule in rules_for(type(event)):
        notices.record(changes, rule, event, message)

"""What happened elsewhere: who sells and buys is kept, what wants a document is noted."""

from __future__ import annotations

from billing.aws.changes import Changes
from billing.aws.queue import Consumer
from documents import asked, projections
from events.base import Event, Message
from events.foundation import TenantChangedV1
from events.sales import CustomerChangedV1
from events.subscriptions import SUBSCRIPTIONS

NAME = "documents.on_billing_events"

handler = consumer = Consumer(NAME)


@consumer.on(*SUBSCRIPTIONS[NAME])
def happened(event: Event, message: Message, changes: Changes) -> None:
    """Keep it, or ask for its document."""
    if isinstance(event, TenantChangedV1 | CustomerChangedV1):
        projections.keep(event, message, changes)
    else:
        asked.ask(event, message, changes)

"""What a provider told, checked with the provider and applied."""

from __future__ import annotations

from billing.aws.changes import Changes
from billing.aws.queue import Consumer
from events.base import Message
from payments import notifications, providers
from payments.commands import NotificationReceivedV1

handler = consumer = Consumer("payments.webhooks")


@consumer.on(NotificationReceivedV1)
def process(event: NotificationReceivedV1, message: Message, changes: Changes) -> None:
    """Apply one notification."""
    notifications.process(changes, providers.provider_of(message.tenant), event)

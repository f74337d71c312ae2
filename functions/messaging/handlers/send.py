"""A notice that is to leave."""

from __future__ import annotations

from billing.aws.changes import Changes
from billing.aws.queue import Consumer
from events.base import Message
from messaging import sending
from messaging.commands import SendNoticeV1

handler = consumer = Consumer("messaging.send")


@consumer.on(SendNoticeV1)
def send_notice(command: SendNoticeV1, _message: Message, changes: Changes) -> None:
    """Send it, unless it is no longer worth telling."""
    sending.deliver(changes, command.notice)

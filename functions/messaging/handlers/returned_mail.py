"""Mail that came back, and complaints: the mail service tells of them, the addresses are spared."""

from __future__ import annotations

from billing.aws.changes import Changes
from billing.aws.queue import Consumer
from events.base import Message
from messaging import returns
from messaging.commands import MailReturnedV1

handler = consumer = Consumer("messaging.returned_mail", returns.read)


@consumer.on(MailReturnedV1)
def mail_returned(command: MailReturnedV1, message: Message, changes: Changes) -> None:
    """Suppress the addresses, or count a mail that came back only for now."""
    returns.came_back(changes, command.how, command.addresses, key=message.id)

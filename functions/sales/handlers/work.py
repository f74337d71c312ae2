"""What became due in sales: the end of a subscription's period."""

from __future__ import annotations

from billing.aws.changes import Changes
from billing.aws.due import WorkDueV1
from billing.aws.queue import Consumer
from events.base import Message
from sales import subscriptions

handler = consumer = Consumer("sales.work")


@consumer.on(WorkDueV1)
def work_due(_event: WorkDueV1, message: Message, changes: Changes) -> None:
    """Bill the period of the subscription that the message is about."""
    subscriptions.period_ended(changes, message.subject.removeprefix("subscription/"))

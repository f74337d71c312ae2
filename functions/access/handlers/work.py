"""What became due in access: the grace of an unpaid invoice is over."""

from __future__ import annotations

from access import restrictions
from billing.aws.changes import Changes
from billing.aws.due import WorkDueV1
from billing.aws.queue import Consumer
from events.base import Message

handler = consumer = Consumer("access.work")


@consumer.on(WorkDueV1)
def work_due(event: WorkDueV1, _message: Message, changes: Changes) -> None:
    """Restrict the customer of an invoice."""
    restrictions.restriction_due(changes, event.pk, event.sk)

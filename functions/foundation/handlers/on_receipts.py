"""Receipts of work under a test clock, counted; whoever counts the last one lets the clock step."""

from __future__ import annotations

from typing import Any

from billing.aws.changes import Changes
from billing.aws.errors import ConflictError
from billing.aws.queue import Consumer, message_in
from billing.aws.table import own_table
from events.base import Message
from events.foundation import WorkDoneV1, WorkFailedV1
from foundation import clocks

consumer = Consumer("foundation.on_receipts", counted=False)


@consumer.on(WorkDoneV1)
def work_done(event: WorkDoneV1, message: Message, changes: Changes) -> None:
    """Count one receipt."""
    clocks.count(changes, event, message.source)


@consumer.on(WorkFailedV1)
def work_failed(event: WorkFailedV1, _message: Message, changes: Changes) -> None:
    """Let the advance fail by name."""
    clocks.fail(changes, event)


def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    """Count a batch, then step every clock it was about: what was written first is seen then."""
    answer = consumer(event, context)
    failed = {item["itemIdentifier"] for item in answer["batchItemFailures"]}
    counted = [message_in(r["body"]) for r in event["Records"] if r["messageId"] not in failed]
    for tenant, clock in sorted({(m.tenant, m.clock) for m in counted if m.clock}):
        _step(tenant, clock)
    return answer


def _step(tenant: str, clock: str) -> None:
    try:
        clocks.step(own_table(), tenant, clock)
    except ConflictError:
        _step(tenant, clock)  # somebody stepped or asked meanwhile: look again

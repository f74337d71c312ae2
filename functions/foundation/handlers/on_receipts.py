"""Receipts of work under a test clock, counted; whoever counts the last one lets the clock step."""

from __future__ import annotations

from typing import Any

from billing.aws.changes import Changes
from billing.aws.errors import ConflictError
from billing.aws.queue import Consumer, message_in
from billing.aws.strict_json import StrictJsonError
from billing.aws.table import own_table
from events.base import MalformedEventError, Message, UnknownEventError
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
    counted = [_clock_of(record["body"]) for record in event["Records"] if record["messageId"] not in failed]
    for tenant, clock in sorted({known for known in counted if known}):
        _step(tenant, clock)
    return answer


def _clock_of(body: str) -> tuple[str, str] | None:
    """The clock a receipt is about; one that cannot be read was set aside."""
    try:
        message = message_in(body)
    except (MalformedEventError, UnknownEventError, StrictJsonError):
        return None
    return (message.tenant, message.clock) if message.clock else None


def _step(tenant: str, clock: str) -> None:
    try:
        clocks.step(own_table(), tenant, clock)
    except ConflictError:
        _step(tenant, clock)  # somebody stepped or asked meanwhile: look again

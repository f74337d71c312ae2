"""A queue's consumer: parse, handle once, commit; what fails comes again, what cannot work is set aside.

| what happens                               | what becomes of the message                        |
|--------------------------------------------|----------------------------------------------------|
| handled, or handled before                 | gone                                               |
| somebody wrote first (ConflictError)       | decided again at once, then as below               |
| it can never work (contract, rule)         | to the dead letters now, with its reason           |
| anything else                              | comes again soon; dead letters after the last try  |
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from billing.aws.changes import Changes, inbox_key
from billing.aws.clients import client
from billing.aws.context import following
from billing.aws.errors import AlreadyHandledError, ConflictError, TooLargeError
from billing.aws.observability import logger
from billing.aws.settings import optional, setting
from billing.aws.strict_json import StrictJsonError, strict_loads
from billing.aws.table import own_table
from billing.core.errors import RuleError
from events.base import (
    Event,
    Kind,
    MalformedEventError,
    Message,
    UnknownEventError,
    read_event,
    read_message,
)
from events.foundation import WorkFailedV1

Handler = Callable[[Any, Message, Changes], None]
Record = dict[str, Any]

_TRIES = 4  # on a conflict, before the message goes back to its queue
PERMANENT = (MalformedEventError, UnknownEventError, RuleError, StrictJsonError, TooLargeError)
_LONGEST_PAUSE = 60  # seconds


class NotYetError(Exception):
    """Something this message builds on has not arrived; it will be tried again."""


PASSING = (NotYetError, ConflictError, BotoCoreError, ClientError, TimeoutError)


class Consumer:
    """The Lambda handler of one queue; its name is the one the subscriptions table knows."""

    def __init__(
        self,
        name: str,
        read: Callable[[str], Message] | None = None,
        *,
        ordered: bool = False,
        counted: bool = True,
        marked: bool = True,
    ) -> None:
        """Name the consumer.

        `read` is for queues whose bodies are not all our own envelopes; an `ordered` (FIFO) queue stops
        at the first failure of a batch, so that nothing overtakes. The one that counts receipts is not
        `counted` itself; one whose every effect may be repeated needs no inbox and is not `marked`.
        """
        self.name = name
        self._ordered = ordered
        self._counted = counted
        self._marked = marked
        self._read = read or message_in
        self._handlers: dict[str, tuple[type[Event], Handler]] = {}

    @property
    def classes(self) -> tuple[type[Event], ...]:
        """What this consumer handles."""
        return tuple(cls for cls, _ in self._handlers.values())

    def on(self, *classes: type[Event]) -> Callable[[Handler], Handler]:
        """Register the function that handles these events: `(event, message, changes)`."""

        def register(handler: Handler) -> Handler:
            for cls in classes:
                self._handlers[cls.detail_type()] = (cls, handler)
            return handler

        return register

    def __call__(self, event: dict[str, Any], _context: object) -> dict[str, Any]:
        """Handle a batch; failed messages are named and come again alone."""
        records: list[Record] = event["Records"]
        failed: list[str] = []
        for record in records:
            if (failed and self._ordered) or not self.survives(record, self._whole):
                failed.append(record["messageId"])
        logger.info("batch", extra={"consumer": self.name, "of": len(records), "failed": len(failed)})
        return {"batchItemFailures": [{"itemIdentifier": message_id} for message_id in failed]}

    def handle(self, message: Message) -> None:
        """Handle one message in one unit of work; on a conflict decide again from what is stored."""
        cls, handler = self._handlers.get(message.type, (None, None))
        if cls is None or handler is None:
            raise UnknownEventError(message.type)
        event = read_event(message, [cls])
        for left in reversed(range(_TRIES)):
            try:
                self._once(cls, event, message, handler)
            except AlreadyHandledError:
                return
            except ConflictError:
                if not left:
                    raise
            else:
                return

    def _once(self, cls: type[Event], event: Event, message: Message, handler: Handler) -> None:
        table, context = own_table(), following(message, self.name)
        if not self._counted:
            context = replace(context, clock=None)
        marked = self._marked and cls.kind is not Kind.STATE
        if marked and table.get(*inbox_key(message.tenant, self.name, message.id).values()):
            return
        changes = Changes(table, context)
        changes.handled(mark=marked)
        handler(event, message, changes)
        try:
            changes.commit()
        except ConflictError as conflict:
            if conflict.labels != ["stale"]:
                raise
            seen = Changes(table, context)  # a newer state is known: only the receipt is owed
            seen.handled(mark=False)
            seen.commit()

    def _whole(self, record: Record) -> None:
        self.handle(self.read(record))

    def read(self, record: Record) -> Message:
        """The message that a record of the queue holds."""
        return self._read(record["body"])

    def survives(self, record: Record, step: Callable[[Record], None]) -> bool:
        """Take a step with a record; False asks for it to come again."""
        try:
            step(record)
        except PERMANENT as error:
            return self._set_aside(record, error)
        except PASSING as error:
            receives = int(record["attributes"]["ApproximateReceiveCount"])
            logger.warning("comes again", extra={"consumer": self.name, "error": type(error).__name__})
            if receives >= int(optional("MAX_RECEIVES", "5")):
                return self._set_aside(record, error)
            self._hasten(record, receives)
            return False
        return True

    def _set_aside(self, record: Record, error: Exception) -> bool:
        """Move a message to the dead letters with its reason; under a clock the advance fails."""
        reason = f"{type(error).__name__}: {error}"[:250]
        client("sqs").send_message(
            QueueUrl=setting("DEAD_LETTER_URL"),
            MessageBody=record["body"],
            **self._place(record),
            MessageAttributes={
                "reason": {"DataType": "String", "StringValue": reason},
                "consumer": {"DataType": "String", "StringValue": self.name},
            },
        )
        logger.error("dead letter", extra={"consumer": self.name, "error": type(error).__name__})
        self._report(record, reason)
        return True

    def _place(self, record: Record) -> dict[str, str]:
        """Where a message stood in its ordered queue: the dead letters of one are ordered too."""
        if not self._ordered:
            return {}
        group = record["attributes"]["MessageGroupId"]
        return {"MessageGroupId": group, "MessageDeduplicationId": record["messageId"]}

    def _report(self, record: Record, reason: str) -> None:
        try:
            message = self.read(record)
        except PERMANENT:
            return
        if message.clock is None or not self._counted:
            return
        changes = Changes(own_table(), following(message, self.name))
        failure = WorkFailedV1(
            clock=message.clock,
            consumer=self.name,
            message=message.id,
            type=message.type,
            reason=reason,
        )
        changes.emit(failure, subject=message.subject, sequence=0, about=f"{self.name} {message.id}")
        changes.commit()

    def _hasten(self, record: Record, receives: int) -> None:
        """Let a failed message come again soon, later with every try."""
        url = optional("OWN_QUEUE_URL")
        if url:
            client("sqs").change_message_visibility(
                QueueUrl=url,
                ReceiptHandle=record["receiptHandle"],
                VisibilityTimeout=min(2 ** (receives - 1), _LONGEST_PAUSE),
            )


def message_in(body: str) -> Message:
    """The message a record's body holds."""
    return read_message(unwrapped(body))


def unwrapped(body: str) -> dict[str, Any]:
    """The envelope in a record's body: sent by a rule of the bus (in its detail), or directly."""
    parsed = strict_loads(body.encode())
    if not isinstance(parsed, dict):
        raise MalformedEventError("envelope: not an object")
    detail: Any = parsed.get("detail", parsed)  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
    return json.loads(detail) if isinstance(detail, str) else detail

"""A queue's consumer: parse, handle once, commit; what fails comes again, what cannot work is set aside.

| what happens                               | what becomes of the message                        |
|--------------------------------------------|----------------------------------------------------|
| handled, or handled before                 | gone                                               |
| somebody wrote first (ConflictError)       | decided again at once, then as below               |
| it can never work (contract, rule)         | to the dead letters now, with its reason;          |
|                                            | the item whose work was due is parked              |
| anything else                              | comes again soon; dead letters after the last try  |
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from billing.aws import parking
from billing.aws.changes import Changes, inbox_key
from billing.aws.clients import client
from billing.aws.context import following
from billing.aws.errors import AlreadyHandledError, ConflictError, TooLargeError
from billing.aws.observability import logger, place_of
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
        failed: list[Record] = []
        for record in records:
            if (failed and self._ordered) or not self.survives(record, self._whole):
                failed.append(record)
        self.hasten(failed)
        logger.info("batch", extra={"consumer": self.name, "of": len(records), "failed": len(failed)})
        return {"batchItemFailures": [{"itemIdentifier": record["messageId"]} for record in failed]}

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
        message = self.read(record)
        if "reason" in record.get("messageAttributes", {}):  # it comes back from the dead letters
            parking.lift_again(own_table(), following(message, self.name), message)
        self.handle(message)

    def read(self, record: Record) -> Message:
        """The message that a record of the queue holds."""
        return self._read(record["body"])

    def survives(self, record: Record, step: Callable[[Record], None]) -> bool:
        """Take a step with a record; False asks for it to come again. None takes its neighbours along."""
        try:
            return self._settled(record, step)
        except Exception as error:  # noqa: BLE001 - not even the dead letters could be reached
            self._warn("stays", error)
            return False

    def _settled(self, record: Record, step: Callable[[Record], None]) -> bool:
        try:
            step(record)
        except PERMANENT as error:
            self._set_aside(record, error)
        except Exception as error:  # noqa: BLE001 - a fault of ours is tried again like an outage
            if _receives(record) < int(optional("MAX_RECEIVES", "5")):
                self._warn("comes again", error)
                return False
            self._set_aside(record, error)
        return True

    def _set_aside(self, record: Record, error: Exception) -> None:
        """Move a message to the dead letters with its reason; under a clock the advance fails."""
        reason = _reason(error)[:250]
        client("sqs").send_message(
            QueueUrl=setting("DEAD_LETTER_URL"),
            MessageBody=record["body"],
            **self._place(record),
            MessageAttributes={
                "reason": {"DataType": "String", "StringValue": reason},
                "consumer": {"DataType": "String", "StringValue": self.name},
            },
        )
        self._warn("dead letter", error)
        self._report(record, reason, parked=isinstance(error, PERMANENT))

    def _warn(self, what: str, error: Exception) -> None:
        found = {"consumer": self.name, "error": type(error).__name__, "place": place_of(error)}
        logger.error(what, extra=found)

    def _place(self, record: Record) -> dict[str, str]:
        """Where a message stood in its ordered queue: the dead letters of one are ordered too."""
        if not self._ordered:
            return {}
        group = record["attributes"]["MessageGroupId"]
        return {"MessageGroupId": group, "MessageDeduplicationId": record["messageId"]}

    def _report(self, record: Record, reason: str, *, parked: bool) -> None:
        """Let an advance fail that waits for this message, and nobody try its work again every minute."""
        try:
            message = self.read(record)
        except PERMANENT:
            return
        context = following(message, self.name)
        if parked:
            parking.park(own_table(), context, message, reason)
        if message.clock is None or not self._counted:
            return
        changes = Changes(own_table(), context)
        failure = WorkFailedV1(
            clock=message.clock,
            consumer=self.name,
            message=message.id,
            type=message.type,
            reason=reason,
        )
        changes.emit(failure, subject=message.subject, sequence=0, about=f"{self.name} {message.id}")
        changes.commit()

    def hasten(self, failed: list[Record]) -> None:
        """Let failed messages come again soon, later with every try.

        Of an ordered batch all together: a group waits while any of its messages is out.
        """
        url = optional("OWN_QUEUE_URL")
        for record in failed if url else ():
            tries = _receives(failed[0] if self._ordered else record)
            try:
                client("sqs").change_message_visibility(
                    QueueUrl=url,
                    ReceiptHandle=record["receiptHandle"],
                    VisibilityTimeout=min(2 ** (tries - 1), _LONGEST_PAUSE),
                )
            except (BotoCoreError, ClientError) as error:
                self._warn("not hastened", error)  # it comes again after the queue's own pause


def _receives(record: Record) -> int:
    return int(record["attributes"]["ApproximateReceiveCount"])


def _reason(error: Exception) -> str:
    """Why a message failed; the text of a foreign error may hold somebody's data and stays out."""
    told = isinstance(error, (*PERMANENT, NotYetError, ConflictError))
    return f"{type(error).__name__}: {error}" if told else f"{type(error).__name__} in {place_of(error)}"


def message_in(body: str) -> Message:
    """The message a record's body holds."""
    return read_message(unwrapped(body))


def unwrapped(body: str) -> dict[str, Any]:
    """The envelope in a record's body: sent by a rule of the bus (in its detail), or directly.

    What the bus says of sender and type must be what the envelope says: rules let through by the former.
    """
    parsed = _object(strict_loads(body.encode()))
    if "detail" not in parsed:
        return parsed
    detail = parsed["detail"]
    envelope = _object(strict_loads(detail.encode()) if isinstance(detail, str) else detail)
    for outside, inside in (("source", "source"), ("detail-type", "type")):
        if outside in parsed and parsed[outside] != envelope.get(inside):
            raise MalformedEventError(f"envelope: {inside}: not the one it was sent from")
    return envelope


def _object(value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise MalformedEventError("envelope: not an object")
    return value  # pyright: ignore[reportUnknownVariableType]

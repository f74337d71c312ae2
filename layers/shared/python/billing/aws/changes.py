"""The unit of work: state, inbox mark and outgoing messages commit together, or not at all."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from botocore.exceptions import ClientError

from billing.aws.attempts import FIRST, Attempt
from billing.aws.clients import client
from billing.aws.context import Context
from billing.aws.errors import TooLargeError, translated
from billing.aws.items import Item, pack, pack_value
from billing.aws.outbox import OutboxRow, outbox_item
from billing.aws.settings import subsystem
from billing.aws.table import Table, aggregate_pk
from billing.aws.wall import wall_now
from billing.aws.work import due_work, without_work
from billing.core.ids import derived_id
from billing.core.journal import Entry
from events.base import Event, Message
from events.foundation import DueChange, Emitted, WorkDoneV1

MOST_WRITES = 100  # of one TransactWriteItems
JOURNAL_SHARDS = 4
INBOX, IDEMPOTENCY = "inbox", "idempotency"


@dataclass(frozen=True, slots=True)
class Touched:
    """An item written or (without one) deleted as it was read; `private` names its personal fields."""

    label: str
    pk: str
    sk: str
    seen: int | None
    item: Item | None
    private: frozenset[str] = frozenset()


class Changes:
    """What one unit of work will write; nothing is written before `commit`."""

    def __init__(self, table: Table, context: Context, *, part: str = "", attempt: Attempt = FIRST) -> None:
        """Begin; `part` tells units of one message apart where it takes more than one."""
        self.table = table
        self.context = context
        self.attempt = attempt
        self.spare: set[str] = set()  # labels of writes that it can do without: then it is decided again
        self._part = part
        self.touched: list[Touched] = []
        self._writes: list[tuple[str, dict[str, Any]]] = []
        self._outbox: list[OutboxRow] = []
        self._handled: str | None = None
        self._awaited: list[str] = []
        self._resolved: list[str] = []
        self._due: list[DueChange] = []
        self._emitted: list[Emitted] = []

    def handled(self, *, mark: bool = True) -> None:
        """Say that this unit completes the handling of its message; a mark makes it so only once."""
        context = self.context
        if context.message is None or context.consumer is None:
            raise ValueError("this unit of work began outside: there is no message to mark")
        self._handled = context.message
        if mark:
            key = inbox_key(context.tenant, context.consumer, context.message)
            self._write(INBOX, "Put", Item=pack({**key, "at": wall_now().isoformat()}), new=True)

    def put(
        self, item: Item, *, seen: int | None, label: str = "", private: frozenset[str] = frozenset()
    ) -> None:
        """Write a whole item; `seen` is the version read (None: it must not exist yet).

        The stored version becomes `seen + 1`. `private` names fields that no audit entry may repeat.
        """
        item = {**item, "version": (seen or 0) + 1}
        self.touched.append(Touched(label or item["sk"], item["pk"], item["sk"], seen, item, private))
        self._write(label or item["sk"], "Put", Item=pack(item), seen=seen, new=seen is None)

    def put_due(self, item: Item, *, seen: int | None, due_at: datetime | None, label: str = "") -> None:
        """Write an item of a kind that has work due in business time: when next, or None for never."""
        context = self.context
        index = due_work(context.tenant, context.clock, item["pk"], due_at)
        self.put({**without_work(item), **index}, seen=seen, label=label)
        self.tells_due(item["pk"], item["sk"], at=due_at, version=(seen or 0) + 1)

    def put_wall_due(self, item: Item, *, seen: int | None, due_at: datetime | None, label: str = "") -> None:
        """Write an item whose next work is due in wall time (a resend, a lookup), clock or not."""
        index = due_work(self.context.tenant, None, item["pk"], due_at)
        self.put({**without_work(item), **index}, seen=seen, label=label)

    def tells_due(self, pk: str, sk: str, *, at: datetime | None, version: int) -> None:
        """Under a clock: when the work of an item is due as of a version, or that none is."""
        self._due.append(DueChange(key=f"{pk}|{sk}", at=at, version=version))

    def keep(self, item: Item) -> None:
        """Write an item whatever is there: for rows whose key says all, so that a repeat is the same."""
        self._write(item["sk"], "Put", Item=pack(item))

    def forget(self, pk: str, sk: str) -> None:
        """Delete an item that `keep` wrote, whatever is there."""
        self._write(sk, "Delete", Key=pack({"pk": pk, "sk": sk}))

    def put_newer(self, item: Item, *, sequence: int) -> None:
        """Write a projection unless a state at least as new is stored already."""
        self._writes.append(
            (
                "stale",
                {
                    "Put": {
                        "TableName": self.table.name,
                        "Item": pack({**item, "sequence": sequence}),
                        "ConditionExpression": "attribute_not_exists(pk) OR #sequence < :sequence",
                        "ExpressionAttributeNames": {"#sequence": "sequence"},
                        "ExpressionAttributeValues": {":sequence": pack_value(sequence)},
                    }
                },
            )
        )

    def delete(self, pk: str, sk: str, *, seen: int, label: str = "") -> None:
        """Delete an item as it was read."""
        self.touched.append(Touched(label or sk, pk, sk, seen, None))
        self._write(label or sk, "Delete", Key=pack({"pk": pk, "sk": sk}), seen=seen)

    def delete_due(self, pk: str, sk: str, *, seen: int, label: str = "") -> None:
        """Delete an item that may have had work due: it has none any more."""
        self.delete(pk, sk, seen=seen, label=label)
        self.tells_due(pk, sk, at=None, version=seen + 1)

    def check(self, pk: str, sk: str, *, seen: int, label: str = "") -> None:
        """Commit only if this item is still as it was read."""
        self._write(label or sk, "ConditionCheck", Key=pack({"pk": pk, "sk": sk}), seen=seen)

    def book(self, entry: Entry) -> None:
        """Add a journal entry; the same fact is booked once, whatever repeats."""
        item = {**journal_key(self.context.tenant, entry.id), **entry.to_data()}
        self._write(f"journal {entry.id}", "Put", Item=pack(item), new=True)

    def emit(
        self, event: Event, *, subject: str, sequence: int, about: str = "", clock: str | None = None
    ) -> str:
        """Say an event of an aggregate; its id is derived from what it is about, so a repeat is itself.

        `about` tells apart events of one type and sequence. `clock` names a test clock that this unit
        of work is not itself counted under. Returns the id.
        """
        message = self.message(event, subject=subject, sequence=sequence, about=about)
        if clock is not None:
            message = message.model_copy(update={"clock": clock})
        self._outbox.append(OutboxRow(message=message, queue=None))
        self._emitted.append(Emitted(id=message.id, type=message.type))
        return message.id

    def send(
        self,
        queue: str,
        command: Event,
        *,
        subject: str,
        about: str,
        at: datetime | None = None,
        group: str | None = None,
    ) -> str:
        """Send a command to one of this subsystem's own queues; `about` makes its id.

        `at` is the command's business time (default: now), `group` the FIFO group.
        """
        message = self.message(command, subject=subject, about=about, at=at)
        self._outbox.append(OutboxRow(message=message, queue=queue, group=group))
        self._emitted.append(Emitted(id=message.id, type=message.type, consumer=f"{subsystem()}.{queue}"))
        return message.id

    def sent(self, message: Message, queue: str) -> None:
        """Count a command that was sent before this commit (it may be sent again: its id is derived)."""
        consumer = f"{subsystem()}.{queue}"
        self._emitted.append(Emitted(id=message.id, type=message.type, consumer=consumer))

    def beside(self, part: str) -> Changes:
        """Another unit of the same work, committed on its own: before a call to somebody else."""
        return Changes(self.table, self.context, part=part)

    def awaits(self, key: str) -> None:
        """Under a clock: this stays open until somebody resolves it (a provider's outcome)."""
        self._awaited.append(key)

    def resolves(self, key: str) -> None:
        """Under a clock: what was awaited has come."""
        self._resolved.append(key)

    def remember(self, item: Item) -> None:
        """Keep the answer to a request beside its effect, once."""
        self._write(IDEMPOTENCY, "Put", Item=pack(item), new=True)

    def __bool__(self) -> bool:
        owed = self.context.clock and (self._handled or self._emitted)
        return bool(self._writes or self._outbox or owed)

    def commit(self) -> None:
        """Write everything in one transaction.

        Raises AlreadyHandledError or ConflictError when what was seen is not what is stored.
        """
        if not self:
            return
        receipt = self._receipt()
        rows = [*self._outbox, OutboxRow(message=receipt, queue=None)] if receipt else self._outbox
        writes = [*self._writes]
        for row in rows:
            item = outbox_item(self.context.tenant, row)
            writes.append(("outbox", {"Put": {"TableName": self.table.name, "Item": pack(item)}}))
        if len(writes) > MOST_WRITES:
            raise TooLargeError(f"{len(writes)} writes in one unit of work, at most {MOST_WRITES}")
        try:
            client("dynamodb").transact_write_items(TransactItems=[write for _, write in writes])
        except ClientError as error:
            raise translated(error, [label for label, _ in writes], INBOX) from error

    def message(
        self,
        event: Event,
        *,
        subject: str,
        sequence: int = 0,
        about: str = "",
        at: datetime | None = None,
    ) -> Message:
        """Frame an event or command with who, when and because of what."""
        context = self.context
        type_ = event.detail_type()
        return Message(
            id=derived_id("evt", context.tenant, type_, subject, str(sequence), about),
            source=f"billing.{subsystem()}",
            type=type_,
            subject=subject,
            time=at or context.now,
            tenant=context.tenant,
            sequence=sequence,
            recordedat=wall_now(),
            correlationid=context.correlation_id,
            causationid=context.causation_id,
            actor=context.actor,
            clock=context.clock,
            data=json.loads(event.model_dump_json(exclude_none=True)),
        )

    def _receipt(self) -> Message | None:
        """Under a clock every unit of work leaves a receipt, committed with it."""
        context = self.context
        if context.clock is None:
            return None
        receipt = WorkDoneV1(
            clock=context.clock,
            consumer=context.consumer or "outside",
            message=self._handled,
            emitted=self._emitted,
            awaited=self._awaited,
            resolved=self._resolved,
            due=self._due,
        )
        about = f"{receipt.consumer} {context.causation_id} {self._handled or ''} {self._part}"
        return self.message(receipt, subject=f"clock/{context.clock}", about=about)

    def _write(
        self, label: str, action: str, *, seen: int | None = None, new: bool = False, **body: Any
    ) -> None:
        body["TableName"] = self.table.name
        if new:
            body["ConditionExpression"] = "attribute_not_exists(pk)"
        elif seen is not None:
            body["ConditionExpression"] = "#version = :seen"
            body["ExpressionAttributeNames"] = {"#version": "version"}
            body["ExpressionAttributeValues"] = {":seen": pack_value(seen)}
        self._writes.append((label, {action: body}))


def inbox_key(tenant: str, consumer: str, message: str) -> dict[str, str]:
    """Where a consumer marks a message as handled."""
    return {"pk": aggregate_pk(tenant, f"inbox/{message}"), "sk": f"INBOX#{consumer}"}


def journal_key(tenant: str, entry: str) -> dict[str, str]:
    """Where a journal entry stands; its id spreads entries over the shards."""
    shard = sum(entry.encode()) % JOURNAL_SHARDS
    return {"pk": aggregate_pk(tenant, f"journal/{shard}"), "sk": f"ENTRY#{entry}"}

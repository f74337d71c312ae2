"""Due work: found in the work index up to an instant, handed to the subsystem's own queue as commands."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import ClassVar

from billing.aws.changes import Changes
from billing.aws.clients import client
from billing.aws.context import Context
from billing.aws.observability import logger
from billing.aws.outbox import sweep
from billing.aws.settings import queue_url, subsystem
from billing.aws.table import Table, own_table
from billing.aws.wall import wall_now
from billing.aws.work import clock_partition, due_partitions, sortable
from events.base import Event, Kind, Message

_MOST_AT_ONCE = 80  # commands in one transaction, beside what else it writes


class WorkDueV1(Event):
    """The item at this key has work due since `time` of the message; how much is for its owner to say."""

    kind: ClassVar[Kind] = Kind.COMMAND

    pk: str
    sk: str


def ticking(queue: str | None = None) -> Callable[[object, object], dict[str, int]]:
    """The handler of a subsystem's minute: one sweep; a missed one is made up for by the next.

    `queue` takes the due work of a subsystem that has some.
    """

    def handler(_event: object, _context: object) -> dict[str, int]:
        done = tick(own_table(), queue)
        logger.info("tick", extra=done)
        return done

    return handler


def tick(table: Table, queue: str | None) -> dict[str, int]:
    """One sweep in wall time: forgotten outbox rows, then everything due by now (`due_at <= now`)."""
    republished = sweep(table)
    due = 0
    if queue:
        until = sortable(wall_now())
        for partition in due_partitions():
            for key in table.work(partition, until):
                _send(_command(table, key), queue)
                due += 1
    return {"republished": republished, "due": due}


def sweep_clock(changes: Changes, queue: str) -> None:
    """What the advance of a test clock makes due goes out with the receipt that counts it.

    Sent before it, a command could be carried out and the receipt never come: the clock would wait for ever.
    """
    context = changes.context
    if context.clock is None:
        raise ValueError("this message came under no clock")
    partition = clock_partition(context.tenant, context.clock)
    due = list(changes.table.work(partition, sortable(context.now)))
    for start in range(0, len(due), _MOST_AT_ONCE):
        batch = due[start : start + _MOST_AT_ONCE]
        last = start + _MOST_AT_ONCE >= len(due)
        unit = changes if last else changes.beside(f"due {batch[0]['pk']} {batch[0]['work_at']}")
        for key in batch:
            subject, about, at = _about(key)
            unit.send(queue, WorkDueV1(pk=key["pk"], sk=key["sk"]), subject=subject, about=about, at=at)
        if not last:
            unit.commit()


def send_due(changes: Changes, queue: str, pk: str, sk: str, *, at: datetime, about: str) -> None:
    """Hand over what became due within this unit of work, without waiting for a sweep.

    `about` tells it apart from what was due of the item at the same instant before.
    """
    subject = pk.split("#", 2)[2]
    changes.send(queue, WorkDueV1(pk=pk, sk=sk), subject=subject, about=f"{sk} {sortable(at)} {about}", at=at)


def _command(table: Table, key: dict[str, str]) -> Message:
    """The command for one due item. Its time is the due instant: late work is dated as if on time."""
    subject, about, at = _about(key)
    frame = Context(
        tenant=key["pk"].split("#", 2)[1],
        now=at,
        actor=f"system/{subsystem()}",
        correlation_id=f"due/{key['work_at']}",
        causation_id=f"due/{key['work_at']}",
    )
    return Changes(table, frame).message(WorkDueV1(pk=key["pk"], sk=key["sk"]), subject=subject, about=about)


def _about(key: dict[str, str]) -> tuple[str, str, datetime]:
    """The subject of a due item, what tells its command apart, and its instant."""
    at = datetime.fromisoformat(key["work_at"])
    return key["pk"].split("#", 2)[2], f"{key['sk']} {key['work_at']}", at


def _send(message: Message, queue: str) -> None:
    body = message.model_dump_json(by_alias=True, exclude_none=True)
    client("sqs").send_message(QueueUrl=queue_url(queue), MessageBody=body)

"""A queue's consumer that handles a whole batch in one go, where one call for many is what makes it cheap."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from billing.aws.changes import Changes
from billing.aws.context import following
from billing.aws.observability import logger
from billing.aws.queue import Consumer, Record
from billing.aws.table import own_table
from events.base import Event, Message, read_event


@dataclass(frozen=True, slots=True)
class Work:
    """One message of a batch, and the unit of work that completes it."""

    event: Any
    message: Message
    changes: Changes


Together = Callable[[Sequence[Work]], None]


class BatchConsumer(Consumer):
    """The Lambda handler of a queue whose every effect may be repeated: it keeps no inbox.

    When the batch fails, its messages are handled one by one: the one that cannot work is set aside alone.
    """

    def __init__(self, name: str, read: Callable[[str], Message] | None = None) -> None:
        """Name the consumer; `read` is for queues whose bodies are not all our own envelopes."""
        super().__init__(name, read, marked=False)
        self._batched: tuple[type[Event], ...] = ()
        self._together: Together = lambda _: None

    def all_of(self, *classes: type[Event]) -> Callable[[Together], Together]:
        """Register the function that handles a batch of these events; each unit is committed behind it."""

        def register(together: Together) -> Together:
            self._batched, self._together = classes, together
            return together

        return register

    @property
    def classes(self) -> tuple[type[Event], ...]:
        """What this consumer handles."""
        return self._batched

    def __call__(self, event: dict[str, Any], _context: object) -> dict[str, Any]:
        """Handle a batch; failed messages are named and come again alone."""
        records: list[Record] = event["Records"]
        works: dict[str, Work] = {}
        failed = [record for record in records if not self.survives(record, lambda r: self._open(r, works))]
        opened = [record for record in records if record["messageId"] in works]
        step = self._commit if self._succeeds(list(works.values())) else self._alone
        failed += [r for r in opened if not self.survives(r, lambda r: step(works[r["messageId"]]))]
        self.hasten(failed)
        logger.info("batch", extra={"consumer": self.name, "of": len(records), "failed": len(failed)})
        return {"batchItemFailures": [{"itemIdentifier": record["messageId"]} for record in failed]}

    def _open(self, record: Record, works: dict[str, Work]) -> None:
        message = self.read(record)
        works[record["messageId"]] = self._work(read_event(message, self._batched), message)

    def _work(self, event: Event, message: Message) -> Work:
        changes = Changes(own_table(), following(message, self.name))
        changes.handled(mark=False)
        return Work(event, message, changes)

    def _succeeds(self, works: Sequence[Work]) -> bool:
        try:
            self._together(works)
        except Exception:  # noqa: BLE001 - each is told when it is handled alone
            return False
        return True

    def _commit(self, work: Work) -> None:
        work.changes.commit()

    def _alone(self, work: Work) -> None:
        again = self._work(work.event, work.message)
        self._together([again])
        again.changes.commit()

"""What sales tells itself through its own queues."""

from __future__ import annotations

from typing import ClassVar

from events.base import Event, Kind


class FinalizeInvoiceV1(Event):
    """Give this draft its number. The queue is FIFO by legal entity and series: one at a time."""

    kind: ClassVar[Kind] = Kind.COMMAND

    invoice: str
    legal_entity: str

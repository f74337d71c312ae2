"""What payments tells itself through its own queues."""

from __future__ import annotations

from typing import ClassVar

from events.base import Event, Kind


class ChargeV1(Event):
    """Send this attempt to its provider, or send it again: its key makes that one charge."""

    kind: ClassVar[Kind] = Kind.COMMAND

    invoice: str
    number: int


class CancelV1(Event):
    """Give up this attempt at its provider, if it has not brought its money meanwhile."""

    kind: ClassVar[Kind] = Kind.COMMAND

    invoice: str
    number: int


class RefundV1(Event):
    """Send this refund to its provider, or send it again: its key makes that one refund."""

    kind: ClassVar[Kind] = Kind.COMMAND

    invoice: str
    refund: str


class CollectV1(Event):
    """Collect this invoice now, with the customer's default method."""

    kind: ClassVar[Kind] = Kind.COMMAND

    invoice: str


class CollectAllV1(Event):
    """Collect the open invoices of this customer now, those behind `after`."""

    kind: ClassVar[Kind] = Kind.COMMAND

    customer: str
    about: str  # what made it happen: one charge an invoice and cause
    after: str | None = None


class NotificationReceivedV1(Event):
    """The provider told that something changed; what it is now is for the provider to say when asked."""

    kind: ClassVar[Kind] = Kind.COMMAND

    provider: str
    notification: str  # the provider's own id
    type: str
    topic: str
    ref: str

"""What sales tells itself through its own queues."""

from __future__ import annotations

from typing import Any, ClassVar

from events.base import Event, Kind


class FinalizeInvoiceV1(Event):
    """Give this draft its number. The queue is FIFO by legal entity and series: one at a time."""

    kind: ClassVar[Kind] = Kind.COMMAND

    invoice: str
    legal_entity: str


class IssueCreditNoteV1(Event):
    """Give this credit note its number, in line with the others of its legal entity."""

    kind: ClassVar[Kind] = Kind.COMMAND

    invoice: str
    credit_note: str


class PaidChangeSettledV1(Event):
    """The invoice that a change waits for is paid, or will not be."""

    kind: ClassVar[Kind] = Kind.COMMAND

    subscription: str
    change: str
    paid: bool


class DrawStatementV1(Event):
    """Draw a statement of a customer's account; days are the customer's, both included."""

    kind: ClassVar[Kind] = Kind.COMMAND

    statement: str
    customer: str
    currency: str
    first: str
    last: str
    legal_entity: str | None = None
    mail: bool = False


class UsageAcceptedV1(Event):
    """Events the door accepted, to be appended to the log. Appending again changes no count."""

    kind: ClassVar[Kind] = Kind.STATE

    events: list[dict[str, Any]]


class UsageReportedV1(Event):
    """An event as it came over the ingress bus; its verdict is given when it is read."""

    kind: ClassVar[Kind] = Kind.STATE

    event: dict[str, Any]


class RollUpUsageV1(Event):
    """Tell what the quotas of these customers have used. Telling it again changes nothing."""

    kind: ClassVar[Kind] = Kind.STATE

    customers: list[str]

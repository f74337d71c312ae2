"""What foundation says: tenants, sources, clocks; and the receipt every unit of work leaves under a clock."""

from __future__ import annotations

from typing import ClassVar

from events.base import AddressPart, Event, Instant, Kind, Part


class TenantChangedV1(Event):
    """A tenant was opened or its settings changed; the whole of what the others may know."""

    producer: ClassVar[str] = "foundation"
    kind: ClassVar[Kind] = Kind.STATE

    name: str
    sandbox: bool
    clock: str | None = None
    clock_now: Instant | None = None
    legal_entities: list[LegalEntity]


class LegalEntity(Part):
    """Who issues invoices: its number series, currency, tax rates in percent by category and terms."""

    key: str
    name: str
    country: str
    currency: str
    zone: str = "UTC"
    invoice_prefix: str = "INV-"
    credit_note_prefix: str = "CN-"
    tax_rates: dict[str, str] = {}
    payment_days: int = 0
    overdue_days: int = 3  # beyond the due date, before an unpaid invoice counts as overdue
    address: AddressPart | None = None
    tax_id: str | None = None  # with the code of its country: DE136695976
    registration: str | None = None
    email: str | None = None
    phone: str | None = None
    iban: str | None = None
    bic: str | None = None
    endpoint: str | None = None  # where e-invoices come from, as scheme:id
    exemption: str | None = None  # why it charges no tax, in its law's words
    large: bool = False  # bound to e-invoicing earlier than small sellers


class SourceRegisteredV1(Event):
    """Events of this source on the ingress bus belong to this tenant from now on."""

    producer: ClassVar[str] = "foundation"
    kind: ClassVar[Kind] = Kind.STATE

    source: str


class ClockAdvancedV1(Event):
    """A tenant's test clock moved; whoever has work due up to now does it."""

    producer: ClassVar[str] = "foundation"

    clock: str
    now: Instant
    step: int


class Emitted(Part):
    """One message a unit of work sent: an event for all who subscribe, or a command for one consumer."""

    id: str
    type: str
    consumer: str | None = None


class DueChange(Part):
    """Work that will be due (or, without an instant, no longer is)."""

    key: str
    version: int  # of the item the work hangs on: the newest says when
    at: Instant | None = None


class WorkDoneV1(Event):
    """The receipt of one unit of work under a test clock; foundation counts them to know what is settled.

    Said by every subsystem; `message` is None where the work began outside (a request, a webhook).
    """

    producer: ClassVar[str] = "*"

    clock: str
    consumer: str
    message: str | None = None
    emitted: list[Emitted] = []
    awaited: list[str] = []
    resolved: list[str] = []
    due: list[DueChange] = []


class WorkFailedV1(Event):
    """A message under a test clock went to the dead letters: the advance fails and names it."""

    producer: ClassVar[str] = "*"

    clock: str
    consumer: str
    message: str
    type: str
    reason: str


TenantChangedV1.model_rebuild()

"""What sales says: catalogue, customers, subscriptions, usage and invoices."""

from __future__ import annotations

from typing import ClassVar

from events.base import AddressPart, Event, Instant, Kind, Part, RecordPart


class EntitlementPart(Part):
    """What a plan lets its subscribers do with one feature."""

    feature: str
    kind: str  # boolean, config or quota
    meter: str | None = None
    limit: str | None = None  # decimal; None is without limit
    limit_kind: str = "hard"  # hard, soft or overage
    value: str | None = None
    fail: str = "closed"  # what the product does when it cannot ask: open or closed


class PlanPublishedV1(Event):
    """A version of a plan is on sale and will never change."""

    producer: ClassVar[str] = "sales"
    kind: ClassVar[Kind] = Kind.STATE

    plan: str
    plan_version: int
    name: str
    rank: int
    entitlements: list[EntitlementPart]
    paused_keeps: list[str] = []  # features that stay on while a subscription is paused
    headline: dict[str, int] = {}  # currency -> recurring amount in minor units, to name the cheapest


class PlanWithdrawnV1(Event):
    """A plan is no longer sold; whoever has a version of it keeps it."""

    producer: ClassVar[str] = "sales"
    kind: ClassVar[Kind] = Kind.STATE

    plan: str
    plan_version: int  # the one that was on sale


class AddOnPublishedV1(Event):
    """A version of an add-on is on sale and will never change. What it grants is for one of it."""

    producer: ClassVar[str] = "sales"
    kind: ClassVar[Kind] = Kind.STATE

    add_on: str
    add_on_version: int
    name: str
    entitlements: list[EntitlementPart]
    plans: list[str] = []  # that it can be had with; none named: with any


class PersonalPart(Part):
    """Personal data of a customer. It travels in `Customer*` events only and is archived encrypted."""

    name: str
    email: str
    address: AddressPart | None = None
    tax_id: str | None = None
    order: str | None = None  # the purchase order that invoices name
    reference: str | None = None  # how the customer finds an invoice: a Leitweg-ID, a cost centre
    endpoint: str | None = None  # where its e-invoices go, as scheme:id


class CustomerChangedV1(Event):
    """A customer was created or changed; the whole of what the others may know."""

    producer: ClassVar[str] = "sales"
    kind: ClassVar[Kind] = Kind.STATE
    personal: ClassVar[str | None] = "person"

    customer: str
    external_id: str | None = None
    locale: str = "en"
    zone: str = "UTC"
    country: str | None = None
    person: PersonalPart


class AddOnPart(Part):
    """An add-on of a subscription in the version it was taken in, so many times."""

    add_on: str
    add_on_version: int
    quantity: int


class SubscriptionPart(Part):
    """A subscription as it stands after the event that carries it."""

    subscription: str
    customer: str
    plan: str
    plan_version: int
    status: str
    currency: str
    legal_entity: str
    period_start: Instant
    period_end: Instant
    ends_at: Instant | None = None
    seats: str = "1"  # decimal
    pending_plan: str | None = None  # the plan the next period begins with
    pending_currency: str | None = None  # the currency it is billed in from then on, where that changes
    trial_ends_at: Instant | None = None
    resumes_at: Instant | None = None  # while it is paused, where that is known
    add_ons: list[AddOnPart] = []
    bundle: str | None = None  # the version of what was ordered, where that was one
    cohort: str | None = None  # experiment/arm, where it began in one
    instalments: str | None = None  # the scheme in which its invoices are paid


class SubscriptionStartedV1(Event):
    """A customer subscribed to a plan."""

    producer: ClassVar[str] = "sales"
    kind: ClassVar[Kind] = Kind.STATE

    state: SubscriptionPart


class SubscriptionRenewedV1(Event):
    """A new period of a subscription began."""

    producer: ClassVar[str] = "sales"
    kind: ClassVar[Kind] = Kind.STATE

    state: SubscriptionPart


class SubscriptionCancelledV1(Event):
    """A subscription will end, at `ends_at` of its state; until then it goes on."""

    producer: ClassVar[str] = "sales"
    kind: ClassVar[Kind] = Kind.STATE

    state: SubscriptionPart


class SubscriptionEndedV1(Event):
    """A subscription is over."""

    producer: ClassVar[str] = "sales"
    kind: ClassVar[Kind] = Kind.STATE

    state: SubscriptionPart


class SubscriptionScheduledV1(Event):
    """A customer ordered a subscription that begins later, at `period_start` of its state."""

    producer: ClassVar[str] = "sales"
    kind: ClassVar[Kind] = Kind.STATE

    state: SubscriptionPart


class SubscriptionTrialEndingV1(Event):
    """The trial of a subscription will end: said once, and once more when the trial was extended.

    `outcome` is what happens then, as far as is known: charge, invoice, cancel, pause or free_plan;
    `amount_minor` is what the first invoice will ask, in its `currency`.
    """

    producer: ClassVar[str] = "sales"

    state: SubscriptionPart
    ends_at: Instant
    outcome: str
    amount_minor: int = 0
    currency: str | None = None


class SubscriptionTrialExtendedV1(Event):
    """The trial of a subscription ends later than it was to."""

    producer: ClassVar[str] = "sales"
    kind: ClassVar[Kind] = Kind.STATE

    state: SubscriptionPart


class SubscriptionPausedV1(Event):
    """A subscription rests: neither billed nor served until it is resumed."""

    producer: ClassVar[str] = "sales"
    kind: ClassVar[Kind] = Kind.STATE

    state: SubscriptionPart


class SubscriptionResumedV1(Event):
    """A subscription goes on after a pause, with periods of their own."""

    producer: ClassVar[str] = "sales"
    kind: ClassVar[Kind] = Kind.STATE

    state: SubscriptionPart


class ScheduledPart(Part):
    """Something that will happen to a subscription."""

    change: str
    what: str  # change, cancel, pause or resume
    at: Instant
    plan: str | None = None
    seats: str | None = None
    add_ons: list[AddOnPart] = []  # those that will differ; of a quantity of 0 one is given up
    currency: str | None = None


class SubscriptionScheduleChangedV1(Event):
    """What is scheduled for a subscription is another; nothing of it has happened yet."""

    producer: ClassVar[str] = "sales"
    kind: ClassVar[Kind] = Kind.STATE

    state: SubscriptionPart
    scheduled: list[ScheduledPart]


class SeatAssignedV1(Event):
    """A person has a seat of a subscription; known by the seller's own id, never by name."""

    producer: ClassVar[str] = "sales"

    customer: str
    subscription: str
    person: str


class SeatRevokedV1(Event):
    """A person has a seat no more."""

    producer: ClassVar[str] = "sales"

    customer: str
    subscription: str
    person: str


class UsageRolledUpV1(Event):
    """What a customer has used in the current period, by meter; a newer one replaces an older."""

    producer: ClassVar[str] = "sales"
    kind: ClassVar[Kind] = Kind.STATE

    customer: str
    subscription: str
    period_start: Instant
    period_end: Instant
    used: dict[str, str]  # meter -> decimal quantity


class InstalmentPart(Part):
    """A dated part of an invoice, as it was when the invoice got its number."""

    due_at: Instant
    amount_minor: int


class InvoicePart(Part):
    """What the others need to know of an invoice; amounts in minor units of its currency."""

    invoice: str
    customer: str
    legal_entity: str
    currency: str
    number: str
    total_minor: int
    due_minor: int
    due_at: Instant
    subscription: str | None = None
    record: RecordPart | None = None  # said once, when it is finalized: all of it
    instalments: list[InstalmentPart] = []  # they sum to the total; `due_at` is that of the last


class InvoiceFinalizedV1(Event):
    """An invoice has its number and is payable; lines and total will never change again."""

    producer: ClassVar[str] = "sales"

    invoice: InvoicePart


class InvoicePaidV1(Event):
    """Nothing is due on an invoice any more."""

    producer: ClassVar[str] = "sales"

    invoice: InvoicePart
    payment: str | None = None
    paid_minor: int | None = None  # in money and balance; what is missing of the total was credited


class InvoiceVoidedV1(Event):
    """A finalized invoice was annulled by its counter entry; nobody collects it any more."""

    producer: ClassVar[str] = "sales"

    invoice: InvoicePart
    reason: str


class InvoiceOverdueV1(Event):
    """An invoice was not paid by its due date and the seller's grace after it; said of each instalment."""

    producer: ClassVar[str] = "sales"

    invoice: InvoicePart
    late_minor: int | None = None  # of an invoice in instalments: what of it is overdue
    accelerated: bool = False  # all that is left of it is due now


class InvoiceCaughtUpV1(Event):
    """What was overdue of an invoice in instalments is paid; what is left of it is not overdue."""

    producer: ClassVar[str] = "sales"

    invoice: InvoicePart


class InvoiceWrittenOffV1(Event):
    """The seller gave up on what was due: it is a loss in the books, and nobody collects it any more."""

    producer: ClassVar[str] = "sales"

    invoice: InvoicePart
    reason: str


class CreditNotePart(Part):
    """A correction of a finalized invoice; amounts in minor units, positive in the customer's favour.

    `applied_minor` lowers what is due on the invoice, `balance_minor` became the customer's;
    `refund_minor` of the latter is to be sent back.
    """

    credit_note: str
    number: str
    invoice: str
    customer: str
    legal_entity: str
    currency: str
    total_minor: int
    applied_minor: int
    balance_minor: int
    refund_minor: int
    record: RecordPart | None = None


class CreditNoteIssuedV1(Event):
    """A credit note has its number; an invoice asks for less, or money is the customer's again."""

    producer: ClassVar[str] = "sales"

    credit_note: CreditNotePart
    reason: str


class StatementDrawnV1(Event):
    """What happened on a customer's account in a span of days, and what was owed at its end; minor units."""

    producer: ClassVar[str] = "sales"

    statement: str
    number: str
    customer: str
    legal_entity: str  # in whose name
    currency: str
    first: str  # day
    last: str  # day, included
    opening_minor: int
    closing_minor: int  # negative is the customer's
    mail: bool = False  # whether the customer shall get it by mail
    record: RecordPart | None = None


class SubscriptionChangedV1(Event):
    """A subscription goes on under another plan, version or quantity."""

    producer: ClassVar[str] = "sales"
    kind: ClassVar[Kind] = Kind.STATE

    state: SubscriptionPart


class CollectionHoldRequestedV1(Event):
    """Sales is about to lower what an open invoice asks: collection must pause first."""

    producer: ClassVar[str] = "sales"

    hold: str  # the credit note it waits for
    invoice: str
    customer: str

"""What an event says to a customer, in primitives; never a name or an address: these are read last."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from billing.core.money import Money
from billing.core.payment import Advice, Reason
from billing.core.record import Record
from events.access import AccessDeniedV1, AccessRestoredV1, AccessRestrictedV1
from events.documents import DocumentReadyV1
from events.payments import (
    DunningStepDueV1,
    PaymentActionRequiredV1,
    PaymentFailedV1,
    PaymentPart,
    RefundSucceededV1,
)
from events.sales import (
    CreditNoteIssuedV1,
    CreditNotePart,
    InvoiceFinalizedV1,
    InvoiceOverdueV1,
    InvoicePaidV1,
    InvoicePart,
    SubscriptionCancelledV1,
    SubscriptionChangedV1,
    SubscriptionEndedV1,
    SubscriptionPart,
    SubscriptionPausedV1,
    SubscriptionResumedV1,
    SubscriptionStartedV1,
    SubscriptionTrialEndingV1,
)

REMIND = "remind"
NOT_THE_CUSTOMERS = frozenset({Reason.PROVIDER_ERROR, Reason.INVALID_REQUEST, Reason.NOT_SENT})
OFFERED_FOR = frozenset({"not_in_plan", "limit_reached"})


@dataclass(frozen=True, slots=True)
class Facts(Record):
    """What a notice is about; `tags` are what its texts ask for with `when`."""

    customer: str
    legal_entity: str | None = None
    subscription: str | None = None
    plan: str | None = None
    plan_version: int | None = None
    ends_at: datetime | None = None
    invoice: str | None = None
    credit_note: str | None = None
    number: str | None = None  # of a credit note or a statement
    amount: Money | None = None
    link: str | None = None
    feature: str | None = None
    offer: str | None = None  # key of the plan that is offered
    offer_name: str | None = None
    tags: tuple[str, ...] = ()
    at: datetime | None = None  # of what it is about, where its event comes later


def started(event: SubscriptionStartedV1) -> Facts:
    """A subscription began."""
    return _subscribed(event.state)


def trial_ending(event: SubscriptionTrialEndingV1) -> Facts:
    """A trial will end, and what that brings."""
    currency = event.currency or event.state.currency
    amount = Money(event.amount_minor, currency) if event.amount_minor > 0 else None
    return replace(_subscribed(event.state), ends_at=event.ends_at, amount=amount, tags=(event.outcome,))


def paused(event: SubscriptionPausedV1) -> Facts:
    """A subscription rests, until a day where that is known."""
    return replace(_subscribed(event.state), ends_at=event.state.resumes_at)


def resumed(event: SubscriptionResumedV1) -> Facts:
    """A subscription goes on."""
    return _subscribed(event.state)


def changed(event: SubscriptionChangedV1) -> Facts | None:
    """A subscription has another plan; one that waits for the next period is told when it begins."""
    if event.state.pending_plan:
        return None
    return _subscribed(event.state)


def cancelled(event: SubscriptionCancelledV1) -> Facts:
    """A subscription will end."""
    return _subscribed(event.state)


def ended(event: SubscriptionEndedV1) -> Facts:
    """A subscription is over."""
    return _subscribed(event.state)


def invoiced(event: InvoiceFinalizedV1) -> Facts | None:
    """Something is to be paid. Where a document of it is made, that is told when it is ready."""
    if event.invoice.record is not None:
        return None
    return _on(event.invoice, event.invoice.due_minor)


def invoice_made(event: DocumentReadyV1) -> Facts | None:
    """The document of an invoice can be read; one of nothing is sent only where somebody asks for it."""
    if event.document_kind != "invoice" or not (event.again or event.amount_minor > 0):
        return None
    return _documented(event, event.due_minor if event.due_minor > 0 else event.amount_minor)


def receipt_made(event: DocumentReadyV1) -> Facts | None:
    """A payment is confirmed by its document."""
    return _documented(event, event.amount_minor, "payment") if event.document_kind == "receipt" else None


def credit_note_made(event: DocumentReadyV1) -> Facts | None:
    """An invoice was corrected; how is read from the credit note when it is told."""
    if event.document_kind != "credit_note":
        return None
    return replace(_documented(event, event.amount_minor), number=event.number, credit_note=event.document)


def reminder_made(event: DocumentReadyV1) -> Facts | None:
    """A letter about what is not paid."""
    return _documented(event, event.due_minor) if event.document_kind == "reminder" else None


def statement_made(event: DocumentReadyV1) -> Facts | None:
    """A statement that somebody wants mailed."""
    if event.document_kind != "statement" or not event.mail:
        return None
    balance = "in_favour" if event.due_minor < 0 else "owed" if event.due_minor else "even"
    facts = _documented(event, abs(event.due_minor), balance)
    return replace(facts, invoice=None, number=event.number)


def paid(event: InvoicePaidV1) -> Facts | None:
    """Nothing is due any more."""
    return _on(event.invoice, event.invoice.total_minor, "payment" if event.payment else "balance")


def overdue(event: InvoiceOverdueV1) -> Facts | None:
    """It should have been paid by now; of one in instalments, what of it should."""
    late = event.invoice.due_minor if event.late_minor is None else event.late_minor
    return _on(event.invoice, late)


def credited(event: CreditNoteIssuedV1) -> Facts | None:
    """An invoice was corrected in the customer's favour. Its document tells it, where one is made."""
    note = event.credit_note
    if note.record is not None:
        return None
    return Facts(
        note.customer,
        note.legal_entity,
        invoice=note.invoice,
        number=note.number,
        amount=Money(note.total_minor, note.currency),
        tags=what_became_of(note),
    )


def what_became_of(note: CreditNotePart) -> tuple[str, ...]:
    """Where a credit went: off what is due, to the balance, back to the customer."""
    kept = note.balance_minor - note.refund_minor
    parts = (("applied", note.applied_minor), ("kept", kept), ("returned", note.refund_minor))
    return tuple(tag for tag, minor in parts if minor > 0)


def refunded(event: RefundSucceededV1) -> Facts:
    """Money is on its way back."""
    refund = event.refund
    amount = Money(refund.amount_minor, refund.currency)
    return Facts(refund.customer, refund.legal_entity, invoice=refund.invoice, amount=amount)


def failed(event: PaymentFailedV1) -> Facts | None:
    """Only what the customer can do something about; who must confirm is told by another notice."""
    if event.reason in NOT_THE_CUSTOMERS or event.advice == Advice.CUSTOMER_ACTION:
        return None
    return _attempted(event.payment, tags=(event.advice,))


def action_required(event: PaymentActionRequiredV1) -> Facts:
    """The bank wants a confirmation."""
    return _attempted(event.payment, link=event.action_url)


def reminded(event: DunningStepDueV1) -> Facts | None:
    """A step that asks for a reminder; the other steps have owners who say what they did."""
    if event.action != REMIND:
        return None
    return Facts(
        event.customer,
        event.legal_entity,
        invoice=event.invoice,
        amount=Money(event.amount_minor, event.currency),
    )


def restricted(event: AccessRestrictedV1) -> Facts:
    """An unpaid invoice limits what can be used."""
    return Facts(event.customer, invoice=event.invoice)


def restored(event: AccessRestoredV1) -> Facts:
    """Everything can be used again."""
    return Facts(event.customer, invoice=event.invoice)


def refused(event: AccessDeniedV1) -> Facts | None:
    """A plan on sale would have allowed what was refused."""
    offer = event.offer
    if offer is None or event.reason not in OFFERED_FOR:
        return None
    priced = offer.amount_minor is not None and offer.currency is not None
    return Facts(
        event.customer,
        feature=event.feature,
        offer=offer.plan,
        offer_name=offer.name,
        amount=Money(offer.amount_minor or 0, offer.currency or "") if priced else None,
        tags=(event.reason,),
    )


def has_receipt(event: InvoicePaidV1) -> bool:
    """Whether a document confirms it, where the invoice has one: a payment, not a balance."""
    return event.payment is not None


def has_letter(event: DunningStepDueV1) -> bool:
    """Whether a letter says it, where the invoice has a document."""
    return event.number is not None


def _subscribed(state: SubscriptionPart) -> Facts:
    return Facts(
        state.customer,
        state.legal_entity,
        subscription=state.subscription,
        plan=state.plan,
        plan_version=state.plan_version,
        ends_at=state.ends_at,
    )


def _documented(event: DocumentReadyV1, minor: int, *tags: str) -> Facts:
    return Facts(
        event.customer,
        event.legal_entity,
        invoice=event.invoice,
        amount=Money(minor, event.currency),
        link=event.link,
        tags=tags,
        at=event.about_at,
    )


def _on(invoice: InvoicePart, minor: int, *tags: str) -> Facts | None:
    """About an invoice, unless it is about nothing."""
    if minor <= 0:
        return None
    return Facts(
        invoice.customer,
        invoice.legal_entity,
        invoice=invoice.invoice,
        amount=Money(minor, invoice.currency),
        tags=tags,
    )


def _attempted(payment: PaymentPart, *, link: str | None = None, tags: tuple[str, ...] = ()) -> Facts:
    return Facts(
        payment.customer,
        payment.legal_entity,
        invoice=payment.invoice,
        amount=Money(payment.amount_minor, payment.currency),
        link=link,
        tags=tags,
    )

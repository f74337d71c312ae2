"""Use cases of refunds: like a charge, each stands in the table, its money reserved, before its call."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from billing.aws.changes import Changes
from billing.aws.observability import logger
from billing.aws.table import Table
from billing.aws.wall import wall_now
from billing.core.errors import RuleError
from billing.core.ids import derived_id
from billing.core.refund import (
    Refund,
    RefundOutcome,
    RefundStatus,
    apply_refund_outcome,
    refund_returned,
    refund_sent,
    refundable,
    release,
    reserve,
)
from events.payments import RefundFailedV1, RefundPart, RefundSucceededV1
from events.sales import CreditNotePart
from payments.attempts import (
    ABSENCE_PROVES,
    KEY_LIVES,
    Stored,
    attempts_of,
    stored_attempt,
    write_attempt,
)
from payments.commands import RefundV1
from payments.items import stored_collection
from payments.provider import NotNowError, PaymentProvider, ProviderError, RefundOrder
from payments.refund_items import (
    StoredRefund,
    refund_part,
    stored_refund,
    write_refund,
)

_UNSENT = (RefundStatus.CREATED, RefundStatus.SUBMITTED)


def request_refund(
    changes: Changes, invoice: str, minor: int | None, *, about: str, credit_note: str | None = None
) -> list[Refund]:
    """Send money of an invoice back, from its newest payment first; all that is left where none is named."""
    tenant = changes.context.tenant
    stored_collection(changes.table, tenant, invoice)
    payments = attempts_of(changes.table, tenant, invoice)
    left = sum(refundable(stored.attempt) for stored in payments)
    wanted = left if minor is None else minor
    if not 0 < wanted <= left:
        raise RuleError("refund_exceeds_payment", f"at most {left} minor units are left", "body.minor")
    made: list[Refund] = []
    for stored in reversed(payments):
        part = min(wanted, refundable(stored.attempt))
        if part:
            wanted -= part
            made.append(_reserved(changes, stored, part, about, credit_note))
    return made


def refund_credit_note(changes: Changes, note: CreditNotePart) -> None:
    """Send back what a credit note says; what no payment of its invoice can give is said to have failed."""
    payments = attempts_of(changes.table, changes.context.tenant, note.invoice)
    possible = min(note.refund_minor, sum(refundable(stored.attempt) for stored in payments))
    if possible:
        request_refund(changes, note.invoice, possible, about=note.credit_note, credit_note=note.credit_note)
    if possible < note.refund_minor:
        _say_impossible(changes, note, note.refund_minor - possible)


def send_refund(changes: Changes, provider: PaymentProvider, invoice: str, refund: str) -> None:
    """Send a refund; one already sent goes again under its key."""
    table, tenant = changes.table, changes.context.tenant
    stored = stored_refund(table, tenant, invoice, refund)
    if stored.refund.status not in _UNSENT:
        return
    if stored.refund.status is RefundStatus.CREATED:
        stored = _submit(changes.beside("submit"), stored)
    elif not _key_lives(stored, wall_now()):
        return
    outcome = _sent(provider, _order(table, tenant, stored.refund))
    if outcome:
        apply_refund(changes, stored, outcome)


def resolve_refund(changes: Changes, provider: PaymentProvider, invoice: str, refund: str) -> None:
    """Ask what became of a refund; the next look is due before this one begins."""
    table, tenant, wall = changes.table, changes.context.tenant, wall_now()
    stored = stored_refund(table, tenant, invoice, refund)
    if not stored.refund.waits:
        return
    resend = _key_lives(stored, wall) and stored.refund.status is not RefundStatus.PENDING
    stored = replace(stored, looks=stored.looks + 1, sent_at=wall if resend else stored.sent_at)
    looking = changes.beside("look")
    write_refund(looking, stored, wall)
    looking.commit()
    stored = replace(stored, version=(stored.version or 0) + 1)
    try:
        outcome = _looked_up(provider, stored, _order(table, tenant, stored.refund), resend=resend)
    except ProviderError as error:
        logger.warning("the provider did not answer", extra={"error": type(error).__name__})
        return
    if outcome:
        apply_refund(changes, stored, outcome)


def apply_refund(changes: Changes, stored: StoredRefund, outcome: RefundOutcome) -> bool:
    """Let an outcome move its refund, the books and the reservation, and say so; False if it is not news."""
    before, refund = stored.refund, apply_refund_outcome(stored.refund, outcome)
    if refund is before:
        return False
    context, subject = changes.context, f"refund/{refund.id}"
    resolved = stored.awaited and refund.status is not RefundStatus.UNKNOWN
    if resolved:
        changes.resolves(subject)
    kept = replace(stored, refund=refund, looks=0, awaited=stored.awaited and not resolved)
    write_refund(changes, kept, wall_now())
    if refund.status is RefundStatus.SUCCEEDED:
        changes.book(refund_sent(refund, derived_id("txn", refund.id, "sent"), context.now))
        changes.emit(RefundSucceededV1(refund=refund_part(refund)), subject=subject, sequence=refund.stage)
    elif refund.status is RefundStatus.FAILED:
        returned = before.status is RefundStatus.SUCCEEDED
        if returned:
            changes.book(refund_returned(refund, derived_id("txn", refund.id, "returned"), context.now))
        _free(changes, refund)
        failed = RefundFailedV1(
            refund=refund_part(refund), reason=refund.reason or "other", returned=returned
        )
        changes.emit(failed, subject=subject, sequence=refund.stage)
    return True


def _reserved(changes: Changes, stored: Stored, minor: int, about: str, credit_note: str | None) -> Refund:
    """A refund of one payment, its money set aside, and the command that sends it."""
    attempt, wall = reserve(stored.attempt, minor), wall_now()
    write_attempt(changes, replace(stored, attempt=attempt), wall=wall)
    refund = Refund(
        id=derived_id("rfd", changes.context.tenant, about, attempt.id),
        payment=attempt.id,
        number=attempt.number,
        invoice=attempt.invoice,
        customer=attempt.customer,
        legal_entity=attempt.legal_entity,
        amount_minor=minor,
        currency=attempt.currency,
        provider=attempt.provider,
        created_at=changes.context.now,
        credit_note=credit_note,
    )
    write_refund(changes, StoredRefund(refund), wall)
    command = RefundV1(invoice=attempt.invoice, refund=refund.id)
    changes.send("charge", command, subject=f"refund/{refund.id}", about="refund")
    return refund


def _free(changes: Changes, refund: Refund) -> None:
    """Nothing moved, or it came back: the payment can give it back another time."""
    stored = stored_attempt(changes.table, changes.context.tenant, refund.invoice, refund.number)
    freed = replace(stored, attempt=release(stored.attempt, refund.amount_minor))
    write_attempt(changes, freed, wall=wall_now())


def _say_impossible(changes: Changes, note: CreditNotePart, minor: int) -> None:
    refund = derived_id("rfd", changes.context.tenant, note.credit_note, "beyond what was paid")
    part = RefundPart(
        refund=refund,
        invoice=note.invoice,
        customer=note.customer,
        amount_minor=minor,
        currency=note.currency,
        legal_entity=note.legal_entity,
        provider="none",
        credit_note=note.credit_note,
    )
    failed = RefundFailedV1(refund=part, reason="nothing_to_refund")
    changes.emit(failed, subject=f"refund/{refund}", sequence=1)


def _submit(changes: Changes, stored: StoredRefund) -> StoredRefund:
    """Commit that it is about to be sent."""
    wall = wall_now()
    sent = replace(
        stored,
        refund=replace(stored.refund, status=RefundStatus.SUBMITTED),
        submitted_at=wall,
        sent_at=wall,
        awaited=changes.context.clock is not None,
    )
    write_refund(changes, sent, wall)
    if sent.awaited:
        changes.awaits(f"refund/{stored.refund.id}")
    changes.commit()
    return replace(sent, version=(stored.version or 0) + 1)


def _sent(provider: PaymentProvider, order: RefundOrder) -> RefundOutcome | None:
    try:
        return provider.refund(order)
    except NotNowError as error:
        logger.warning("the provider did not take a refund", extra={"error": str(error)})
        return None


def _looked_up(
    provider: PaymentProvider, stored: StoredRefund, order: RefundOrder, *, resend: bool
) -> RefundOutcome | None:
    """What the provider knows of a refund; absence is proof only long after the last possible send."""
    known = provider.find_refund(order)
    if known:
        return known.outcome
    if resend:
        return _sent(provider, order)
    absent = stored.sent_at is not None and wall_now() - stored.sent_at >= ABSENCE_PROVES
    return RefundOutcome(RefundStatus.FAILED, reason="not_sent") if absent else None


def _key_lives(stored: StoredRefund, wall: datetime) -> bool:
    return stored.submitted_at is not None and wall - stored.submitted_at < KEY_LIVES


def _order(table: Table, tenant: str, refund: Refund) -> RefundOrder:
    attempt = stored_attempt(table, tenant, refund.invoice, refund.number).attempt
    if attempt.provider_ref is None:
        raise RuleError("payment_unknown", f"the provider has no name for {attempt.id}")
    return RefundOrder(refund.id, refund.invoice, attempt.provider_ref, refund.amount)

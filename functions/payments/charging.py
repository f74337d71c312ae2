"""Use cases of charging: an attempt stands in the table before its call, whatever the answer is.

A definite answer ends it; no answer leaves it `unknown`, which blocks every other attempt until the
provider, asked again, says what happened (`resolve`). Answer, webhook and look all come through `apply`.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from billing.aws.changes import Changes
from billing.aws.observability import logger
from billing.aws.settings import optional
from billing.aws.table import Table
from billing.aws.wall import wall_now
from billing.core.collection import Collection, dun, follow
from billing.core.ids import derived_id
from billing.core.journal import payment_received
from billing.core.payment import Attempt, AttemptStatus, Outcome, Reason, apply_outcome, submit
from events.payments import PaymentActionRequiredV1, PaymentFailedV1, PaymentSucceededV1
from payments.attempts import (
    ABSENCE_PROVES,
    KEY_LIVES,
    Stored,
    amount_of,
    next_look,
    payment_part,
    stored_attempt,
    write_attempt,
)
from payments.collecting import go_on
from payments.items import customer_item, stored_collection, write_collection
from payments.provider import ChargeOrder, NotNowError, PaymentProvider, ProviderError
from payments.schedules import schedule_of
from payments.store import collection_key, method_key

_SENT = (AttemptStatus.SUBMITTED, AttemptStatus.UNKNOWN)


def charge(changes: Changes, provider: PaymentProvider, invoice: str, number: int) -> None:
    """Send an attempt; one already sent goes again under its key, for the answer that was lost."""
    table, tenant = changes.table, changes.context.tenant
    stored = stored_attempt(table, tenant, invoice, number)
    collection, seen = stored_collection(table, tenant, invoice)
    refused = _not_to_be_sent(table, tenant, stored.attempt, collection)
    if refused:
        apply(changes, stored, refused)
    if refused or stored.attempt.status not in {AttemptStatus.CREATED, AttemptStatus.SUBMITTED}:
        return
    if stored.attempt.status is AttemptStatus.CREATED:
        stored = _submit(changes.beside("submit"), stored, seen)
    elif not _may_resend(stored, collection, wall_now()):
        return
    outcome = _sent(provider, _order(table, tenant, stored.attempt, collection))
    if outcome:
        apply(changes, stored, outcome)


def cancel(changes: Changes, provider: PaymentProvider, invoice: str, number: int) -> None:
    """Give up an attempt at its provider; where it has brought its money, that is what counts."""
    stored = stored_attempt(changes.table, changes.context.tenant, invoice, number)
    if not stored.attempt.final and stored.attempt.provider_ref:
        apply(changes, stored, provider.cancel(stored.attempt.provider_ref))


def resolve(changes: Changes, provider: PaymentProvider, invoice: str, number: int) -> None:
    """Ask what became of an attempt; the next look is due before this one begins."""
    table, tenant, wall = changes.table, changes.context.tenant, wall_now()
    stored = stored_attempt(table, tenant, invoice, number)
    if next_look(stored.attempt.status, stored.looks, wall) is None:
        return
    collection, _ = stored_collection(table, tenant, invoice)
    resend = _may_resend(stored, collection, wall)
    sent_at = wall if resend else stored.sent_at
    looking = changes.beside("look")
    write_attempt(looking, replace(stored, looks=stored.looks + 1, sent_at=sent_at), wall=wall)
    looking.commit()
    stored = replace(stored, looks=stored.looks + 1, sent_at=sent_at, version=(stored.version or 0) + 1)
    try:
        outcome = _looked_up(provider, stored, _order(table, tenant, stored.attempt, collection), resend)
    except ProviderError as error:
        logger.warning("the provider did not answer", extra={"error": type(error).__name__})
        return
    if outcome:
        apply(changes, stored, outcome)


def apply(changes: Changes, stored: Stored, outcome: Outcome) -> bool:
    """Let an outcome move its attempt, its collection and the books, and say so; False if it is not news."""
    attempt = apply_outcome(stored.attempt, outcome)
    if attempt is stored.attempt:
        return False
    tenant = changes.context.tenant
    collection, seen = stored_collection(changes.table, tenant, attempt.invoice)
    collection = follow(collection, attempt, advice=outcome.advice)
    if attempt.status is AttemptStatus.FAILED:
        collection = dun(collection, schedule_of(changes.table, tenant), changes.context.now)
    if attempt.status is AttemptStatus.CANCELED and collection.holds:
        collection = replace(collection, again=True)  # after the credit note
    resolved = stored.awaited and attempt.status is not AttemptStatus.UNKNOWN
    if resolved:
        changes.resolves(_awaited(attempt))
    kept = replace(stored, attempt=attempt, looks=0, awaited=stored.awaited and not resolved)
    write_attempt(changes, kept, wall=wall_now())
    _say(changes, attempt, outcome)
    write_collection(changes, go_on(changes, collection, seen), seen=seen)
    return True


def _say(changes: Changes, attempt: Attempt, outcome: Outcome) -> None:
    """What the others hear, and what the books say of money that moved."""
    subject = f"payment/{attempt.id}"
    part = payment_part(attempt, _rail(changes.table, changes.context.tenant, attempt))
    match attempt.status:
        case AttemptStatus.SUCCEEDED:
            booked = derived_id("txn", attempt.id, "received")
            entry = payment_received(
                booked, changes.context.now, attempt.legal_entity, subject, amount_of(attempt)
            )
            changes.book(entry)
            changes.emit(PaymentSucceededV1(payment=part), subject=subject, sequence=attempt.stage)
        case AttemptStatus.FAILED:
            reason = attempt.reason or Reason.OTHER
            advice = outcome.advice or "retry_later"
            failed = PaymentFailedV1(payment=part, reason=reason, advice=advice)
            changes.emit(failed, subject=subject, sequence=attempt.stage)
        case AttemptStatus.REQUIRES_ACTION:
            required = PaymentActionRequiredV1(payment=part, action_url=attempt.action_url)
            changes.emit(required, subject=subject, sequence=attempt.stage)
        case _:
            return


def _submit(changes: Changes, stored: Stored, collection_seen: int) -> Stored:
    """Commit that it is about to be sent, as long as it is still wanted."""
    context, wall = changes.context, wall_now()
    sent = replace(
        stored,
        attempt=submit(stored.attempt),
        submitted_at=wall,
        sent_at=wall,
        awaited=context.clock is not None,
    )
    write_attempt(changes, sent, wall=wall)
    key = collection_key(context.tenant, stored.attempt.invoice)
    changes.check(key["pk"], key["sk"], seen=collection_seen, label="collection")
    if sent.awaited:
        changes.awaits(_awaited(stored.attempt))
    changes.commit()
    return replace(sent, version=(stored.version or 0) + 1)


def _sent(provider: PaymentProvider, order: ChargeOrder) -> Outcome | None:
    """The answer to a charge; None where the provider did not take it: it goes again at the next look."""
    try:
        return provider.charge(order)
    except NotNowError as error:
        logger.warning("the provider did not take a charge", extra={"error": str(error)})
        return None


def _looked_up(provider: PaymentProvider, stored: Stored, order: ChargeOrder, resend: bool) -> Outcome | None:
    """What the provider knows of an attempt; absence is proof only long after the last possible send."""
    if stored.attempt.provider_ref:
        return provider.fetch(stored.attempt.provider_ref).outcome
    if stored.submitted_at is None or stored.sent_at is None:
        return None
    known = provider.find(order, stored.submitted_at)
    if known:
        return known.outcome
    if resend:
        return _sent(provider, order)
    absent = wall_now() - stored.sent_at >= ABSENCE_PROVES
    return Outcome(AttemptStatus.FAILED, reason=Reason.NOT_SENT) if absent else None


def _may_resend(stored: Stored, collection: Collection, wall: datetime) -> bool:
    """Whether the same call may go again: its key still stands for it, and the money is still wanted."""
    lives = stored.submitted_at is not None and wall - stored.submitted_at < KEY_LIVES
    return lives and collection.open and stored.attempt.status in _SENT


def _not_to_be_sent(table: Table, tenant: str, attempt: Attempt, collection: Collection) -> Outcome | None:
    """Why an attempt that was never sent shall not be: nobody wants it any more, or its method is gone."""
    if attempt.status is not AttemptStatus.CREATED:
        return None
    if not collection.open or collection.holds:
        return Outcome(AttemptStatus.CANCELED)
    if _rail(table, tenant, attempt) is None:
        return Outcome(AttemptStatus.FAILED, reason=Reason.METHOD_REMOVED)
    return None


def _order(table: Table, tenant: str, attempt: Attempt, collection: Collection) -> ChargeOrder:
    customer = customer_item(table, tenant, attempt.customer)
    return ChargeOrder(
        attempt=attempt.id,
        invoice=attempt.invoice,
        number=attempt.number,
        payer=customer["payer"],
        method=attempt.method,
        rail=_rail(table, tenant, attempt) or "card",
        amount=amount_of(attempt),
        description=collection.number,
        return_url=customer.get("return_url") or optional("PUBLIC_URL"),
    )


def _rail(table: Table, tenant: str, attempt: Attempt) -> str | None:
    method = table.get(**method_key(tenant, attempt.customer, attempt.method))
    return method["rail"] if method else None


def _awaited(attempt: Attempt) -> str:
    """How a test clock knows that an outcome is still to come."""
    return f"attempt/{attempt.id}"

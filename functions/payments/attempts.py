"""Attempts in the table: to items and back, and when to look at one again.

A look is due in wall time, under a test clock too: a provider's silence is not business.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from billing.aws.changes import Changes
from billing.aws.items import Item
from billing.aws.table import Table, aggregate_pk, found
from billing.core.money import Money
from billing.core.payment import Attempt, AttemptStatus
from events.payments import PaymentPart
from payments.store import attempt_key

KEY_LIVES = timedelta(hours=23)  # the provider forgets a key after 24 hours: then look, never resend
ABSENCE_PROVES = timedelta(hours=1)  # after the last possible send, a complete listing without it is a no

# How long after each look the next one is due; the last pause repeats.
_PAUSES: dict[AttemptStatus, tuple[timedelta, ...]] = {
    AttemptStatus.SUBMITTED: (timedelta(minutes=2), timedelta(minutes=5), timedelta(minutes=15)),
    AttemptStatus.UNKNOWN: (
        timedelta(minutes=1),
        timedelta(minutes=5),
        timedelta(minutes=15),
        timedelta(hours=1),
        timedelta(hours=6),
    ),
    AttemptStatus.PENDING: (timedelta(hours=1), timedelta(hours=6), timedelta(hours=24)),
    AttemptStatus.REQUIRES_ACTION: (timedelta(hours=1), timedelta(hours=6), timedelta(hours=24)),
}


@dataclass(frozen=True, slots=True)
class Stored:
    """An attempt as it is stored, with what concerns its sending in wall time."""

    attempt: Attempt
    version: int | None = None
    submitted_at: datetime | None = None  # first sent: how old its key is
    sent_at: datetime | None = None  # last sent: what a listing must be newer than to prove absence
    looks: int = 0
    awaited: bool = False  # a test clock waits for its outcome


def stored_attempt(table: Table, tenant: str, invoice: str, number: int) -> Stored:
    """An attempt by its invoice and number."""
    return of_item(found(table, attempt_key(tenant, invoice, number), "attempt"))


def attempts_of(table: Table, tenant: str, invoice: str) -> list[Stored]:
    """Every attempt to collect an invoice, in order."""
    return [of_item(item) for item in table.query(aggregate_pk(tenant, f"invoice/{invoice}"), "ATTEMPT#")]


def of_item(item: Item) -> Stored:
    """Read an item."""
    return Stored(
        attempt=Attempt.from_data(item["data"]),
        version=item["version"],
        submitted_at=_instant(item.get("submitted_at")),
        sent_at=_instant(item.get("sent_at")),
        looks=item["looks"],
        awaited=item["awaited"],
    )


def write_attempt(changes: Changes, stored: Stored, *, wall: datetime) -> None:
    """Write an attempt; the next look at the provider is due by its status and how often one looked."""
    attempt = stored.attempt
    item: Item = {
        **attempt_key(changes.context.tenant, attempt.invoice, attempt.number),
        "data": attempt.to_data(),
        "submitted_at": stored.submitted_at.isoformat() if stored.submitted_at else None,
        "sent_at": stored.sent_at.isoformat() if stored.sent_at else None,
        "looks": stored.looks,
        "awaited": stored.awaited,
    }
    due_at = next_look(attempt.status, stored.looks, wall)
    changes.put_wall_due(item, seen=stored.version, due_at=due_at, label="attempt")


def next_look(status: AttemptStatus, looks: int, wall: datetime) -> datetime | None:
    """When to ask the provider again; never where nothing is open."""
    pauses = _PAUSES.get(status)
    return wall + pauses[min(looks, len(pauses) - 1)] if pauses else None


def payment_part(attempt: Attempt, rail: str | None = None) -> PaymentPart:
    """What the others need to know of an attempt."""
    return PaymentPart(
        payment=attempt.id,
        invoice=attempt.invoice,
        customer=attempt.customer,
        amount_minor=attempt.amount_minor,
        currency=attempt.currency,
        legal_entity=attempt.legal_entity,
        provider=attempt.provider,
        provider_ref=attempt.provider_ref,
        rail=rail,
    )


def amount_of(attempt: Attempt) -> Money:
    """What an attempt is to bring."""
    return Money(attempt.amount_minor, attempt.currency)


def _instant(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None

"""Collecting one invoice: at most one attempt under way, and money counted however it comes."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from billing.core.errors import ConflictError
from billing.core.money import Money
from billing.core.payment import Attempt, AttemptStatus, attempt_id
from billing.core.record import Record


class CollectionStatus(StrEnum):
    """Whether an invoice is still to be collected."""

    OPEN = "open"
    COLLECTED = "collected"
    STOPPED = "stopped"


@dataclass(frozen=True, slots=True)
class Collection(Record):
    """What is to be collected for an invoice, and how far that has come."""

    invoice: str
    number: str  # of the invoice, as its customer knows it
    customer: str
    legal_entity: str
    currency: str
    due_minor: int
    due_at: datetime
    status: CollectionStatus = CollectionStatus.OPEN
    received_minor: int = 0
    attempts: int = 0
    active: str | None = None  # the attempt under way: there is no other beside it
    again: bool = False  # begin anew as soon as the one under way has ended: another method is there

    @property
    def open(self) -> bool:
        """Whether money is still wanted."""
        return self.status is CollectionStatus.OPEN

    @property
    def wanted(self) -> Money:
        """What is still to be collected."""
        return Money(max(self.due_minor - self.received_minor, 0), self.currency)


def begin(
    collection: Collection, tenant: str, *, provider: str, method: str, at: datetime
) -> tuple[Collection, Attempt]:
    """The next attempt; while one is under way, whatever may have become of it, there is no other."""
    if not collection.open:
        raise ConflictError("not_open", f"{collection.invoice} is {collection.status}")
    if collection.active:
        raise ConflictError("attempt_under_way", f"{collection.active} has not ended")
    number = collection.attempts + 1
    attempt = Attempt(
        id=attempt_id(tenant, collection.invoice, number),
        invoice=collection.invoice,
        customer=collection.customer,
        legal_entity=collection.legal_entity,
        amount_minor=collection.wanted.minor,
        currency=collection.currency,
        provider=provider,
        method=method,
        number=number,
        created_at=at,
    )
    return replace(collection, attempts=number, active=attempt.id, again=False), attempt


def follow(collection: Collection, attempt: Attempt) -> Collection:
    """The collection after one of its attempts moved on."""
    if attempt.status is AttemptStatus.SUCCEEDED:
        received = collection.received_minor + attempt.amount_minor
        done = collection.open and received >= collection.due_minor
        status = CollectionStatus.COLLECTED if done else collection.status
        collection = replace(collection, received_minor=received, status=status)
    if attempt.final and collection.active == attempt.id:
        collection = replace(collection, active=None)
    return collection


def stop(collection: Collection) -> Collection:
    """Nobody collects it any more; what is under way may still bring money, and is booked."""
    return (
        replace(collection, status=CollectionStatus.STOPPED, again=False) if collection.open else collection
    )

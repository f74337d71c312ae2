"""Sending money back: reserved on its payment before the call, so that no two refunds exceed it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from billing.core.errors import RuleError
from billing.core.journal import Account, Entry, entry
from billing.core.money import Money
from billing.core.payment import Attempt, AttemptStatus
from billing.core.record import Record


class RefundStatus(StrEnum):
    """Where a refund stands; `unknown` may or may not have moved money and keeps its reservation."""

    CREATED = "created"
    SUBMITTED = "submitted"
    UNKNOWN = "unknown"
    PENDING = "pending"
    SUCCEEDED = "succeeded"
    FAILED = "failed"


# A refund that succeeded can still fail: the customer's bank sends the money back to us.
_RANK = {status: rank for rank, status in enumerate(RefundStatus)}


@dataclass(frozen=True, slots=True)
class RefundOutcome(Record):
    """What is known of a refund after asking its provider, or hearing from it."""

    status: RefundStatus
    provider_ref: str | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Refund(Record):
    """Money on its way back; its id is also the provider's idempotency key."""

    id: str
    payment: str  # the attempt that brought the money
    number: int  # of that attempt
    invoice: str
    customer: str
    legal_entity: str
    amount_minor: int
    currency: str
    provider: str
    created_at: datetime
    credit_note: str | None = None
    status: RefundStatus = RefundStatus.CREATED
    provider_ref: str | None = None
    reason: str | None = None

    @property
    def amount(self) -> Money:
        """What goes back."""
        return Money(self.amount_minor, self.currency)

    @property
    def stage(self) -> int:
        """How far it has come; only ever rises."""
        return _RANK[self.status]

    @property
    def waits(self) -> bool:
        """Whether an answer is still to come."""
        return _RANK[self.status] < _RANK[RefundStatus.SUCCEEDED]


def refundable(attempt: Attempt) -> int:
    """What a payment can still give back, in minor units."""
    return attempt.amount_minor - attempt.refunded_minor if attempt.status is AttemptStatus.SUCCEEDED else 0


def reserve(attempt: Attempt, minor: int) -> Attempt:
    """Set a part of a payment aside for a refund; more than is left is refused."""
    left = refundable(attempt)
    if not 0 < minor <= left:
        raise RuleError("refund_exceeds_payment", f"at most {left} minor units are left", "amount")
    return replace(attempt, refunded_minor=attempt.refunded_minor + minor)


def release(attempt: Attempt, minor: int) -> Attempt:
    """Give a reservation back: its refund definitely moved nothing, or the money returned."""
    return replace(attempt, refunded_minor=attempt.refunded_minor - minor)


def apply_refund_outcome(refund: Refund, outcome: RefundOutcome) -> Refund:
    """The refund after an outcome; the same refund where it says nothing newer."""
    if _RANK[outcome.status] <= _RANK[refund.status]:
        return refund
    ref = outcome.provider_ref or refund.provider_ref
    return replace(refund, status=outcome.status, provider_ref=ref, reason=outcome.reason)


def refund_sent(refund: Refund, id_: str, at: datetime) -> Entry:
    """Payments' side of money sent back through a provider."""
    legs = ((Account.COLLECTIONS, refund.amount), (Account.PROVIDER_CLEARING, -refund.amount))
    return entry(id_, at, refund.legal_entity, f"payment/{refund.payment}", *legs)


def refund_returned(refund: Refund, id_: str, at: datetime) -> Entry:
    """A refund that had succeeded came back to us."""
    legs = ((Account.PROVIDER_CLEARING, refund.amount), (Account.COLLECTIONS, -refund.amount))
    return entry(id_, at, refund.legal_entity, f"payment/{refund.payment}", *legs)

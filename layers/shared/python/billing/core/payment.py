"""One attempt to collect: its states only move forward, and only a definite answer ends it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from billing.core.ids import derived_id
from billing.core.record import Record


class AttemptStatus(StrEnum):
    """Where an attempt stands. `unknown` may or may not have moved money: it blocks any other attempt."""

    CREATED = "created"
    SUBMITTED = "submitted"
    UNKNOWN = "unknown"
    PENDING = "pending"
    REQUIRES_ACTION = "requires_action"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELED = "canceled"


# A later state never gives way to an earlier one. Money that moved outranks every other end: an attempt
# given up for failed that the provider collects after all is still booked.
_RANK = {
    AttemptStatus.CREATED: 0,
    AttemptStatus.SUBMITTED: 1,
    AttemptStatus.UNKNOWN: 2,
    AttemptStatus.REQUIRES_ACTION: 3,
    AttemptStatus.PENDING: 4,
    AttemptStatus.FAILED: 5,
    AttemptStatus.CANCELED: 5,
    AttemptStatus.SUCCEEDED: 6,
}


class Reason(StrEnum):
    """Why an attempt failed, in our words whatever the provider."""

    INSUFFICIENT_FUNDS = "insufficient_funds"
    AUTHENTICATION_REQUIRED = "authentication_required"
    CARD_EXPIRED = "card_expired"
    DO_NOT_HONOR = "do_not_honor"
    LOST_OR_STOLEN = "lost_or_stolen"
    FRAUD_SUSPECTED = "fraud_suspected"
    MANDATE_INVALID = "mandate_invalid"
    ACCOUNT_CLOSED = "account_closed"
    LIMIT_EXCEEDED = "limit_exceeded"
    PROVIDER_ERROR = "provider_error"
    INVALID_REQUEST = "invalid_request"
    METHOD_REMOVED = "method_removed"
    NOT_SENT = "not_sent"
    OTHER = "other"


class Advice(StrEnum):
    """What could help after a failure; dunning reads nothing else."""

    RETRY_LATER = "retry_later"
    NEW_INSTRUMENT = "new_instrument"
    CUSTOMER_ACTION = "customer_action"
    STOP = "stop"


ADVICE: dict[Reason, Advice] = {
    Reason.INSUFFICIENT_FUNDS: Advice.RETRY_LATER,
    Reason.AUTHENTICATION_REQUIRED: Advice.CUSTOMER_ACTION,
    Reason.CARD_EXPIRED: Advice.NEW_INSTRUMENT,
    Reason.DO_NOT_HONOR: Advice.RETRY_LATER,
    Reason.LOST_OR_STOLEN: Advice.NEW_INSTRUMENT,
    Reason.FRAUD_SUSPECTED: Advice.NEW_INSTRUMENT,
    Reason.MANDATE_INVALID: Advice.NEW_INSTRUMENT,
    Reason.ACCOUNT_CLOSED: Advice.NEW_INSTRUMENT,
    Reason.LIMIT_EXCEEDED: Advice.RETRY_LATER,
    Reason.PROVIDER_ERROR: Advice.RETRY_LATER,
    Reason.INVALID_REQUEST: Advice.STOP,
    Reason.METHOD_REMOVED: Advice.NEW_INSTRUMENT,
    Reason.NOT_SENT: Advice.RETRY_LATER,
    Reason.OTHER: Advice.RETRY_LATER,
}


@dataclass(frozen=True, slots=True)
class Outcome(Record):
    """What is known of an attempt after asking its provider, or hearing from it."""

    status: AttemptStatus
    provider_ref: str | None = None
    reason: Reason | None = None
    raw_code: str | None = None
    action_url: str | None = None

    @property
    def advice(self) -> Advice | None:
        """What could help, where it failed."""
        return ADVICE[self.reason] if self.reason else None


@dataclass(frozen=True, slots=True)
class Attempt(Record):
    """One try to collect one amount; its id is also the provider's idempotency key."""

    id: str
    invoice: str
    customer: str
    legal_entity: str
    amount_minor: int
    currency: str
    provider: str
    method: str
    number: int
    created_at: datetime
    status: AttemptStatus = AttemptStatus.CREATED
    provider_ref: str | None = None
    reason: Reason | None = None
    raw_code: str | None = None
    action_url: str | None = None
    refunded_minor: int = 0  # sent back, or set aside for that

    @property
    def final(self) -> bool:
        """Whether it has ended, so that another attempt may begin."""
        return _RANK[self.status] >= _RANK[AttemptStatus.FAILED]

    @property
    def stage(self) -> int:
        """How far it has come; only ever rises."""
        return _RANK[self.status]


def attempt_id(tenant: str, invoice: str, number: int) -> str:
    """The n-th attempt to collect an invoice; also the provider's idempotency key."""
    return derived_id("pay", tenant, invoice, number)


def submit(attempt: Attempt) -> Attempt:
    """About to be sent; one that was sent before stays what it is, under the same key."""
    created = attempt.status is AttemptStatus.CREATED
    return replace(attempt, status=AttemptStatus.SUBMITTED) if created else attempt


def apply_outcome(attempt: Attempt, outcome: Outcome) -> Attempt:
    """The attempt after an outcome; the same attempt where the outcome says nothing newer.

    Answer, webhook, poll and sweep all come through here, in any order and any number of times.
    """
    if _RANK[outcome.status] <= _RANK[attempt.status]:
        return attempt
    return replace(
        attempt,
        status=outcome.status,
        provider_ref=outcome.provider_ref or attempt.provider_ref,
        reason=outcome.reason,
        raw_code=outcome.raw_code,
        action_url=outcome.action_url,
    )

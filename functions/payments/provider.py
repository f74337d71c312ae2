"""The port to a payment provider: what payments needs of one, in its own words."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from billing.core.errors import RuleError
from billing.core.money import Money
from billing.core.payment import Outcome
from billing.core.refund import RefundOutcome


class ProviderError(TimeoutError):
    """No answer that settles anything. As a TimeoutError it lets a queue's message come again."""


class NotNowError(ProviderError):
    """The provider did not take the call, so nothing happened; the same call may come again later."""


class UnreachableError(ProviderError):
    """No answer to a question; a charge never raises it, its outcome is `unknown` then."""


class RefusedError(RuleError):
    """The provider says the request itself is wrong; repeating it changes nothing."""


class ForgedError(Exception):
    """A notification that its sender cannot prove, or that cannot be read."""


class Topic(StrEnum):
    """What a notification is about; everything else is kept and changes nothing."""

    PAYMENT = "payment"
    SETUP = "setup"
    REFUND = "refund"
    UNSUPPORTED = "unsupported"


@dataclass(frozen=True, slots=True)
class ChargeOrder:
    """One charge; the attempt's id is the provider's idempotency key."""

    attempt: str
    invoice: str
    number: int  # of the attempt
    payer: str  # the provider's name for the customer
    method: str
    rail: str
    amount: Money
    description: str
    return_url: str  # where a customer who must act comes back to


@dataclass(frozen=True, slots=True)
class SetupOrder:
    """A hosted page where a customer saves a payment method."""

    key: str
    payer: str
    currency: str
    return_url: str


@dataclass(frozen=True, slots=True)
class Instrument:
    """A payment method as the provider keeps it for us."""

    ref: str
    payer: str
    rail: str
    label: str
    brand: str | None = None
    last4: str | None = None


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A charge as it stands at the provider, and the attempt it names; both None where it is not ours."""

    ref: str
    invoice: str | None
    number: int | None
    attempt: str | None
    amount: Money
    outcome: Outcome


@dataclass(frozen=True, slots=True)
class RefundOrder:
    """One refund; its id is the provider's idempotency key."""

    refund: str
    invoice: str
    charge: str  # the provider's name for the payment
    amount: Money


@dataclass(frozen=True, slots=True)
class RefundSnapshot:
    """A refund as it stands at the provider, and what it names of ours; None where it is not ours."""

    ref: str
    invoice: str | None
    refund: str | None
    amount: Money
    outcome: RefundOutcome


@dataclass(frozen=True, slots=True)
class Notification:
    """The provider's word that something changed."""

    id: str
    type: str
    topic: Topic
    ref: str
    at: datetime


@dataclass(frozen=True, slots=True)
class ChargeLine:
    """A line of the provider's own list of money it took for us."""

    ref: str
    attempt: str | None
    amount: Money
    refunded_minor: int


class PaymentProvider(Protocol):
    """A provider, opened with one tenant's credentials."""

    @property
    def name(self) -> str:
        """How attempts name it."""
        ...

    def ensure_customer(self, customer: str, key: str) -> str:
        """Make the customer known, once; returns the provider's name for it."""
        ...

    def begin_setup(self, order: SetupOrder) -> str:
        """The address of a hosted page where the customer saves a method."""
        ...

    def saved(self, setup: str) -> Instrument | None:
        """The method a setup saved, if it has come to that."""
        ...

    def detach(self, method: str) -> None:
        """Forget a method; one that is unknown already is as good as forgotten."""
        ...

    def charge(self, order: ChargeOrder) -> Outcome:
        """Take the money, off session. NotNowError says nothing happened; no answer is `unknown`."""
        ...

    def cancel(self, ref: str) -> Outcome:
        """Give up a charge that has not brought its money; what it is afterwards."""
        ...

    def fetch(self, ref: str) -> Snapshot:
        """A charge as it stands: the truth behind every notification."""
        ...

    def find(self, order: ChargeOrder, since: datetime) -> Snapshot | None:
        """The charge of an attempt, looked for in a complete listing since an instant."""
        ...

    def refund(self, order: RefundOrder) -> RefundOutcome:
        """Send money back. NotNowError says nothing happened; no answer is `unknown`."""
        ...

    def fetch_refund(self, ref: str) -> RefundSnapshot:
        """A refund as it stands."""
        ...

    def find_refund(self, order: RefundOrder) -> RefundSnapshot | None:
        """A refund looked for in the complete listing of its payment's refunds."""
        ...

    def changes_since(self, since: datetime) -> Iterator[Notification]:
        """What changed since an instant, oldest first, told again: for webhooks that were lost."""
        ...

    def charges(self) -> Iterator[ChargeLine]:
        """The provider's own list of money it took."""
        ...

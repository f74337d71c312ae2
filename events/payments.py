"""What payments says: methods, attempts and their outcomes. Amounts in minor units."""

from __future__ import annotations

from typing import ClassVar

from events.base import Event, Kind, Part


class PaymentMethodSavedV1(Event):
    """A customer has a payment method that can be charged without them; never the card itself."""

    producer: ClassVar[str] = "payments"
    kind: ClassVar[Kind] = Kind.STATE

    customer: str
    method: str
    rail: str  # card, twint, paypal, sepa_debit ...
    label: str  # as a person knows it: "Visa ending in 4242"
    default: bool = True


class PaymentPart(Part):
    """One attempt to collect one invoice."""

    payment: str  # the attempt's id, also the provider's idempotency key
    invoice: str
    customer: str
    amount_minor: int
    currency: str
    legal_entity: str
    provider: str
    provider_ref: str | None = None
    rail: str | None = None


class PaymentSucceededV1(Event):
    """Money moved to us."""

    producer: ClassVar[str] = "payments"

    payment: PaymentPart


class PaymentFailedV1(Event):
    """An attempt came to nothing; `advice` says what could help."""

    producer: ClassVar[str] = "payments"

    payment: PaymentPart
    reason: str
    advice: str


class PaymentActionRequiredV1(Event):
    """The customer must act (3-D Secure) before an attempt can succeed."""

    producer: ClassVar[str] = "payments"

    payment: PaymentPart
    action_url: str | None = None

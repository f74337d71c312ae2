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
    label: str  # as a person who reads English knows it: "Visa ending in 4242"
    default: bool = True
    brand: str | None = None  # what is printed on it, to say it in another language
    last4: str | None = None


class PaymentMethodRemovedV1(Event):
    """A customer's payment method is gone; `default` is the one that is charged from now on, if any."""

    producer: ClassVar[str] = "payments"
    kind: ClassVar[Kind] = Kind.STATE

    customer: str
    method: str
    default: str | None = None


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


class RefundPart(Part):
    """Money sent back to a customer: for a credit note, or because a person asked for it."""

    refund: str  # our id, also the provider's idempotency key
    invoice: str
    customer: str
    amount_minor: int
    currency: str
    legal_entity: str
    provider: str
    payment: str | None = None  # the attempt it gives back
    credit_note: str | None = None
    provider_ref: str | None = None


class RefundSucceededV1(Event):
    """Money moved back to the customer."""

    producer: ClassVar[str] = "payments"

    refund: RefundPart


class RefundFailedV1(Event):
    """A refund came to nothing: what it was for stays the customer's balance."""

    producer: ClassVar[str] = "payments"

    refund: RefundPart
    reason: str
    returned: bool = False  # it had succeeded before: the bank sent the money back to us


class CollectionHeldV1(Event):
    """No attempt on the invoice is under way and none will begin until the credit note is issued.

    The answer to `CollectionHoldRequested`; where an attempt was under way, it comes after its outcome.
    """

    producer: ClassVar[str] = "payments"

    hold: str
    invoice: str


class PaymentRetriesExhaustedV1(Event):
    """No retry is left for an unpaid invoice; a new payment method is charged at once all the same."""

    producer: ClassVar[str] = "payments"

    invoice: str
    customer: str
    legal_entity: str
    amount_minor: int
    currency: str
    attempts: int
    number: str | None = None  # of the invoice
    subscription: str | None = None


class DunningStepDueV1(Event):
    """A step of the dunning schedule is due on an unpaid invoice; the owner of its action acts."""

    producer: ClassVar[str] = "payments"

    invoice: str
    customer: str
    legal_entity: str
    step: int
    action: str  # remind, cancel_subscription or write_off
    amount_minor: int
    currency: str
    subscription: str | None = None
    number: str | None = None  # of the invoice

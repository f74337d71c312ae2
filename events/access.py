"""What access says: who may do what, and who was refused."""

from __future__ import annotations

from typing import ClassVar

from events.base import Event, Instant, Kind, Part


class AccessGrantedV1(Event):
    """A customer may use these features from now on."""

    producer: ClassVar[str] = "access"
    kind: ClassVar[Kind] = Kind.STATE

    customer: str
    subscription: str
    plan: str
    features: list[str]


class AccessRevokedV1(Event):
    """A customer has no access left through this subscription."""

    producer: ClassVar[str] = "access"
    kind: ClassVar[Kind] = Kind.STATE

    customer: str
    subscription: str
    plan: str
    features: list[str]


class OfferPart(Part):
    """The cheapest plan that would lift a refusal; its price where it has one in the customer's currency."""

    plan: str
    name: str
    amount_minor: int | None = None
    currency: str | None = None


class AccessDeniedV1(Event):
    """A customer wanted a feature and was refused; told once a day for the same refusal."""

    producer: ClassVar[str] = "access"

    customer: str
    feature: str
    reason: str
    plan: str | None = None
    limit: str | None = None
    used: str | None = None
    offer: OfferPart | None = None


class AccessRestrictedV1(Event):
    """An invoice stayed unpaid beyond the seller's grace: only what the policy keeps is still usable."""

    producer: ClassVar[str] = "access"

    customer: str
    invoice: str
    since: Instant
    keeps: list[str]


class AccessRestoredV1(Event):
    """The invoice that restricted a customer is settled."""

    producer: ClassVar[str] = "access"

    customer: str
    invoice: str

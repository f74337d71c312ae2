"""What access says: who may do what, and who was refused."""

from __future__ import annotations

from typing import ClassVar

from events.base import Event, Kind


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

"""What messaging says: what was sent, and to whom nothing is sent any more."""

from __future__ import annotations

from typing import ClassVar

from events.base import Event


class NoticeSentV1(Event):
    """A notice left for its recipient; the address is not repeated here."""

    producer: ClassVar[str] = "messaging"

    notice: str
    customer: str
    template: str
    channel: str


class AddressSuppressedV1(Event):
    """Nothing is sent to an address any more: it bounced, complained, or somebody asked."""

    producer: ClassVar[str] = "messaging"

    address: str  # what it is called where it must not be repeated: its hash
    cause: str  # bounce, complaint or request

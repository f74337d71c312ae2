"""What messaging says: what was sent."""

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

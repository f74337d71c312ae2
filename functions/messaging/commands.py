"""What messaging tells itself through its own queue."""

from __future__ import annotations

from enum import StrEnum
from typing import ClassVar

from events.base import Event, Kind


class SendNoticeV1(Event):
    """Let this notice leave, unless it is no longer worth telling."""

    kind: ClassVar[Kind] = Kind.COMMAND

    notice: str


class Returned(StrEnum):
    """How a mail came back."""

    HARD = "hard"  # the address takes no mail, now or later
    SOFT = "soft"  # it took none for a time
    COMPLAINT = "complaint"


class MailReturnedV1(Event):
    """A mail came back, or somebody complained of it. The addresses go no further than the handler."""

    kind: ClassVar[Kind] = Kind.COMMAND

    how: Returned
    addresses: list[str]

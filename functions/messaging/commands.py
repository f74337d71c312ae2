"""What messaging tells itself through its own queue."""

from __future__ import annotations

from typing import ClassVar

from events.base import Event, Kind


class SendNoticeV1(Event):
    """Let this notice leave, unless it is no longer worth telling."""

    kind: ClassVar[Kind] = Kind.COMMAND

    notice: str

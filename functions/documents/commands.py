"""What documents tells itself through its own queue."""

from __future__ import annotations

from typing import ClassVar

from events.base import Event, Kind


class MakeDocumentV1(Event):
    """Make a document that was asked for, unless it is made already."""

    kind: ClassVar[Kind] = Kind.COMMAND

    document: str


class PackYearV1(Event):
    """Put a year's documents into one file."""

    kind: ClassVar[Kind] = Kind.COMMAND

    package: str

"""What can go wrong between us and AWS, told apart by type.

ConflictError            somebody else wrote first: read again and decide again
└─ AlreadyHandledError   this message's effect is already there: nothing to do
"""

from __future__ import annotations


class ConflictError(Exception):
    """The state seen is not the state stored any more; `labels` name the parts that differ."""

    def __init__(self, labels: list[str]) -> None:
        super().__init__(", ".join(labels))
        self.labels = labels


class AlreadyHandledError(ConflictError):
    """The inbox knows this message already."""


class TooLargeError(Exception):
    """A unit of work or a message is larger than what can be written at once."""

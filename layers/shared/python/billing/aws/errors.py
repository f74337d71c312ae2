"""What can go wrong between us and AWS, told apart by type.

ConflictError            somebody else wrote first: read again and decide again
└─ AlreadyHandledError   this message's effect is already there: nothing to do
"""

from __future__ import annotations

from typing import Any

from botocore.exceptions import ClientError


class ConflictError(Exception):
    """The state seen is not the state stored any more; `labels` name the parts that differ."""

    def __init__(self, labels: list[str]) -> None:
        super().__init__(", ".join(labels))
        self.labels = labels


class AlreadyHandledError(ConflictError):
    """The inbox knows this message already."""


class TooLargeError(Exception):
    """A unit of work or a message is larger than what can be written at once."""


def translated(error: ClientError, labels: list[str], inbox: str) -> Exception:
    """A cancelled transaction as a conflict that names its parts; anything else as it came."""
    if error.response.get("Error", {}).get("Code") != "TransactionCanceledException":
        return error
    answer: dict[str, Any] = {**error.response}
    reasons: list[dict[str, str]] = answer.get("CancellationReasons", [])
    differing = [
        label
        for label, reason in zip(labels, reasons, strict=False)
        if reason.get("Code") in {"ConditionalCheckFailed", "TransactionConflict"}
    ]
    if inbox in differing:
        return AlreadyHandledError(differing)
    return ConflictError(differing) if differing else error

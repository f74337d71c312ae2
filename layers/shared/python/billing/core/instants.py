"""Instants as text: ISO 8601 in UTC with a Z, microseconds only when there are any."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from billing.core.errors import RuleError

_SHAPE = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{1,6})?(Z|[+-]\d{2}:\d{2})", re.ASCII)


def utc(instant: datetime, field: str | None = None) -> datetime:
    """Bring an aware instant to UTC; a naive one is refused, never guessed."""
    if instant.tzinfo is None:
        raise RuleError("instant_without_zone", "an instant needs a time zone", field)
    return instant.astimezone(UTC)


def instant_text(instant: datetime) -> str:
    """Write an instant, for example `2026-01-31T09:30:00Z`."""
    return utc(instant).isoformat().replace("+00:00", "Z")


def parse_instant(text: str, field: str | None = None) -> datetime:
    """Read an instant that names its offset; anything else is a RuleError."""
    if not _SHAPE.fullmatch(text):
        raise RuleError("invalid_instant", f"{text!r} is not an ISO 8601 instant", field)
    try:
        return datetime.fromisoformat(text).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise RuleError("invalid_instant", f"{text!r} is not an instant", field) from error

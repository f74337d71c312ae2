"""A usage event as the product sends it (CloudEvents 1.0), and the verdict on it.

Two extension attributes amend an earlier event of the same source and day: `replaces` names the event whose
place this one takes, `voids` the one that no longer counts. `reason` says why, and is kept with it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from billing.core.catalogue import Meter
from billing.core.errors import RuleError
from billing.core.instants import instant_text, parse_instant
from billing.core.usage_records import UsageRecord, counts, value_of
from sales.usage.packing import LARGEST_EVENT

OLDEST, NEWEST = timedelta(days=35), timedelta(minutes=5)
_REQUIRED = ("id", "source", "type", "subject", "time")
AMENDING = ("replaces", "voids")
_OPTIONAL = (*AMENDING, "reason")
_LONGEST = 200


class Verdict(StrEnum):
    """What becomes of an event at the door."""

    ACCEPTED = "accepted"
    DUPLICATE = "duplicate"
    UNMATCHED = "unmatched"
    REJECTED = "rejected"


@dataclass(frozen=True, slots=True)
class Receipt:
    """The answer to one event: its verdict, and for other than accepted the reason and the field."""

    id: str | None
    verdict: Verdict
    reason: str | None = None
    field: str | None = None
    meters: tuple[str, ...] = ()


def read(event: Mapping[str, Any], now: datetime) -> UsageRecord:
    """Read an event, or raise a RuleError that names the field."""
    for name in (*_REQUIRED, *(name for name in _OPTIONAL if name in event)):
        value = event.get(name)
        if not isinstance(value, str) or not value or len(value) > _LONGEST:
            raise RuleError("invalid_attribute", f"{name}: a text of 1 to {_LONGEST} characters", name)
    time = parse_instant(event["time"], "time")
    if not now - OLDEST <= time <= now + NEWEST:
        window = f"{instant_text(now - OLDEST)} to {instant_text(now + NEWEST)}"
        raise RuleError("outside_window", f"accepted from {window}", "time")
    record = UsageRecord(
        event["id"],
        event["source"],
        time,
        event["type"],
        _properties(event),
        event.get("replaces"),
        event.get("voids"),
    )
    _check_amendment(record)
    return record


def matched(record: UsageRecord, meters: Iterable[Meter]) -> tuple[str, ...]:
    """The meters that count a record; each must find its value (RuleError otherwise)."""
    if record.voids is not None:
        return ()
    found: list[str] = []
    for meter in meters:
        if counts(meter, record):
            if meter.property is not None and meter.aggregation != "unique":
                value_of(meter, record)
            found.append(meter.key)
    return tuple(found)


def kept(event: Mapping[str, Any], customer: str) -> dict[str, Any]:
    """What travels to the log: the customer by our id, the rest as it came."""
    names = ("id", "source", "type", "time", *(name for name in _OPTIONAL if name in event))
    data = {name: str(value) for name, value in event.get("data", {}).items()}
    return {**{name: event[name] for name in names}, "customer": customer, "data": data}


def size(event: Mapping[str, Any]) -> int:
    """How many bytes an event takes as JSON."""
    return len(json.dumps(event, ensure_ascii=False).encode())


def _properties(event: Mapping[str, Any]) -> dict[str, str]:
    data = event.get("data", {})
    if not isinstance(data, Mapping):
        raise RuleError("invalid_data", "an object of properties", "data")
    if size(event) > LARGEST_EVENT:
        raise RuleError("event_too_large", f"at most {LARGEST_EVENT} bytes of JSON", "data")
    return {str(name): _text(value, str(name)) for name, value in data.items()}  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]


def _check_amendment(record: UsageRecord) -> None:
    if record.replaces is not None and record.voids is not None:
        raise RuleError("ambiguous_amendment", "an event replaces another or voids it, not both", "voids")
    if record.id in {record.replaces, record.voids}:
        name = "replaces" if record.replaces else "voids"
        raise RuleError("amends_itself", "name an earlier event; this one has an id of its own", name)


def _text(value: object, name: str) -> str:
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise RuleError("invalid_property", "a text or a number", f"data.{name}"[:80])
    text = str(value)
    if len(text) > _LONGEST:
        raise RuleError("invalid_property", f"at most {_LONGEST} characters", f"data.{name}"[:80])
    return text

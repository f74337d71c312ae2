"""Usage records to quantities: what a meter counts between two instants."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction

from billing.core.catalogue import Aggregation, Meter
from billing.core.errors import RuleError
from billing.core.quantities import parse_decimal
from billing.core.record import Record


@dataclass(frozen=True, slots=True)
class UsageRecord(Record):
    """One thing the product reports; its identity is (source, id, day of time)."""

    id: str
    source: str
    time: datetime
    event_type: str
    properties: Mapping[str, str]


def counts(meter: Meter, record: UsageRecord) -> bool:
    """Whether a meter counts a record: its type, and every filter holds."""
    if record.event_type != meter.event_type:
        return False
    return all(record.properties.get(name) in values for name, values in meter.filters.items())


def distinct(records: Iterable[UsageRecord]) -> list[UsageRecord]:
    """Each record once, the first seen of its identity, in the order of time and then identity."""
    found: dict[tuple[str, str, str], UsageRecord] = {}
    for record in records:
        found.setdefault((record.source, record.id, record.time.date().isoformat()), record)
    return sorted(found.values(), key=lambda record: (record.time, record.source, record.id))


def quantity(meter: Meter, records: Iterable[UsageRecord]) -> Fraction:
    """What a meter makes of distinct records, in the order of their time."""
    counted = [record for record in records if counts(meter, record)]
    if meter.aggregation is Aggregation.COUNT:
        return Fraction(len(counted))
    name = meter.property or ""
    if meter.aggregation is Aggregation.UNIQUE:
        return Fraction(len({r.properties[name] for r in counted if name in r.properties}))
    values = [value_of(meter, record) for record in counted]
    match meter.aggregation:
        case Aggregation.SUM:
            return sum(values, Fraction(0))
        case Aggregation.MAX:
            return max(values, default=Fraction(0))
        case Aggregation.LATEST:
            return values[-1] if values else Fraction(0)


def value_of(meter: Meter, record: UsageRecord) -> Fraction:
    """The number a record carries for a meter; a RuleError names the property that has none."""
    name = meter.property or ""
    if name not in record.properties:
        raise RuleError("missing_property", f"{meter.key} reads {name!r}", f"data.{name}")
    return parse_decimal(record.properties[name], f"data.{name}", negative=True)

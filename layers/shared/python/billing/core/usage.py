"""Usage records to quantities: what a meter counts between two instants."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction

from billing.core.catalogue import Aggregation, Meter
from billing.core.charges import Charge, Dynamic, Matrix, Percentage
from billing.core.errors import RuleError
from billing.core.measured import Group, Measured
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


def measure(meter: Meter, records: Iterable[UsageRecord], charges: Iterable[Charge] = ()) -> Measured:
    """What a meter makes of distinct records, as finely as these charges look at it."""
    counted = [record for record in records if counts(meter, record)]
    dimensions, transactions, supplied = list[str](), (), Fraction(0)
    for charge in charges:
        match charge:
            case Matrix(dimensions=names):
                dimensions += [name for name in names if name not in dimensions]
            case Percentage():
                transactions = tuple(value_of(meter, record) for record in counted)
            case Dynamic(property=str(name)):
                supplied = sum((property_of(record, name, meter) for record in counted), Fraction(0))
            case _:
                pass
    return Measured(
        quantity=quantity(meter, counted),
        transactions=transactions,
        groups=_groups(meter, counted, tuple(dimensions)) if dimensions else (),
        supplied=supplied,
    )


def _groups(meter: Meter, records: list[UsageRecord], names: tuple[str, ...]) -> tuple[Group, ...]:
    """The quantity of every combination of these properties, in the order of the values."""
    found: dict[tuple[str, ...], list[UsageRecord]] = {}
    for record in records:
        found.setdefault(tuple(record.properties.get(name, "") for name in names), []).append(record)
    return tuple(
        Group(quantity(meter, found[values]), dict(zip(names, values, strict=True)))
        for values in sorted(found)
    )


def value_of(meter: Meter, record: UsageRecord) -> Fraction:
    """The number a record carries for a meter; a RuleError names the property that has none."""
    return property_of(record, meter.property or "", meter)


def property_of(record: UsageRecord, name: str, meter: Meter) -> Fraction:
    """A property as a number; a RuleError names the one that has none."""
    if name not in record.properties:
        raise RuleError("missing_property", f"{meter.key} reads {name!r}", f"data.{name}")
    return parse_decimal(record.properties[name], f"data.{name}", negative=True)

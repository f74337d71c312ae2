"""Usage records to quantities: which records count, and what a meter makes of them.

A meter's result for a period is merged from tallies of its parts, so a day is counted once and its tally
kept: count, sum, greatest, distinct values and the latest value all merge, in any order.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction

from billing.core.catalogue import Aggregation, Meter
from billing.core.errors import RuleError
from billing.core.quantities import parse_decimal
from billing.core.record import Record

Identity = tuple[str, str, str]
_DIGEST = 32  # hex digits of a distinct value: 128 bits


@dataclass(frozen=True, slots=True)
class UsageRecord(Record):
    """One thing the product reports; its identity is (source, id, day of time).

    `replaces` and `voids` name an event of the same source and day that no longer counts.
    """

    id: str
    source: str
    time: datetime
    event_type: str
    properties: Mapping[str, str]
    replaces: str | None = None
    voids: str | None = None

    @property
    def identity(self) -> Identity:
        """Two records of one identity are one thing, reported twice."""
        return self.source, self.id, self.time.date().isoformat()

    @property
    def amends(self) -> Identity | None:
        """The identity that this record takes out of the count."""
        named = self.replaces or self.voids
        return (self.source, named, self.time.date().isoformat()) if named else None


@dataclass(frozen=True, slots=True)
class Tally(Record):
    """What a meter makes of some records. Tallies of disjoint records merge."""

    count: int = 0
    value: Fraction = Fraction(0)  # the sum, the greatest or the latest value
    place: str = ""  # of the latest value, in the order of time
    distinct: tuple[str, ...] = ()  # digests of the values, sorted


def counts(meter: Meter, record: UsageRecord) -> bool:
    """Whether a meter counts a record: its type, and every filter holds."""
    if record.event_type != meter.event_type:
        return False
    return all(record.properties.get(name) in values for name, values in meter.filters.items())


def distinct(records: Iterable[UsageRecord]) -> list[UsageRecord]:
    """Each identity once, as it was seen first, in the order of time and then identity."""
    found: dict[Identity, UsageRecord] = {}
    for record in records:
        found.setdefault(record.identity, record)
    return sorted(found.values(), key=lambda record: (record.time, record.source, record.id))


def amended(records: Sequence[UsageRecord]) -> dict[Identity, UsageRecord]:
    """What no longer counts, by the record that took its place or voided it.

    Of several that replace the same record the last one stands. What was struck stays struck: a second
    amendment names the first.
    """
    found: dict[Identity, UsageRecord] = {}
    standing: dict[Identity, UsageRecord] = {}
    for record in records:
        if record.amends is None:
            continue
        if record.replaces is not None:
            if record.amends in standing:
                found[standing[record.amends].identity] = record
            standing[record.amends] = record
        found[record.amends] = record
    return found


def counted(records: Iterable[UsageRecord]) -> list[UsageRecord]:
    """The records that count: distinct, neither replaced nor voided, in the order of time."""
    once = distinct(records)
    struck = amended(once)
    return [record for record in once if record.voids is None and record.identity not in struck]


def tally(meter: Meter, records: Iterable[UsageRecord]) -> Tally:
    """Count records that count and carry what the meter reads.

    An event older than its meter may lack the property; the door refuses a newer one that does.
    """
    mine = [record for record in records if counts(meter, record)]
    if meter.aggregation is Aggregation.COUNT:
        return Tally(len(mine))
    name = meter.property or ""
    mine = [record for record in mine if name in record.properties]
    if meter.aggregation is Aggregation.UNIQUE:
        return Tally(len(mine), distinct=tuple(sorted({_digest(r.properties[name]) for r in mine})))
    values = [(value, record) for record in mine if (value := _value(meter, record)) is not None]
    if not values:
        return Tally()
    match meter.aggregation:
        case Aggregation.SUM:
            return Tally(len(values), sum((value for value, _ in values), Fraction(0)))
        case Aggregation.MAX:
            return Tally(len(values), max(value for value, _ in values))
        case Aggregation.LATEST:
            value, last = max(values, key=lambda pair: _place(pair[1]))
            return Tally(len(values), value, _place(last))


def merged(meter: Meter, one: Tally, other: Tally) -> Tally:
    """The tally of both sets of records."""
    if not one.count or not other.count:
        return one if one.count else other
    count = one.count + other.count
    match meter.aggregation:
        case Aggregation.COUNT:
            return Tally(count)
        case Aggregation.SUM:
            return Tally(count, one.value + other.value)
        case Aggregation.MAX:
            return Tally(count, max(one.value, other.value))
        case Aggregation.UNIQUE:
            return Tally(count, distinct=tuple(sorted({*one.distinct, *other.distinct})))
        case Aggregation.LATEST:
            later = max(one, other, key=lambda found: found.place)
            return Tally(count, later.value, later.place)


def result(meter: Meter, found: Tally) -> Fraction:
    """The quantity a tally amounts to."""
    match meter.aggregation:
        case Aggregation.COUNT:
            return Fraction(found.count)
        case Aggregation.UNIQUE:
            return Fraction(len(found.distinct))
        case _:
            return found.value


def quantity(meter: Meter, records: Iterable[UsageRecord]) -> Fraction:
    """What a meter makes of records that count."""
    return result(meter, tally(meter, records))


def fingerprint(records: Iterable[UsageRecord]) -> str:
    """SHA-256 over the identities and values of records, in their order."""
    digest = hashlib.sha256()
    for record in records:
        properties = sorted(record.properties.items())
        row = [record.source, record.id, record.time.isoformat(), record.event_type, properties]
        digest.update(json.dumps(row).encode())
    return digest.hexdigest()


def value_of(meter: Meter, record: UsageRecord) -> Fraction:
    """The number a record carries for a meter; a RuleError names the property that has none."""
    name = meter.property or ""
    if name not in record.properties:
        raise RuleError("missing_property", f"{meter.key} reads {name!r}", f"data.{name}")
    return parse_decimal(record.properties[name], f"data.{name}", negative=True)


def _value(meter: Meter, record: UsageRecord) -> Fraction | None:
    try:
        return value_of(meter, record)
    except RuleError:
        return None


def _place(record: UsageRecord) -> str:
    """Where a record stands in the order of time; sorts as text."""
    return f"{record.time:%Y-%m-%dT%H:%M:%S.%f} {record.source} {record.id}"


def _digest(value: str) -> str:
    return hashlib.sha256(value.encode()).hexdigest()[:_DIGEST]

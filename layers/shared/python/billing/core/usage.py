"""What a meter makes of usage records: its quantity, as finely as the charges that price it look.

A quantity is merged from tallies of its parts, so a day is counted once and its tally kept: count, sum,
greatest, distinct values and the latest value all merge, in any order. Transactions are ordered: they are
read again.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from billing.core.catalogue import Aggregation, Meter
from billing.core.charges import Charge, Dynamic, Matrix, Percentage
from billing.core.errors import RuleError
from billing.core.measured import Group, Measured
from billing.core.record import Record
from billing.core.usage_records import UsageRecord, counts, value_of

_DIGEST = 32  # hex digits of a distinct value: 128 bits


@dataclass(frozen=True, slots=True)
class Tally(Record):
    """What a meter makes of some records. Tallies of disjoint records merge."""

    count: int = 0
    value: Fraction = Fraction(0)  # the sum, the greatest or the latest value
    place: str = ""  # of the latest value, in the order of time
    distinct: tuple[str, ...] = ()  # digests of the values, sorted


@dataclass(frozen=True, slots=True)
class Reading:
    """A way to count records: by a meter, and for each combination of some properties apart."""

    meter: Meter
    dimensions: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        """The name of its tally; of one with dimensions, what their names begin with."""
        return f"{self.meter.key} by {json.dumps(self.dimensions)}" if self.dimensions else self.meter.key

    def tallies(self, records: Sequence[UsageRecord]) -> dict[str, Tally]:
        """The tally of records, or one for each combination that is among them, by name."""
        if not self.dimensions:
            return {self.key: tally(self.meter, records)}
        apart: dict[tuple[str, ...], list[UsageRecord]] = {}
        for record in records:
            if counts(self.meter, record):
                values = tuple(record.properties.get(name, "") for name in self.dimensions)
                apart.setdefault(values, []).append(record)
        return {f"{self.key}={json.dumps(v)}": tally(self.meter, apart[v]) for v in sorted(apart)}

    def names(self, name: str) -> bool:
        """Whether this is the name of one of its tallies."""
        return name == self.key or name.startswith(f"{self.key}=")


def readings(meter: Meter, charges: Iterable[Charge]) -> list[Reading]:
    """How a meter is read for charges: its quantity, and where one asks, by groups and what was supplied."""
    found = [Reading(meter)]
    dimensions: dict[str, None] = {}
    supplied: str | None = None
    for charge in charges:
        match charge:
            case Matrix(dimensions=names):
                dimensions |= dict.fromkeys(names)
            case Dynamic(property=str(name)):
                supplied = name
            case _:
                pass
    if dimensions:
        found.append(Reading(meter, tuple(dimensions)))
    if supplied:
        found.append(_supplied(meter, supplied))
    return found


def reading_named(key: str, meters: Mapping[str, Meter]) -> Reading | None:
    """The reading of this name, or None where its meter is not known."""
    name, _, rest = key.partition(" ")
    if name not in meters:
        return None
    kind, _, what = rest.partition(" ")
    match kind:
        case "by":
            return Reading(meters[name], tuple(json.loads(what)))
        case "supplied":
            return _supplied(meters[name], what)
        case _:
            return Reading(meters[name])


def ordered(charges: Iterable[Charge]) -> bool:
    """Whether one of these charges looks at each transaction in the order of time."""
    return any(isinstance(charge, Percentage) for charge in charges)


def measure(meter: Meter, records: Iterable[UsageRecord], charges: Sequence[Charge] = ()) -> Measured:
    """What a meter makes of records that count, as finely as these charges look at it."""
    mine = [record for record in records if counts(meter, record)]
    found = [(reading, reading.tallies(mine)) for reading in readings(meter, charges)]
    return measured(found, transactions(meter, mine) if ordered(charges) else ())


def measured(found: Iterable[tuple[Reading, Mapping[str, Tally]]], each: tuple[Fraction, ...]) -> Measured:
    """What the tallies of a meter's readings, and its transactions, amount to."""
    whole = Measured(Fraction(0), each)
    for number, (reading, tallies) in enumerate(found):
        if reading.dimensions:
            whole = replace(whole, groups=_groups(reading, tallies))
        else:
            amount = sum((result(reading.meter, one) for one in tallies.values()), Fraction(0))
            whole = replace(whole, supplied=amount) if number else replace(whole, quantity=amount)
    return whole


def transactions(meter: Meter, records: Iterable[UsageRecord]) -> tuple[Fraction, ...]:
    """The amount of every record that counts, in their order."""
    values = (_value(meter, record) for record in records if counts(meter, record))
    return tuple(value for value in values if value is not None)


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


def _groups(reading: Reading, tallies: Mapping[str, Tally]) -> tuple[Group, ...]:
    """The quantity of every combination of properties, in the order of the values."""
    found: dict[tuple[str, ...], Fraction] = {
        tuple(json.loads(name.removeprefix(f"{reading.key}="))): result(reading.meter, one)
        for name, one in tallies.items()
    }
    return tuple(
        Group(found[values], dict(zip(reading.dimensions, values, strict=True))) for values in sorted(found)
    )


def _supplied(meter: Meter, name: str) -> Reading:
    key = f"{meter.key} supplied {name}"
    return Reading(replace(meter, key=key, aggregation=Aggregation.SUM, property=name))


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

"""Usage records: what one says, which of them count, and the values they carry."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction

from billing.core.catalogue import Meter
from billing.core.errors import RuleError
from billing.core.quantities import parse_decimal
from billing.core.record import Record

Identity = tuple[str, str, str]


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
    return property_of(record, meter.property or "", meter)


def property_of(record: UsageRecord, name: str, meter: Meter) -> Fraction:
    """A property as a number; a RuleError names the one that has none."""
    if name not in record.properties:
        raise RuleError("missing_property", f"{meter.key} reads {name!r}", f"data.{name}")
    return parse_decimal(record.properties[name], f"data.{name}", negative=True)

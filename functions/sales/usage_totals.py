"""What a customer used between two instants, as a bill needs it: folded first, then read day by day."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from typing import Any

from billing.aws.table import Table, aggregate_pk
from billing.core.catalogue import Meter, Plan
from billing.core.charges import Charge
from billing.core.errors import NotFoundError
from billing.core.invoicing import Usage
from billing.core.periods import Period
from billing.core.usage import (
    Reading,
    Tally,
    measured,
    merged,
    ordered,
    reading_named,
    readings,
    transactions,
)
from billing.core.usage_records import UsageRecord, counted
from sales.usage.folding import FoldedDay, Segment, fold, read_item, stored_day
from sales.usage.log import Head, forget, read_day, read_head, usage_table

Charges = Mapping[str, Sequence[Charge]]  # those that price a meter, by its key


class CustomerUsage:
    """A customer's usage: one read for its head, one query a period, a fold for each day that has moved.

    With `keep` a fold is stored; without it (a preview) it is only made.
    """

    def __init__(self, table: Table, tenant: str, customer: str, *, keep: bool) -> None:
        self._table = table
        self._tenant = tenant
        self._customer = customer
        self._keep = keep
        self._days: dict[str, FoldedDay] = {}
        self._loaded: tuple[date, date] | None = None

    def of_prices(self, plan: Plan, parts: Mapping[str, Period]) -> dict[str, Usage]:
        """What was used of each metered price of a plan in its part of time, by the price's key."""
        charges: dict[str, list[Charge]] = {}
        meters: dict[Period, dict[str, str]] = {}
        for price in plan.prices:
            if price.meter:
                charges.setdefault(price.meter, []).extend(price.charges.values())
            if price.meter and price.key in parts:
                meters.setdefault(parts[price.key], {})[price.key] = price.meter
        found: dict[str, Usage] = {}
        for period, asked in meters.items():
            counted = self.of_meters(list(asked.values()), period, charges)
            found |= {key: counted[meter] for key, meter in asked.items()}
        return found

    def of_meters(
        self, keys: Sequence[str], period: Period, charges: Charges | None = None
    ) -> dict[str, Usage]:
        """What each of these meters made of a period, with the manifest it can be counted again from."""
        if not keys:
            return {}
        asked = [(self._meter(key), tuple((charges or {}).get(key, ()))) for key in dict.fromkeys(keys)]
        days = self._folded(period, [one for meter, by in asked for one in readings(meter, by)])
        manifest = _manifest(days, period)
        return {meter.key: self._usage(meter, by, days, period, manifest) for meter, by in asked}

    def close(self, *, before: datetime) -> None:
        """Fold the days that nothing is accepted for any more, so that the head can forget them."""
        for day, appended in self._head.days.items():
            if day < before.date().isoformat():
                known = stored_day(self._tenant, self._customer, day)
                fold(known, 0, self._all(known, ()), (), keep=True)
                forget(self._tenant, self._customer, day, appended)

    def load(self, period: Period) -> None:
        """Read all folded days of a period in one query; what is asked within it reads no more."""
        self._read(period.start.date(), _last(period))

    @cached_property
    def _head(self) -> Head:
        return read_head(self._tenant, self._customer)

    @cached_property
    def _meters(self) -> dict[str, Meter]:
        items = self._table.query(aggregate_pk(self._tenant, "catalogue"), "METER#")
        return {meter.key: meter for meter in (Meter.from_data(item["data"]) for item in items)}

    def _meter(self, key: str) -> Meter:
        if key not in self._meters:
            raise NotFoundError("meter_not_found", "there is no such meter")
        return self._meters[key]

    def _folded(self, period: Period, asked: Sequence[Reading]) -> list[FoldedDay]:
        """The days of a period that were ever appended to, each as new as its chunks and cut as needed."""
        first, last = period.start.date(), _last(period)
        appended = {d: n for d, n in self._head.days.items() if first.isoformat() <= d <= last.isoformat()}
        found = self._read(first, last)
        for day in sorted({*appended, *found}):
            known = found.get(day, FoldedDay(self._tenant, self._customer, day))
            now, cuts = appended.get(day, 0), _cuts(period, day)
            if known.version is None or known.appended != now or not known.answers(asked, cuts):
                found[day] = fold(known, now, self._all(known, asked), cuts, keep=self._keep)
                self._days[day] = found[day]
        return [found[day] for day in sorted(found)]

    def _read(self, first: date, last: date) -> dict[str, FoldedDay]:
        """The folded days of a span, from what was loaded where that covers it."""
        if self._loaded is None or first < self._loaded[0] or last > self._loaded[1]:
            pk = aggregate_pk(self._tenant, f"usage/{self._customer}")
            items = usage_table().between(pk, f"DAY#{first}", f"DAY#{last}")
            days = [read_item(self._tenant, self._customer, item) for item in items]
            self._days, self._loaded = {day.day: day for day in days}, (first, last)
        inside = (first.isoformat(), last.isoformat())
        return {name: day for name, day in self._days.items() if inside[0] <= name <= inside[1]}

    def _all(self, known: FoldedDay, asked: Iterable[Reading]) -> list[Reading]:
        """Every meter, what is asked now, and what was asked of this day before."""
        before = (reading_named(key, self._meters) for key in known.readings)
        wanted = [*(Reading(meter) for meter in self._meters.values()), *asked, *filter(None, before)]
        return list({reading.key: reading for reading in wanted}.values())

    def _usage(
        self,
        meter: Meter,
        charges: Sequence[Charge],
        days: Sequence[FoldedDay],
        period: Period,
        manifest: Mapping[str, Any],
    ) -> Usage:
        found = [(one, self._tallies(one, days, period)) for one in readings(meter, charges)]
        each = tuple[Any, ...]()
        if ordered(charges):
            each = transactions(meter, [r for day in days for r in self._records(day, period)])
        used = measured(found, each)
        count = sum(tally.count for tally in found[0][1].values())
        return Usage(used.quantity, {**manifest, "meter": meter.key, "count": count}, used)

    def _tallies(self, reading: Reading, days: Sequence[FoldedDay], period: Period) -> dict[str, Tally]:
        whole: dict[str, Tally] = {}
        for day in days:
            for part in self._parts(reading, day, period):
                for name, tally in part.items():
                    whole[name] = merged(reading.meter, whole.get(name, Tally()), tally)
        return whole

    def _parts(self, reading: Reading, day: FoldedDay, period: Period) -> Iterator[dict[str, Tally]]:
        segments: list[Segment] = list(day.within(period))
        if any(reading.key in segment.large for segment in segments):
            yield reading.tallies(self._records(day, period))
            return
        for segment in segments:
            yield {name: tally for name, tally in segment.tallies.items() if reading.names(name)}

    def _records(self, day: FoldedDay, period: Period) -> list[UsageRecord]:
        """What counts of a day within a period, in order, from the chunks that its fold has counted."""
        chunks, _ = read_day(self._tenant, self._customer, day.day)
        mine = [c for c in chunks if c.fold is None or c.fold <= day.number]
        records = counted(record for chunk in mine for record in chunk.records)
        return [record for record in records if period.contains(record.time)]


def _manifest(days: Sequence[FoldedDay], period: Period) -> dict[str, Any]:
    """What was read: the bounds in event time, and by the folds' numbers those of ingestion."""
    digest = hashlib.sha256()
    for segment in (segment for day in days for segment in day.within(period) if segment.count):
        digest.update(segment.hash.encode())
    return {
        "from": period.start.isoformat(),
        "to": period.end.isoformat(),
        "hash": digest.hexdigest(),
        "folds": {day.day: day.number for day in days if day.number},
    }


def _last(period: Period) -> date:
    """The last UTC day a period touches; its end belongs to the next one."""
    return (period.end - timedelta(microseconds=1)).date()


def _cuts(period: Period, day: str) -> set[datetime]:
    """Where a period begins or ends inside a day."""
    start = datetime.fromisoformat(day).replace(tzinfo=UTC)
    return {at for at in (period.start, period.end) if start < at < start + timedelta(days=1)}

"""What a customer used between two instants, as a bill needs it: folded first, then read day by day."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from typing import Any

from billing.aws.table import Table, aggregate_pk
from billing.core.catalogue import Meter, Plan
from billing.core.errors import NotFoundError
from billing.core.invoicing import Usage
from billing.core.periods import Period
from billing.core.usage import Tally, counted, merged, result, tally
from sales.usage.folding import FoldedDay, fold, read_item, stored_day
from sales.usage.log import Head, forget, read_day, read_head, usage_table


class CustomerUsage:
    """A customer's usage: one read for its head, one query a period, a fold for each day that has moved.

    With `keep` a fold is stored; without it (a preview) it is only made.
    """

    def __init__(self, table: Table, tenant: str, customer: str, *, keep: bool) -> None:
        self._table = table
        self._tenant = tenant
        self._customer = customer
        self._keep = keep

    def of_plan(self, plan: Plan, period: Period) -> dict[str, Usage]:
        """The quantity of each meter the plan prices."""
        return self.of_meters([price.meter for price in plan.prices if price.meter], period)

    def of_meters(self, keys: Sequence[str], period: Period) -> dict[str, Usage]:
        """The quantity of each of these meters, with the manifest it can be counted again from."""
        if not keys:
            return {}
        meters = [self._meter(key) for key in dict.fromkeys(keys)]
        days = self._folded(period)
        digest = hashlib.sha256()
        for segment in (segment for day in days for segment in day.within(period) if segment.count):
            digest.update(segment.hash.encode())
        manifest = {
            "from": period.start.isoformat(),
            "to": period.end.isoformat(),
            "hash": digest.hexdigest(),
            "folds": {day.day: day.number for day in days if day.number},
        }
        return {meter.key: self._usage(meter, days, period, manifest) for meter in meters}

    def close(self, *, before: datetime) -> None:
        """Fold the days that nothing is accepted for any more, so that the head can forget them."""
        for day, appended in self._head.days.items():
            if day < before.date().isoformat():
                known = stored_day(self._tenant, self._customer, day)
                fold(known, 0, list(self._meters.values()), (), keep=True)
                forget(self._tenant, self._customer, day, appended)

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

    def _folded(self, period: Period) -> list[FoldedDay]:
        """The days of a period that were ever appended to, each as new as its chunks and cut as needed."""
        pk = aggregate_pk(self._tenant, f"usage/{self._customer}")
        first, last = period.start.date(), _last(period)
        appended = {d: n for d, n in self._head.days.items() if first.isoformat() <= d <= last.isoformat()}
        found = {
            day.day: day
            for item in usage_table().between(pk, f"DAY#{first}", f"DAY#{last}")
            for day in [read_item(self._tenant, self._customer, item)]
        }
        for day in sorted({*appended, *found}):
            known = found.get(day, FoldedDay(self._tenant, self._customer, day))
            now, cuts = appended.get(day, 0), _cuts(period, day)
            meters = list(self._meters.values())
            if known.version is None or known.appended != now or not known.answers(meters, cuts):
                found[day] = fold(known, now, meters, cuts, keep=self._keep)
        return [found[day] for day in sorted(found)]

    def _usage(
        self, meter: Meter, days: Sequence[FoldedDay], period: Period, manifest: Mapping[str, Any]
    ) -> Usage:
        whole = Tally()
        for day in days:
            for part in self._parts(meter, day, period):
                whole = merged(meter, whole, part)
        found = result(meter, whole)
        return Usage(found, {**manifest, "meter": meter.key, "count": whole.count})

    def _parts(self, meter: Meter, day: FoldedDay, period: Period) -> Iterator[Tally]:
        segments = list(day.within(period))
        if any(meter.key in segment.large for segment in segments):
            chunks, _ = read_day(self._tenant, self._customer, day.day)
            records = counted(record for chunk in chunks for record in chunk.records)
            yield tally(meter, [record for record in records if period.contains(record.time)])
            return
        for segment in segments:
            yield segment.tallies.get(meter.key, Tally())


def _last(period: Period) -> date:
    """The last UTC day a period touches; its end belongs to the next one."""
    return (period.end - timedelta(microseconds=1)).date()


def _cuts(period: Period, day: str) -> set[datetime]:
    """Where a period begins or ends inside a day."""
    start = datetime.fromisoformat(day).replace(tzinfo=UTC)
    return {at for at in (period.start, period.end) if start < at < start + timedelta(days=1)}

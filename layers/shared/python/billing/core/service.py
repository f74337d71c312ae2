"""A time of service on a schedule: its first and last period may be shorter or longer than the rest."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction

from billing.core.catalogue import Timing
from billing.core.errors import RuleError
from billing.core.periods import Basis, FirstPart, Period, Schedule, local_date, ratio, start_of_day
from billing.core.record import Record
from billing.core.rounding import round_to_places


@dataclass(frozen=True, slots=True)
class Service(Record):
    """Service from a start to an end (None: open) over the periods of a schedule."""

    schedule: Schedule
    start: datetime
    end: datetime | None = None
    first_part: FirstPart = FirstPart.SHORT

    def __post_init__(self) -> None:
        if self.end is not None and self.end < self.start:
            raise RuleError("ends_before_start", "a service ends at or after its start", "end")

    def periods(self) -> Iterator[Period]:
        """Its periods from the start on: they tile it without gap or overlap."""
        number = self.schedule.index_at(self.start)
        start = self.start
        if self.first_part is FirstPart.LONG and self.schedule.boundary(number) < start:
            number += 1
        while self.end is None or start < self.end:
            number += 1
            end = self.schedule.boundary(number)
            if start < end:  # a day that the zone skipped has no time to bill
                yield Period(start, self.cut(end))
            start = end

    def period_at(self, instant: datetime) -> Period:
        """The period that contains the instant; RuleError `before_start` or `after_end`."""
        if instant < self.start:
            raise RuleError("before_start", "the service had not begun then")
        if self.end is not None and instant >= self.end:
            raise RuleError("after_end", "the service had ended then")
        whole = self.schedule.period_at(instant)
        first = next(self.periods())
        return first if instant < first.end else Period(whole.start, self.cut(whole.end))

    def cut(self, instant: datetime) -> datetime:
        """The instant, or the end of the service where that comes first."""
        return instant if self.end is None else min(instant, self.end)

    def due(self, at: datetime, timing: Timing) -> tuple[Period, ...]:
        """The periods to have been billed by an instant: those begun, or in arrears those ended."""
        found: list[Period] = []
        for period in self.periods():
            if at < (period.start if timing is Timing.ADVANCE else period.end):
                break
            found.append(period)
        return tuple(found)

    def charged(self, at: datetime, timing: Timing, basis: Basis, places: int | None = None) -> Fraction:
        """How many whole periods a service has been charged for by an instant."""
        if at < self.start:
            raise RuleError("before_start", "the service had not begun then")
        return sum((self.share(period, basis, places) for period in self.due(at, timing)), Fraction(0))

    def billed_at(self, at: datetime, timing: Timing) -> Period | None:
        """The period a run bills: the one that contains the instant, in arrears the last that ended.

        At its end a service is billed for what it had of the period it ended in.
        """
        if timing is Timing.ADVANCE or at == self.end:
            whole = self.schedule.period_at(at)
            return Period(max(whole.start, self.start), self.cut(whole.end))
        whole = self.schedule.period(self.schedule.index_at(at) - 1)
        return Period(max(whole.start, self.start), whole.end) if whole.end > self.start else None

    def share(self, period: Period, basis: Basis, places: int | None = None) -> Fraction:
        """How many whole periods a period of the service is charged for."""
        whole = self.schedule.period_at(period.start)
        first = period.start == self.start > whole.start
        if first and self.first_part is FirstPart.FREE:
            return Fraction(0)
        if first and self.first_part is FirstPart.FULL:
            return Fraction(1)
        total = Fraction(0)
        while period.start < period.end:
            part = Period(period.start, min(period.end, whole.end))
            total += rounded(ratio(part, whole, basis, self.schedule.zone), places)
            period = Period(part.end, period.end)
            whole = self.schedule.period_at(part.end)
        return total


def rounded(share: Fraction, places: int | None) -> Fraction:
    """A share as exact as it is, or with so many decimals that a reader can follow it."""
    return share if places is None else round_to_places(share, places)


def next_reset(schedule: Schedule, now: datetime, zone: str, end: datetime | None = None) -> datetime:
    """When a quota that follows a schedule starts anew: at the midnight that its period ends on."""
    reset = start_of_day(local_date(schedule.next(now), zone), zone)
    if reset <= now:
        after = schedule.next(schedule.next(now))
        reset = start_of_day(local_date(after, zone), zone)
    return reset if end is None else min(reset, end)

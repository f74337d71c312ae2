"""Billing periods from an anchor: the n-th is anchor + n, never the previous one plus one."""

from __future__ import annotations

import calendar
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from fractions import Fraction
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from billing.core.errors import RuleError
from billing.core.record import Record


class Unit(StrEnum):
    """Units of a cadence."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    QUARTER = "quarter"
    HALF_YEAR = "half_year"
    YEAR = "year"


class Basis(StrEnum):
    """What a part of a period is measured in."""

    SECOND = "second"
    DAY = "day"  # calendar days of the zone
    DAY_BOTH_ENDS = "day_both_ends"  # calendar days, the date of the end counted too
    DAY_OF_30 = "day_of_30"  # days of months that have 30 each


class ChangeDay(StrEnum):
    """Which side the day of a change belongs to, where parts are counted in days."""

    NEW = "new"
    OLD = "old"


class FirstPart(StrEnum):
    """What becomes of the time between the start and the first boundary."""

    SHORT = "short"  # a period of its own, charged for its share
    LONG = "long"  # part of the first whole period, which is charged for more than one
    FREE = "free"  # a period of its own that costs nothing
    FULL = "full"  # a period of its own, charged like a whole one


class Anchoring(StrEnum):
    """Where the boundaries of periods lie."""

    ANNIVERSARY = "anniversary"  # the instant of the start, and from it on
    CALENDAR = "calendar"  # midnights, Mondays, firsts of a month of the customer's zone


_MONTHS = {Unit.MONTH: 1, Unit.QUARTER: 3, Unit.HALF_YEAR: 6, Unit.YEAR: 12}
_DAYS = {Unit.DAY: 1, Unit.WEEK: 7}
_LENGTHS = {**_DAYS, Unit.MONTH: 30, Unit.QUARTER: 91, Unit.HALF_YEAR: 182, Unit.YEAR: 365}
_MICROSECOND = timedelta(microseconds=1)
LONGEST_CADENCE = 100 * 365  # days


@dataclass(frozen=True, slots=True)
class Cadence(Record):
    """How often something recurs: a unit and a count of 1 or more."""

    unit: Unit
    count: int = 1

    def __post_init__(self) -> None:
        if self.count < 1:
            raise RuleError("invalid_cadence", "a cadence counts 1 or more units", "count")
        if self.order > LONGEST_CADENCE:
            raise RuleError("invalid_cadence", "a cadence is a hundred years at most", "count")

    @property
    def order(self) -> int:
        """A length to compare cadences by, in days of months that have 30 and years of 365."""
        return _LENGTHS[self.unit] * self.count


def nests(longer: Cadence, shorter: Cadence, anchoring: Anchoring) -> bool:
    """Whether each period of one cadence consists of whole ones of another, from the same anchor."""
    for lengths in (_MONTHS, _DAYS):
        if longer.unit in lengths and shorter.unit in lengths:
            unit, own = lengths[longer.unit], lengths[shorter.unit]
            whole = unit * longer.count % (own * shorter.count) == 0
            # in the calendar each unit has an anchor of its own
            aligned = longer.unit is shorter.unit or (shorter.count == 1 and unit % own == 0)
            return whole and (aligned or anchoring is not Anchoring.CALENDAR)
    return False


@dataclass(frozen=True, slots=True)
class Period(Record):
    """A half-open interval [start, end) of UTC instants."""

    start: datetime
    end: datetime

    def contains(self, instant: datetime) -> bool:
        """Whether the instant lies inside; the end does not."""
        return self.start <= instant < self.end

    def intersect(self, other: Period) -> Period | None:
        """The common part, or None when there is none."""
        start, end = max(self.start, other.start), min(self.end, other.end)
        return Period(start, end) if start < end else None


@dataclass(frozen=True, slots=True)
class Schedule(Record):
    """Consecutive periods that tile time from an anchor, in the wall time of a zone.

    `anchor_day` keeps a day of month (1-31) that the anchor's own month is too short for.
    A wall time that a zone skips moves behind the gap; one that comes twice means the first.
    """

    anchor: datetime
    zone: str
    cadence: Cadence
    anchor_day: int | None = None

    def boundary(self, number: int) -> datetime:
        """The instant `number` cadences after the anchor (before it when negative)."""
        if number == 0:
            return self.anchor.astimezone(UTC)
        local = self.anchor.astimezone(zone_of(self.zone))
        steps = number * self.cadence.count
        if self.cadence.unit in _DAYS:
            day = local.date() + timedelta(days=steps * _DAYS[self.cadence.unit])
        else:
            day = add_months(local.date(), steps * _MONTHS[self.cadence.unit], self.anchor_day or local.day)
        return _instant(day, local.time(), self.zone)

    def period(self, number: int) -> Period:
        """The n-th period; 0 begins at the anchor."""
        return Period(self.boundary(number), self.boundary(number + 1))

    def index_at(self, instant: datetime) -> int:
        """The number of the period that contains the instant."""
        guess = self._guess(instant)
        while self.boundary(guess) > instant:
            guess -= 1
        while self.boundary(guess + 1) <= instant:
            guess += 1
        return guess

    def period_at(self, instant: datetime) -> Period:
        """The period that contains the instant."""
        return self.period(self.index_at(instant))

    def next(self, instant: datetime, *, inclusive: bool = False) -> datetime:
        """The first boundary after the instant; `inclusive` takes one that falls on it."""
        period = self.period_at(instant)
        return instant if inclusive and period.start == instant else period.end

    def previous(self, instant: datetime, *, inclusive: bool = False) -> datetime:
        """The last boundary before the instant; `inclusive` takes one that falls on it."""
        number = self.index_at(instant)
        start = self.boundary(number)
        return start if inclusive or start < instant else self.boundary(number - 1)

    def end_from(self, start: datetime) -> datetime:
        """The end of a period that began at `start`, on a boundary or not (an import, a resumption).

        It lasts whole cadences from the last of the anchor's days at or before it, and ends at the
        anchor itself where that comes sooner.
        """
        steps = Cadence(Unit.MONTH) if self.cadence.unit in _MONTHS else Cadence(self.cadence.unit)
        if self.cadence.unit is Unit.YEAR:
            steps = Cadence(Unit.YEAR)
        days = Schedule(self.anchor, self.zone, steps, self.anchor_day)
        length = self.cadence.count
        if steps.unit is Unit.MONTH:
            length *= _MONTHS[self.cadence.unit]
        end = days.boundary(days.index_at(start) + length)
        return self.boundary(0) if start < self.anchor < end else end

    def _guess(self, instant: datetime) -> int:
        zone = zone_of(self.zone)
        first, last = self.anchor.astimezone(zone).date(), instant.astimezone(zone).date()
        if self.cadence.unit in _DAYS:
            return (last - first).days // (_DAYS[self.cadence.unit] * self.cadence.count)
        months = (last.year - first.year) * 12 + last.month - first.month
        return months // (_MONTHS[self.cadence.unit] * self.cadence.count)


def anchored_on_day(start: datetime, zone: str, cadence: Cadence, day: int) -> Schedule:
    """A schedule whose boundaries fall on a day of month; days and weeks count from the start."""
    if cadence.unit in _DAYS:
        return Schedule(start, zone, cadence)
    first = add_months(local_date(start, zone), 0, day)
    return Schedule(start_of_day(first, zone), zone, cadence, day)


def anchored_in_calendar(instant: datetime, zone: str, cadence: Cadence) -> Schedule:
    """A schedule whose boundaries are those of the calendar: midnights, Mondays, firsts of a month."""
    return Schedule(start_of_unit(instant, cadence.unit, zone), zone, cadence)


@lru_cache(maxsize=64)
def zone_of(name: str) -> ZoneInfo:
    """The IANA zone of this name; an unknown one is refused, never taken for UTC."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise RuleError("unknown_zone", f"{name[:60]!r} is not an IANA time zone", "zone") from error


def add_months(day: date, months: int, anchor_day: int) -> date:
    """The anchor day in the month that is `months` later, clamped to that month's last day."""
    index = day.year * 12 + day.month - 1 + months
    year, month = divmod(index, 12)
    last = calendar.monthrange(year, month + 1)[1]
    return date(year, month + 1, min(anchor_day, last))


def local_date(instant: datetime, zone: str) -> date:
    """The calendar date of an instant in a zone; an unknown zone is a RuleError."""
    return instant.astimezone(zone_of(zone)).date()


def start_of_day(day: date, zone: str) -> datetime:
    """The first instant of a calendar day in a zone, in UTC."""
    return _instant(day, time(), zone)


def start_of_unit(instant: datetime, unit: Unit, zone: str) -> datetime:
    """The first instant of the calendar unit that holds the instant; weeks begin on Monday."""
    day = local_date(instant, zone)
    if unit is Unit.WEEK:
        day -= timedelta(days=day.weekday())
    elif unit in _MONTHS:
        months = _MONTHS[unit]
        day = date(day.year, (day.month - 1) // months * months + 1, 1)
    return start_of_day(day, zone)


def start_of_hour(instant: datetime, zone: str) -> datetime:
    """The full hour of a zone's wall clock at or before the instant."""
    local = instant.astimezone(zone_of(zone))
    return local.replace(minute=0, second=0, microsecond=0).astimezone(UTC)


def ratio(part: Period, whole: Period, basis: Basis, zone: str = "UTC") -> Fraction:
    """The exact share of a whole period: by seconds, or by calendar days of the zone."""
    if basis is Basis.SECOND:
        return Fraction((part.end - part.start) // _MICROSECOND, (whole.end - whole.start) // _MICROSECOND)
    return Fraction(days_in(part, basis, zone), days_in(whole, basis, zone))


def days_in(period: Period, basis: Basis, zone: str) -> int:
    """The days of a period as a basis counts them."""
    first, last = local_date(period.start, zone), local_date(period.end, zone)
    if basis is Basis.DAY_OF_30:
        months = (last.year - first.year) * 12 + last.month - first.month
        return 30 * months + min(last.day, 30) - min(first.day, 30)
    days = (last - first).days
    return days + 1 if basis is Basis.DAY_BOTH_ENDS else days


def wall_time(local: datetime, zone: str) -> datetime:
    """The instant at which a zone's clocks show this time; one that is skipped moves behind the gap."""
    return _instant(local.date(), local.time(), zone)


def _instant(day: date, at: time, zone: str) -> datetime:
    """Wall time to an instant. PEP 495, fold 0: behind a gap, and the first of two."""
    return datetime.combine(day, at.replace(fold=0), zone_of(zone)).astimezone(UTC)

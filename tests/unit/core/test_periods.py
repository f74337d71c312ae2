from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from zoneinfo import available_timezones

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from billing.core.errors import RuleError
from billing.core.periods import (
    Basis,
    Cadence,
    Period,
    Schedule,
    Unit,
    add_months,
    anchored_in_calendar,
    anchored_on_day,
    days_in,
    ratio,
    start_of_hour,
)

MONTHLY, YEARLY = Cadence(Unit.MONTH), Cadence(Unit.YEAR)


def at(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)


def test_the_31st_is_clamped_in_short_months_and_comes_back():
    schedule = Schedule(at(2025, 1, 31), "UTC", MONTHLY)

    days = [schedule.boundary(n).date() for n in range(5)]

    assert days == [
        date(2025, 1, 31),
        date(2025, 2, 28),
        date(2025, 3, 31),
        date(2025, 4, 30),
        date(2025, 5, 31),
    ]


def test_a_leap_day_renews_on_the_28th_and_returns_to_the_29th():
    schedule = Schedule(at(2024, 2, 29), "UTC", YEARLY)

    assert [schedule.boundary(n).date().day for n in range(5)] == [29, 28, 28, 28, 29]


def test_a_day_in_zurich_has_23_hours_when_summer_time_begins():
    schedule = Schedule(at(2025, 3, 29, 23), "Europe/Zurich", Cadence(Unit.DAY))

    period = schedule.period(0)

    assert period.end - period.start == timedelta(hours=23)


def test_a_wall_time_that_is_skipped_moves_behind_the_gap():
    schedule = Schedule(at(2025, 3, 29, 1, 30), "Europe/Zurich", Cadence(Unit.DAY))

    assert schedule.boundary(1) == at(2025, 3, 30, 1, 30)  # 02:30 does not exist: 03:30 summer time


def test_a_wall_time_that_comes_twice_means_the_first():
    schedule = Schedule(at(2025, 10, 25, 0, 30), "Europe/Zurich", Cadence(Unit.DAY))

    assert schedule.boundary(1) == at(2025, 10, 26, 0, 30)  # 02:30 in summer time, not an hour later


def test_an_unknown_zone_is_refused_and_never_taken_for_utc():
    with pytest.raises(RuleError) as refused:
        Schedule(at(2025, 1, 1), "Mars/Olympus", MONTHLY).boundary(1)

    assert refused.value.code == "unknown_zone"


def test_half_of_june_is_half_by_seconds_and_by_days():
    june = Period(at(2025, 6, 1), at(2025, 7, 1))
    rest = Period(at(2025, 6, 16), at(2025, 7, 1))

    assert ratio(rest, june, Basis.SECOND) == Fraction(1, 2)
    assert ratio(rest, june, Basis.DAY) == Fraction(1, 2)


def test_months_are_added_across_years_in_both_directions():
    assert add_months(date(2025, 11, 30), 3, 30) == date(2026, 2, 28)
    assert add_months(date(2025, 1, 31), -2, 31) == date(2024, 11, 30)


ANY_ZONE = st.sampled_from(sorted(available_timezones()))
ANY_CADENCE = st.builds(Cadence, st.sampled_from(Unit), st.integers(1, 12))
ANY_ANCHOR = st.datetimes(datetime(2000, 1, 1), datetime(2035, 12, 31)).map(  # noqa: DTZ001 -- made aware
    lambda moment: moment.replace(tzinfo=UTC)
)


@settings(max_examples=120, deadline=None)
@given(ANY_ANCHOR, ANY_ZONE, ANY_CADENCE)
def test_periods_tile_forty_years_without_gap_or_overlap(anchor, zone, cadence):
    schedule = Schedule(anchor, zone, cadence)
    steps = 40 * 365 // cadence.order + 1
    steps = min(steps, 500)  # of short cadences the first 500

    boundaries = [schedule.boundary(n) for n in range(steps + 1)]

    assert boundaries == sorted(boundaries)
    assert len(set(boundaries)) >= len(boundaries) - 1  # Apia and Fakaofo once skipped a day
    for n in range(0, steps, max(steps // 12, 1)):
        assert schedule.index_at(boundaries[n]) == n
        assert schedule.index_at(boundaries[n + 1] - timedelta(microseconds=1)) == n


@settings(max_examples=60, deadline=None)
@given(ANY_ANCHOR, ANY_ZONE, ANY_CADENCE, st.integers(-(10**8), 10**9))
def test_the_boundaries_around_an_instant_are_those_of_its_period(anchor, zone, cadence, seconds):
    schedule, instant = Schedule(anchor, zone, cadence), anchor + timedelta(seconds=seconds)

    period = schedule.period_at(instant)

    assert period.contains(instant)
    assert schedule.previous(instant, inclusive=True) == period.start
    assert schedule.next(instant) == period.end
    assert schedule.next(period.start, inclusive=True) == period.start
    assert schedule.previous(period.start) < period.start


def test_a_day_that_a_zone_skipped_is_an_empty_period():
    days = Schedule(at(2011, 12, 29, 20), "Pacific/Apia", Cadence(Unit.DAY))

    assert days.period(0) == Period(at(2011, 12, 29, 20), at(2011, 12, 30, 20))
    assert days.period(1) == Period(at(2011, 12, 30, 20), at(2011, 12, 30, 20))
    assert days.period_at(at(2011, 12, 30, 20)) == days.period(2)


def test_calendar_boundaries_are_midnights_of_the_zone():
    quarter = anchored_in_calendar(at(2025, 5, 20), "Europe/Zurich", Cadence(Unit.QUARTER))
    week = anchored_in_calendar(at(2025, 5, 20), "Europe/Zurich", Cadence(Unit.WEEK))
    half = anchored_in_calendar(at(2025, 5, 20), "UTC", Cadence(Unit.HALF_YEAR))

    assert quarter.period(0) == Period(at(2025, 3, 31, 22), at(2025, 6, 30, 22))
    assert week.period(0) == Period(at(2025, 5, 18, 22), at(2025, 5, 25, 22))  # from Monday the 19th
    assert half.period(0) == Period(at(2025, 1, 1), at(2025, 7, 1))


def test_a_billing_day_keeps_its_day_through_short_months():
    schedule = anchored_on_day(at(2025, 2, 10), "UTC", MONTHLY, 31)

    assert [schedule.boundary(n).date().day for n in range(4)] == [28, 31, 30, 31]


def test_a_period_that_began_off_the_grid_ends_on_the_anchors_day():
    schedule = Schedule(at(2025, 1, 15, 12), "UTC", Cadence(Unit.QUARTER))

    assert schedule.end_from(at(2025, 4, 15, 12)) == at(2025, 7, 15, 12)
    assert schedule.end_from(at(2025, 6, 1)) == at(2025, 8, 15, 12)  # three months from 15 May
    assert schedule.end_from(at(2024, 12, 20)) == at(2025, 1, 15, 12)


def test_days_of_months_that_have_thirty_each():
    whole, part = Period(at(2025, 2, 15), at(2025, 3, 15)), Period(at(2025, 2, 23), at(2025, 3, 15))

    assert ratio(part, whole, Basis.DAY_OF_30) == Fraction(22, 30)
    assert days_in(part, Basis.DAY_BOTH_ENDS, "UTC") == 21


def test_an_hour_begins_on_the_wall_clock():
    assert start_of_hour(at(2026, 8, 13, 14, 37), "Asia/Kathmandu") == at(2026, 8, 13, 14, 15)

from datetime import UTC, date, datetime, timedelta
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from billing.core.errors import RuleError
from billing.core.periods import Basis, Cadence, Period, Schedule, Unit, add_months, ratio

MONTHLY, YEARLY = Cadence(Unit.MONTH), Cadence(Unit.YEAR)
ZONES = [
    "UTC",
    "Europe/Zurich",
    "America/New_York",
    "America/St_Johns",
    "Asia/Kathmandu",
    "Australia/Lord_Howe",
    "Pacific/Auckland",
    "Africa/Casablanca",
    "America/Sao_Paulo",
    "Asia/Tehran",
]


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


@settings(max_examples=60, deadline=None)
@given(
    st.datetimes(datetime(2000, 1, 1), datetime(2035, 12, 31)),  # noqa: DTZ001 -- made aware below
    st.sampled_from(ZONES),
    st.sampled_from(list(Unit)),
    st.integers(1, 5),
)
def test_periods_tile_forty_years_without_gap_or_overlap(anchor, zone, unit, count):
    schedule = Schedule(anchor.replace(tzinfo=UTC), zone, Cadence(unit, count))
    steps = {Unit.DAY: 400, Unit.WEEK: 400, Unit.MONTH: 480, Unit.QUARTER: 160, Unit.YEAR: 40}[unit] // count

    boundaries = [schedule.boundary(n) for n in range(steps + 1)]

    assert boundaries == sorted(set(boundaries))
    for n in range(0, steps, 37):
        assert schedule.index_at(boundaries[n]) == n
        assert schedule.index_at(boundaries[n + 1] - timedelta(microseconds=1)) == n

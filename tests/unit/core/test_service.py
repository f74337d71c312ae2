from datetime import UTC, datetime, timedelta
from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.core.catalogue import Timing
from billing.core.errors import RuleError
from billing.core.periods import Basis, Cadence, FirstPart, Period, Schedule, Unit, anchored_on_day
from billing.core.service import Service, next_reset


def at(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)


MONTHLY = Cadence(Unit.MONTH)
FIRSTS = anchored_on_day(at(2025, 1, 17), "UTC", MONTHLY, 1)
START = at(2025, 1, 17)  # 15 of the 31 days of January are left


def test_the_first_period_ends_at_the_first_boundary():
    periods = Service(FIRSTS, START).periods()

    assert next(periods) == Period(START, at(2025, 2, 1))
    assert next(periods) == Period(at(2025, 2, 1), at(2025, 3, 1))


def test_a_long_first_part_is_part_of_the_first_whole_period():
    service = Service(FIRSTS, START, first_part=FirstPart.LONG)
    first = service.period_at(at(2025, 2, 10))

    assert first == Period(START, at(2025, 3, 1))
    assert service.share(first, Basis.DAY) == 1 + Fraction(15, 31)
    assert service.period_at(at(2025, 3, 1)) == Period(at(2025, 3, 1), at(2025, 4, 1))


@pytest.mark.parametrize(
    ("first_part", "share"), [(FirstPart.SHORT, Fraction(15, 31)), (FirstPart.FREE, 0), (FirstPart.FULL, 1)]
)
def test_what_a_first_part_costs_is_a_setting(first_part, share):
    service = Service(FIRSTS, START, first_part=first_part)

    assert service.share(service.period_at(START), Basis.DAY) == share
    assert service.share(service.period_at(at(2025, 2, 1)), Basis.DAY) == 1


def test_a_service_that_ends_is_cut_and_billed_for_what_it_had():
    service = Service(FIRSTS, START, at(2025, 2, 15))

    assert list(service.periods())[-1] == Period(at(2025, 2, 1), at(2025, 2, 15))
    assert service.charged(at(2025, 3, 1), Timing.ADVANCE, Basis.DAY) == Fraction(15, 31) + Fraction(1, 2)
    assert service.billed_at(at(2025, 2, 15), Timing.ARREARS) == Period(at(2025, 2, 1), at(2025, 2, 15))


def test_ahead_is_billed_what_began_and_in_arrears_what_ended():
    service = Service(FIRSTS, START)

    assert [p.start for p in service.due(at(2025, 2, 1), Timing.ADVANCE)] == [START, at(2025, 2, 1)]
    assert [p.start for p in service.due(at(2025, 2, 1), Timing.ARREARS)] == [START]
    assert service.due(at(2025, 1, 20), Timing.ARREARS) == ()
    assert service.billed_at(at(2025, 1, 20), Timing.ARREARS) is None


@pytest.mark.parametrize(
    ("when", "code"), [(at(2025, 1, 16), "before_start"), (at(2025, 2, 15), "after_end")]
)
def test_outside_of_the_service_there_is_no_period(when, code):
    with pytest.raises(RuleError) as refused:
        Service(FIRSTS, START, at(2025, 2, 15)).period_at(when)

    assert refused.value.code == code


def test_an_end_before_the_start_is_refused():
    with pytest.raises(RuleError, match="ends_before_start"):
        Service(FIRSTS, START, at(2025, 1, 1))


def test_a_quota_starts_anew_at_the_midnight_its_period_ends_on():
    schedule = Schedule(at(2025, 1, 31, 8), "UTC", MONTHLY)

    assert next_reset(schedule, at(2025, 2, 10), "UTC") == at(2025, 2, 28)
    assert next_reset(schedule, at(2025, 2, 28, 1), "UTC") == at(2025, 3, 31)
    assert next_reset(schedule, at(2025, 2, 10), "UTC", at(2025, 2, 20)) == at(2025, 2, 20)


@given(
    st.integers(0, 10**8), st.integers(1, 10**8), st.integers(1, 31), st.sampled_from(FirstPart), st.data()
)
def test_periods_tile_the_service(offset, length, day, first_part, data):
    start = at(2020, 1, 1) + timedelta(seconds=offset)
    end = start + timedelta(seconds=length)
    schedule = anchored_on_day(start, "Europe/Zurich", MONTHLY, day)
    service = Service(schedule, start, end, first_part)
    periods = list(service.periods())

    assert (periods[0].start, periods[-1].end) == (start, end)
    assert all(one.end == other.start for one, other in pairwise(periods))
    some = data.draw(st.sampled_from(periods))
    assert service.period_at(some.start) == some


@given(st.integers(0, 10**8), st.integers(1, 10**7), st.sampled_from([Basis.SECOND, Basis.DAY]))
def test_cutting_a_service_in_two_costs_the_same(offset, length, basis):
    start = at(2020, 1, 1) + timedelta(seconds=offset)
    cut, end = start + timedelta(seconds=length), start + timedelta(seconds=2 * length)
    schedule = anchored_on_day(start, "UTC", MONTHLY, 1)

    def cost(one: datetime, other: datetime) -> Fraction:
        return Service(schedule, one, other).charged(other, Timing.ADVANCE, basis)

    assert cost(start, cut) + cost(cut, end) == cost(start, end)

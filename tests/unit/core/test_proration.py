from datetime import UTC, datetime, timedelta
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.core.money import Money, total
from billing.core.periods import Basis, ChangeDay, Period
from billing.core.policies import Direction
from billing.core.proration import (
    Item,
    Terms,
    limit_credit,
    limited,
    rest_of,
    settle,
    share_of,
    without_trace,
)
from billing.core.rounding import Rounding


def at(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)


JUNE = Period(at(2025, 6, 1), at(2025, 7, 1))
SMALL, LARGE = Item("base", Fraction(20)), Item("base", Fraction(50))
SEATS = Item("seats", Fraction(9))
SETUP = Item("setup", Fraction(100), prorated=False)


def changed(old, new, when, treatment=Direction.PRORATE, terms=None):
    return settle(old, new, period=JUNE, at=when, treatment=treatment, terms=terms or Terms(), currency="EUR")


def shown(entries):
    return [(entry.key, entry.side.value, entry.amount.plain()) for entry in entries]


def test_half_of_the_old_is_given_back_and_half_of_the_new_is_due():
    entries = changed([SMALL, SEATS], [LARGE, SEATS], at(2025, 6, 16))

    assert shown(entries) == [("base", "credit", "-10.00"), ("base", "charge", "25.00")]
    assert {(entry.share, entry.period) for entry in entries} == {
        (Fraction(1, 2), Period(at(2025, 6, 16), at(2025, 7, 1)))
    }


@pytest.mark.parametrize(
    ("treatment", "entries"),
    [
        (Direction.PRORATE, [("base", "credit", "-10.00"), ("base", "charge", "25.00")]),
        (Direction.CHARGE, [("base", "charge", "15.00")]),
        (Direction.RESTART, [("base", "credit", "-10.00")]),
        (Direction.NEXT_PERIOD, []),
        (Direction.NONE, []),
    ],
)
def test_each_treatment_of_a_change(treatment, entries):
    assert shown(changed([SMALL], [LARGE], at(2025, 6, 16), treatment)) == entries


def test_a_downgrade_that_only_charges_gives_nothing_back():
    assert changed([LARGE], [SMALL], at(2025, 6, 16), Direction.CHARGE) == ()


def test_the_difference_may_be_one_line_rounded_once():
    terms = Terms(net=True, rounding=Rounding.DOWN)

    entries = changed(
        [Item("seats", Fraction(30))], [Item("seats", Fraction(50))], at(2025, 6, 11), terms=terms
    )

    assert shown(entries) == [("seats", "net", "13.33")]


def test_a_one_time_price_is_charged_whole_and_never_given_back():
    assert shown(changed([], [SETUP], at(2025, 6, 29))) == [("setup", "charge", "100.00")]
    assert changed([SETUP], [], at(2025, 6, 2)) == ()


@pytest.mark.parametrize(("owner", "days"), [(ChangeDay.NEW, 15), (ChangeDay.OLD, 14)])
def test_the_day_of_change_belongs_to_one_side(owner, days):
    terms = Terms(basis=Basis.DAY, change_day=owner)
    rest = rest_of(JUNE, at(2025, 6, 16, 17), terms, "UTC")

    assert share_of(rest, JUNE, terms, "UTC") == Fraction(days, 30)


def test_days_are_those_of_the_zone():
    march = Period(at(2025, 2, 28, 23), at(2025, 3, 31, 22))  # Zurich, summer time on the 30th
    rest = rest_of(march, at(2025, 3, 29, 23, 30), Terms(basis=Basis.DAY), "Europe/Zurich")

    assert share_of(rest, march, Terms(basis=Basis.DAY), "Europe/Zurich") == Fraction(2, 31)


def test_a_credit_is_held_to_what_was_paid():
    entries = changed([LARGE], [SMALL], at(2025, 6, 16))

    held = limited(entries, Money(1500, "EUR"))

    assert shown(held) == [("base", "credit", "-15.00"), ("base", "charge", "10.00")]
    assert limit_credit(Fraction(300), Fraction(200), Fraction(50)) == 150
    assert limit_credit(Fraction(-50), Fraction(200), Fraction(50)) == 0
    assert limit_credit(Fraction(10), Fraction(200), Fraction(250)) == 0


amounts = st.integers(0, 10**6).map(lambda n: Fraction(n, 1000))
moments = st.integers(0, 30 * 24 * 3600 - 1).map(lambda seconds: JUNE.start + timedelta(seconds=seconds))
terms = st.builds(
    Terms,
    basis=st.sampled_from(Basis),
    change_day=st.sampled_from(ChangeDay),
    rounding=st.sampled_from(Rounding),
    net=st.booleans(),
)


@given(amounts, amounts, moments, terms)
def test_a_change_and_its_undo_leave_no_trace(old, new, when, how):
    before, after = [Item("base", old), SEATS], [Item("base", new), SEATS]
    there, back = changed(before, after, when, terms=how), changed(after, before, when, terms=how)

    assert total([entry.amount for entry in (*there, *back)], "EUR") == Money(0, "EUR")
    assert without_trace((*there, *back)) == ()


@given(amounts, amounts, amounts, moments, moments)
def test_what_was_billed_for_a_period_is_what_each_part_of_it_cost(first, second, third, one, other):
    one, other = sorted((one, other))
    exact = [
        amount * Fraction((end - start) // timedelta(seconds=1), 30 * 24 * 3600)
        for amount, start, end in (
            (first, JUNE.start, one),
            (second, one, other),
            (third, other, JUNE.end),
        )
    ]
    entries = (
        *changed([Item("a", first)], [Item("a", second)], one),
        *changed([Item("a", second)], [Item("a", third)], other),
    )
    billed = first * 100 + sum(entry.amount.minor for entry in entries)

    assert abs(billed - sum(exact) * 100) <= 2  # four entries, each rounded to half a cent


@given(moments)
def test_parts_of_a_period_sum_to_the_whole(when):
    parts = (Period(JUNE.start, when), Period(when, JUNE.end))

    assert sum(share_of(part, JUNE, Terms(), "UTC") for part in parts) == 1

"""One invoice in dated parts: the parts, their dates, and what is left of each."""

from datetime import UTC, datetime, timedelta
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.core.catalogue_file import as_file, diff, parse_catalogue
from billing.core.errors import RuleError
from billing.core.instalments import (
    First,
    Instalment,
    InstalmentScheme,
    Rest,
    Terms,
    due_by,
    left_of,
    split,
)
from billing.core.money import Money
from billing.core.periods import Cadence, Unit
from tests.builders import a_catalogue

MONTH = Cadence(Unit.MONTH)
JANUARY_31 = datetime(2026, 1, 31, 9, 30, tzinfo=UTC)
THIRDS = {"key": "thirds", "name": "Three parts", "count": 3, "cadence": {"unit": "month"}}


def thirds(**more):
    return InstalmentScheme("thirds", "Three parts", **{"cadence": MONTH, "count": 3, **more})


def parts(minor, scheme, at=JANUARY_31, zone="UTC", currency="EUR"):
    made = split(Money(minor, currency), Terms(scheme, zone), at)
    return [(each.due_at.isoformat()[:16], each.amount.minor) for each in made]


@pytest.mark.parametrize(
    ("minor", "rest", "amounts"),
    [
        (10000, Rest.FIRST, [3334, 3333, 3333]),
        (10000, Rest.LAST, [3333, 3333, 3334]),
        (10001, Rest.FIRST, [3335, 3333, 3333]),
        (9999, Rest.LAST, [3333, 3333, 3333]),
        (3, Rest.FIRST, [1, 1, 1]),
    ],
)
def test_one_takes_the_cents_that_do_not_divide(minor, rest, amounts):
    assert [amount for _, amount in parts(minor, thirds(rest=rest))] == amounts


def test_shares_are_percentages_of_the_total():
    scheme = thirds(count=None, shares=(Fraction(50), Fraction(25), Fraction(25)), rest=Rest.LAST)

    assert [amount for _, amount in parts(10003, scheme)] == [5001, 2500, 2502]


def test_dates_count_from_the_issue_and_keep_to_the_ends_of_months():
    assert [day for day, _ in parts(900, thirds())] == [
        "2026-01-31T09:30",
        "2026-02-28T09:30",
        "2026-03-31T09:30",
    ]
    assert [day for day, _ in parts(900, thirds(first=First.AFTER_ONE))] == [
        "2026-02-28T09:30",
        "2026-03-31T09:30",
        "2026-04-30T09:30",
    ]


def test_dates_are_of_the_customers_calendar():
    # 9:30 in Zürich is 8:30 UTC in winter, 7:30 UTC in summer
    at = datetime(2026, 2, 28, 8, 30, tzinfo=UTC)

    assert [day for day, _ in parts(900, thirds(), at, "Europe/Zurich")] == [
        "2026-02-28T08:30",
        "2026-03-28T08:30",
        "2026-04-28T07:30",
    ]


def test_what_is_small_or_in_the_customers_favour_is_not_split():
    scheme = thirds(minimum={"EUR": Fraction(100)})

    assert len(parts(10000, scheme)) == 3
    assert parts(9999, scheme) == []
    assert len(parts(9999, scheme, currency="CHF")) == 3  # no minimum is said for it
    assert parts(-30000, thirds()) == []
    assert parts(0, thirds()) == []
    assert parts(2, thirds()) == []  # a part would be of nothing


@given(
    minor=st.integers(1, 10**12),
    shares=st.lists(st.integers(1, 10_000), min_size=2, max_size=60),
    rest=st.sampled_from(Rest),
    first=st.sampled_from(First),
    unit=st.sampled_from(Unit),
    count=st.integers(1, 5),
    day=st.integers(0, 20_000),
    zone=st.sampled_from(["UTC", "Europe/Zurich", "America/Sao_Paulo", "Asia/Kathmandu"]),
)
def test_parts_sum_to_the_whole_in_order(minor, shares, rest, first, unit, count, day, zone):
    at = datetime(2020, 1, 31, 23, 59, tzinfo=UTC) + timedelta(days=day)
    whole = [Fraction(100 * share, sum(shares)) for share in shares]
    scheme = InstalmentScheme("any", "Any", Cadence(unit, count), shares=tuple(whole), rest=rest, first=first)

    made = split(Money(minor, "USD"), Terms(scheme, zone), at)

    if not made:
        assert min(minor * share // 100 for share in whole) < 1
        return
    assert len(made) == len(shares)
    assert sum(each.amount.minor for each in made) == minor
    assert all(each.amount.minor > 0 for each in made)
    dates = [each.due_at for each in made]
    assert dates == sorted(set(dates))
    assert dates[0] >= at
    assert (dates[0] == at) == (first is First.AT_ISSUE)


HUNDREDS = tuple(Instalment(JANUARY_31 + timedelta(days=30 * n), Money(100, "EUR")) for n in range(3))


@pytest.mark.parametrize(
    ("paid", "credited", "left"),
    [
        (0, 0, (100, 100, 100)),
        (150, 0, (0, 50, 100)),
        (300, 0, (0, 0, 0)),
        (0, 150, (100, 50, 0)),  # the last ones first
        (150, 100, (0, 50, 0)),
        (100, 200, (0, 0, 0)),
        (500, 0, (0, 0, 0)),
    ],
)
def test_money_covers_the_earliest_and_a_credit_lowers_the_last(paid, credited, left):
    assert left_of(HUNDREDS, paid=paid, credited=credited) == left


def test_what_is_due_grows_date_by_date():
    left = left_of(HUNDREDS, paid=50)

    assert [due_by(HUNDREDS, left, JANUARY_31 + timedelta(days=day)) for day in (-1, 0, 29, 30, 60)] == [
        0,
        50,
        50,
        150,
        250,
    ]


def catalogue(**more):
    return parse_catalogue({**a_catalogue(), "instalment_schemes": [{**THIRDS, **more}]})


@pytest.mark.parametrize(
    ("more", "code", "field"),
    [
        ({"shares": ["50", "50"]}, "count_or_shares", ""),
        ({"count": None}, "count_or_shares", ""),
        ({"count": 1}, "invalid_count", ".count"),
        ({"count": 61}, "invalid_count", ".count"),
        ({"count": None, "shares": ["100"]}, "invalid_count", ".shares"),
        ({"count": None, "shares": ["50", "49.5"]}, "shares_do_not_sum", ".shares"),
        ({"count": None, "shares": ["150", "-50"]}, "not_positive", ".shares[1]"),
        ({"minimum": {"USD": "0"}}, "not_positive", ".minimum.USD"),
        ({"minimum": {"USD": "0.001"}}, "too_many_decimals", ".minimum.USD"),
        ({"minimum": {"XXY": "1"}}, "unknown_currency", ".minimum.XXY"),
        ({"plans": ["nope"]}, "unknown_plan", ".plans[0]"),
        ({"rest": "middle"}, "unknown_value", ".rest"),
        ({"cadence": {"unit": "month", "count": 0}}, "invalid_cadence", None),
        ({"key": "Thirds"}, "invalid_key", ".key"),
        ({"names": {"GERMAN": "x"}}, "invalid_locale", ".names.GERMAN"),
        ({"parts": 3}, "unknown_field", ".parts"),
    ],
)
def test_a_scheme_that_cannot_split_is_refused(more, code, field):
    with pytest.raises(RuleError) as refused:
        catalogue(**more)

    assert refused.value.code == code
    assert field is None or refused.value.field == f"instalment_schemes[0]{field}"


def test_what_differs_of_a_scheme_is_shown_field_by_field():
    before = catalogue(minimum={"USD": "100"})
    after = catalogue(count=None, shares=["50", "25", "25"], minimum={"USD": "120"}, accelerate=True)

    [changed] = diff(before, after)

    assert (changed.kind, changed.key, changed.action) == ("instalment_scheme", "thirds", "changed")
    assert {each.field: (each.old, each.new) for each in changed.fields} == {
        "count": ("3", None),
        "shares": ("", "50, 25, 25"),
        "minimum.USD": ("100.00", "120.00"),
        "accelerate": ("false", "true"),
    }
    assert diff(after, parse_catalogue(as_file(after))) == ()

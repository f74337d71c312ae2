from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.core.errors import RuleError
from billing.core.money import Money, allocate
from billing.core.quantities import parse_decimal
from billing.core.rounding import Rounding, round_ratio


def test_halves_are_rounded_away_from_zero():
    assert [round_ratio(Fraction(n, 2)) for n in (1, 3, 5, -1, -3)] == [1, 2, 3, -1, -2]


@pytest.mark.parametrize(
    ("mode", "expected"),
    [
        (Rounding.HALF_UP, [3, -3, 2]),
        (Rounding.HALF_EVEN, [2, -2, 2]),
        (Rounding.DOWN, [2, -2, 2]),
        (Rounding.UP, [3, -3, 3]),
        (Rounding.FLOOR, [2, -3, 2]),
        (Rounding.CEIL, [3, -2, 3]),
    ],
)
def test_every_mode_rounds_two_and_a_half_its_way(mode, expected):
    values = [Fraction(5, 2), Fraction(-5, 2), Fraction(9, 4)]

    assert [round_ratio(value, mode) for value in values] == expected


def test_29_percent_of_50_is_14_and_a_half_cents_and_rounds_up():
    assert Money(50, "EUR").times(Fraction(29, 100)) == Money(15, "EUR")


def test_ten_francs_among_three_give_the_odd_rappen_to_the_first():
    assert [m.minor for m in Money(1000, "CHF").allocate([1, 1, 1])] == [334, 333, 333]


def test_a_negative_amount_is_split_like_its_opposite():
    assert [m.minor for m in Money(-100, "EUR").allocate([2, 1])] == [-67, -33]


@given(st.integers(-(10**12), 10**12), st.lists(st.integers(0, 10**6), min_size=1, max_size=20))
def test_splitting_never_creates_or_loses_a_cent(whole, weights):
    weights[0] += 1

    parts = allocate(whole, weights)

    assert sum(parts) == whole
    assert all(part == 0 or (part < 0) == (whole < 0) for part in parts)


def test_currencies_do_not_mix():
    with pytest.raises(RuleError) as refused:
        Money(1, "EUR") + Money(1, "CHF")

    assert refused.value.code == "currency_mismatch"


@pytest.mark.parametrize(
    ("text", "currency", "minor"),
    [("12.50", "CHF", 1250), ("1500", "JPY", 1500), ("1.234", "KWD", 1234), ("-0.01", "EUR", -1)],
)
def test_amounts_are_read_by_the_decimals_of_their_currency(text, currency, minor):
    assert Money.parse(text, currency).minor == minor


@pytest.mark.parametrize(
    "text", ["12.505", "1e2", "NaN", "1_000", "+1", " 1", "١٢", "１２", "1.", ".5", "0x1"]
)
def test_what_is_no_plain_amount_is_refused(text):
    with pytest.raises(RuleError):
        Money.parse(text, "CHF")


def test_a_number_of_a_million_digits_is_refused_before_it_is_converted():
    with pytest.raises(RuleError):
        parse_decimal("9" * 1_000_000)


def test_amounts_beyond_a_thousand_trillion_are_refused():
    with pytest.raises(RuleError) as refused:
        Money(10**15 + 1, "EUR")

    assert refused.value.code == "amount_out_of_bounds"


def test_an_unknown_currency_is_refused():
    with pytest.raises(RuleError) as refused:
        Money(1, "ZZZ")

    assert refused.value.code == "unknown_currency"

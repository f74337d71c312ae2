from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.core.catalogue import Conversion, Price
from billing.core.charges import (
    Beyond,
    Blocks,
    BlockTier,
    Cell,
    Dynamic,
    Flat,
    Graduated,
    GraduatedPercentage,
    Matrix,
    Package,
    PackageRounding,
    Percentage,
    PercentTier,
    PerUnit,
    Spread,
    StairStep,
    Tier,
    Volume,
    ZeroUsage,
)
from billing.core.errors import RuleError
from billing.core.measured import Group, Measured, Move
from billing.core.money import Money
from billing.core.pricing import combined, rate, rate_each, rate_in_turn
from billing.core.rating import TierPart
from billing.core.rounding import Rounding


def of(text: str | int | None) -> Fraction | None:
    return None if text is None else Fraction(text)


def tiers(*steps) -> tuple[Tier, ...]:
    return tuple(Tier(*[of(value) for value in step]) for step in steps)


def price(charge, **settings) -> Price:
    return Price("p", "P", {"EUR": charge}, **settings)


def exact(charge, quantity, **settings) -> Fraction:
    used = quantity if isinstance(quantity, Measured) else Fraction(quantity)
    return rate(price(charge, **settings), "EUR", used).exact


TO_TEN_AND_ABOVE = tiers(("10", "5", "0"), (None, "3", "7"))


@pytest.mark.parametrize(
    ("charge", "quantity", "amount"),
    [
        (Flat(Fraction(49)), 12, 49),
        (PerUnit(Fraction("0.125")), 3, "0.375"),
        (Graduated(TO_TEN_AND_ABOVE), 10, 50),
        (Graduated(TO_TEN_AND_ABOVE), "10.5", "58.5"),  # 50 + 7 for entering + half of 3
        (Volume(TO_TEN_AND_ABOVE), 10, 50),
        (Volume(TO_TEN_AND_ABOVE), 11, 40),  # 7 + 11 x 3: more usage, less money
        (StairStep(tiers(("10", "0", "20"), (None, "0", "90"))), 10, 20),
        (StairStep(tiers(("10", "0", "20"), (None, "0", "90"))), 11, 90),
        (Package(Fraction(100), Fraction(4)), 101, 8),
        (Package(Fraction(100), Fraction(4), PackageRounding.DOWN), 199, 4),
        (Graduated(tiers((None, "1", "10", "3"))), 5, 13),  # the units cost 3 at most
        (GraduatedPercentage((PercentTier(Fraction(1000), Fraction("1.5"), Fraction(2)),)), 400, 8),
        (Dynamic(Fraction("1.2")), 50, 60),
    ],
)
def test_each_model_prices_a_quantity(charge, quantity, amount):
    assert exact(charge, quantity) == Fraction(amount)


BLOCKS = (BlockTier(Fraction(100), Fraction(10), Fraction(5)), BlockTier(Fraction(1000), Fraction(50)))


@pytest.mark.parametrize(
    ("spread", "quantity", "amount"),
    [
        (Spread.EACH, 500, 50),
        (Spread.EACH, 501, 100),
        (Spread.EACH, 1501, 150),
        (Spread.REACHED, 500, 50),
        (Spread.REACHED, 501, 50),
    ],
)
def test_a_started_block_counts_whole_in_its_tier(spread, quantity, amount):
    assert exact(Blocks(BLOCKS, spread), quantity) == amount


def test_a_breakdown_says_what_fell_into_which_tier():
    rated = rate(price(Graduated(TO_TEN_AND_ABOVE)), "EUR", Fraction(12))

    assert rated.parts == (
        TierPart(Fraction(10), Fraction(5), Fraction(0), Fraction(50), 1),
        TierPart(Fraction(2), Fraction(3), Fraction(7), Fraction(13), 2),
    )
    assert [TierPart.from_data(part.to_data()) for part in rated.parts] == list(rated.parts)
    assert rated.unit_amount == Fraction(63, 12)


def test_a_percentage_is_taken_of_each_transaction_after_its_allowances():
    card_fee = Percentage(Fraction("1.4"), Fraction("0.25"), free_events=2, free_amount=Fraction(150))
    used = Measured(Fraction(360), tuple(map(Fraction, (100, 60, 200))))

    # 100 is free; of the second 50 are, 10 pay 0.14 + 0.25; then 200 pay 2.80 + 0.25.
    assert exact(card_fee, used) == Fraction("3.44")


def test_each_transaction_keeps_within_its_bounds():
    fee = Percentage(Fraction(2), transaction_minimum=Fraction(1), transaction_maximum=Fraction(12))

    assert exact(fee, Measured(Fraction(1110), tuple(map(Fraction, (10, 100, 1000))))) == 1 + 2 + 12


def test_the_most_specific_cell_of_a_matrix_wins():
    matrix = Matrix(
        ("model", "region"),
        (
            Cell(("*", "*"), Fraction(1)),
            Cell(("large", "*"), Fraction(5)),
            Cell(("large", "eu"), Fraction(7)),
        ),
    )
    groups = (
        Group(Fraction(10), {"model": "small", "region": "eu"}),
        Group(Fraction(10), {"model": "large", "region": "us"}),
        Group(Fraction(10), {"model": "large", "region": "eu"}),
        Group(Fraction(10), {"region": "eu"}),
    )

    rated = rate(price(matrix), "EUR", Measured(Fraction(40), groups=groups))

    assert rated.exact == 10 + 50 + 70 + 10
    assert [(part.tier, part.quantity) for part in rated.parts] == [(1, 20), (2, 10), (3, 10)]


def test_a_price_carried_by_the_events_is_summed_and_scaled():
    carried = Dynamic(Fraction("1.1"), property="cost")

    assert exact(carried, Measured(Fraction(3), supplied=Fraction(20))) == 22
    assert exact(carried, Measured(Fraction(0), supplied=Fraction(20))) == 0


@pytest.mark.parametrize(
    ("charge", "free", "first_tier"),
    [
        (Graduated(tiers(("10", "5", "2"), (None, "3", "7"))), 0, 2),
        (Volume(tiers(("10", "5", "2"), (None, "3", "7"))), 0, 2),
        (StairStep(tiers(("10", "0", "20"), (None, "0", "90"))), 0, 20),
    ],
)
def test_no_usage_costs_nothing_or_the_first_tiers_flat_amount(charge, free, first_tier):
    assert exact(charge, 0) == free
    assert exact(charge, 0, zero_usage=ZeroUsage.FIRST_TIER) == first_tier


@pytest.mark.parametrize(
    ("charge", "free", "last"),
    [
        (Graduated(tiers(("10", "5"))), 50, 75),
        (Volume(tiers(("10", "5"))), 50, 75),
        (Blocks((BlockTier(Fraction(5), Fraction(1), Fraction(2)),)), 2, 3),
    ],
)
def test_units_beyond_a_last_tier_are_refused_free_or_priced_like_it(charge, free, last):
    with pytest.raises(RuleError, match="quantity_not_priced"):
        exact(charge, 15)
    assert exact(charge, 15, beyond=Beyond.FREE) == free
    assert exact(charge, 15, beyond=Beyond.LAST_TIER) == last


def test_units_are_converted_before_the_allowance_is_taken_off():
    thousands = Conversion(divide=Fraction(1000), rounding=Rounding.CEIL)

    rated = rate(
        price(PerUnit(Fraction(10)), conversion=thousands, allowance=Fraction("0.5")), "EUR", Fraction(1400)
    )

    assert (rated.billed, rated.exact) == (Fraction("1.5"), 15)


def test_a_base_a_minimum_and_a_maximum_bound_the_line():
    bounded = {
        "base": {"EUR": Fraction(5)},
        "minimum": {"EUR": Fraction(20)},
        "maximum": {"EUR": Fraction(100)},
    }
    rated = [rate(price(PerUnit(Fraction(10)), **bounded), "EUR", Fraction(q)) for q in (1, 4, 12)]

    assert [each.exact for each in rated] == [20, 45, 100]
    assert [each.top_up for each in rated] == [5, 0, 0]
    assert [each.reduction for each in rated] == [0, 0, 25]
    assert rated[2].parts[0].cut == 25


def test_what_was_agreed_off_a_price_is_taken_off_before_its_bounds():
    agreed = price(PerUnit(Fraction(10)), discount_percent=Fraction(25), maximum={"EUR": Fraction(60)})

    assert [rate(agreed, "EUR", Fraction(q)).exact for q in (4, 10)] == [30, 60]
    assert rate(agreed, "EUR", Fraction(10)).reduction == 15


def test_units_that_stay_are_charged_in_their_tier_for_the_time_they_are_there():
    seats = price(Graduated(tiers(("5", "10", "100"), (None, "5", "50"))))
    came = Measured.of_moves(
        [Move(Fraction(5), Fraction(5)), Move(Fraction(3), Fraction("1.5")), Move(Fraction(-4), Fraction(-1))]
    )

    rated = rate(seats, "EUR", came)

    # 5 x 10 for the whole time; 3 x 5 for half of it; 3 of the 4 that went were in the second tier.
    assert [(part.quantity, part.amount) for part in rated.parts] == [
        (Fraction("4.75"), Fraction("147.5")),
        (Fraction("0.75"), Fraction("53.75")),
    ]
    assert rate(seats, "EUR", Measured.of_moves([Move(Fraction(-1), Fraction(-1))])).exact == 0


def test_windows_are_priced_one_by_one_and_rounded_once():
    packages = price(Package(Fraction(100), Fraction("5.004")))

    together = combined(rate_each(packages, "EUR", [Fraction(50), Fraction(150)]))

    assert (together.exact, together.amount) == (Fraction("15.012"), Money(1501, "EUR"))


def test_a_rounding_may_keep_fewer_decimals_than_the_currency_has():
    per_unit = price(PerUnit(Fraction("1.55")))

    assert rate(per_unit, "EUR", Fraction(1), places=0).amount == Money(200, "EUR")
    assert rate(per_unit, "EUR", Fraction(1), Rounding.DOWN, places=0).amount == Money(100, "EUR")
    assert rate(per_unit, "EUR", Fraction(7), places=-1).amount == Money(1000, "EUR")


quantities = st.fractions(0, 10**6, max_denominator=1).map(lambda q: Fraction(q.numerator, 1000))
MONOTONE = [
    PerUnit(Fraction("0.3")),
    Graduated(tiers(("5", "1", "100"), ("10", "2", "50"), (None, "3"))),
    Package(Fraction(7), Fraction(2)),
    Blocks(BLOCKS),
    GraduatedPercentage(
        (PercentTier(Fraction(100), Fraction(3)), PercentTier(None, Fraction(1), Fraction(5)))
    ),
    StairStep(tiers(("10", "0", "20"), (None, "0", "90"))),
]


@given(st.sampled_from(MONOTONE), quantities, quantities)
def test_more_usage_never_costs_less(charge, one, more):
    assert exact(charge, one) <= exact(charge, one + more)


@given(
    st.sampled_from(MONOTONE[:5]), st.lists(quantities, min_size=1, max_size=6), st.sampled_from(ZeroUsage)
)
def test_lines_of_a_period_sum_to_the_period(charge, parts, zero_usage):
    whole = price(charge, zero_usage=zero_usage)

    lines = rate_in_turn(whole, "EUR", parts)

    assert sum(line.exact for line in lines) == rate(whole, "EUR", sum(parts, Fraction(0))).exact

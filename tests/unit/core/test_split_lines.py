"""A period billed in several lines, or anew: each part knows what was before it."""

from fractions import Fraction

from billing.core.catalogue import Timing
from billing.core.charges import (
    Dynamic,
    Flat,
    Graduated,
    PerUnit,
    Volume,
    ZeroUsage,
)
from billing.core.money import Money
from billing.core.pricing import Span, rate, rate_in_turn, rerate
from tests.unit.core.test_charge_models import TO_TEN_AND_ABOVE, price, tiers


def test_a_minimum_is_reduced_to_the_share_of_the_period_that_is_billed():
    minimum = price(PerUnit(Fraction(1)), minimum={"EUR": Fraction(10)})

    rated = rate(minimum, "EUR", Fraction(2), span=Span(share=Fraction(15, 31)))

    assert rated.amount == Money(484, "EUR")  # 150/31 = 4.8387


def test_half_a_period_has_half_of_its_base_and_of_its_maximum():
    half = Span(share=Fraction(1, 2))
    bounded = price(PerUnit(Fraction(1)), base={"EUR": Fraction(8)}, maximum={"EUR": Fraction(30)})

    assert rate(bounded, "EUR", Fraction(5), span=half).exact == 9
    assert rate(bounded, "EUR", Fraction(50), span=half).exact == 15


def test_a_period_billed_in_two_lines_costs_what_it_costs_in_one():
    graduated = price(
        Graduated(tiers(("5", "1", "100"), ("10", "2", "50"), (None, "3"))), zero_usage=ZeroUsage.FIRST_TIER
    )
    first, second = rate_in_turn(graduated, "EUR", [Fraction(4), Fraction(8)])

    assert [first.exact, second.exact] == [104, 67]  # 1 + 5 x 2 + 2 x 3 + 50 for entering the second
    assert first.exact + second.exact == rate(graduated, "EUR", Fraction(12)).exact


def test_volume_and_the_minimum_wait_for_the_line_that_closes_the_period():
    volume = price(Volume(TO_TEN_AND_ABOVE), minimum={"EUR": Fraction(70)})
    middle = rate(volume, "EUR", Fraction(8), span=Span(opens=True, closes=False))
    last = rate(volume, "EUR", Fraction(4), span=Span(before=Fraction(8), opens=False))

    assert middle.exact == 0
    assert (last.exact, last.top_up) == (70, 27)  # 7 + 12 x 3 = 43


def test_a_maximum_counts_what_was_billed_before_in_the_period():
    capped = price(PerUnit(Fraction(10)), maximum={"EUR": Fraction(100)})

    rated = rate(capped, "EUR", Fraction(5), span=Span(before=Fraction(7), billed=Fraction(70), opens=False))

    assert (rated.exact, rated.reduction) == (30, 20)


def test_a_flat_price_falls_on_the_line_that_opens_or_closes_its_period():
    ahead, behind = price(Flat(Fraction(9))), price(Flat(Fraction(9)), timing=Timing.ARREARS)
    middle = Span(opens=False, closes=False)

    assert rate(ahead, "EUR", Fraction(1), span=Span(closes=False)).exact == 9
    assert rate(ahead, "EUR", Fraction(1), span=Span(opens=False)).exact == 0
    assert rate(behind, "EUR", Fraction(1), span=Span(opens=False)).exact == 9
    assert rate(behind, "EUR", Fraction(1), span=middle).exact == 0


def test_a_correction_is_the_difference_to_what_was_booked():
    thirds = price(Dynamic(Fraction("0.001")), minimum={"EUR": Fraction(1)})

    assert rerate(thirds, "EUR", Fraction(333), []) == Money(33, "EUR")
    assert rerate(thirds, "EUR", Fraction(666), [Money(33, "EUR")]) == Money(34, "EUR")
    assert rerate(thirds, "EUR", Fraction(666), [Money(33, "EUR"), Money(34, "EUR")], closes=True) == Money(
        33, "EUR"
    )

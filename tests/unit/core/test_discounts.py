from datetime import UTC, datetime
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.core.discounts import Coupon, discounts, net_amounts, redeem
from billing.core.errors import RuleError
from billing.core.money import Money

TENTH = Coupon("tenth", percent=Fraction(10))
FIVER = Coupon("fiver", fixed={"EUR": Fraction(5)})
NOW = datetime(2025, 6, 1, tzinfo=UTC)


def euros(*cents: int) -> list[tuple[str, Money]]:
    return [(f"p{n}", Money(amount, "EUR")) for n, amount in enumerate(cents)]


def off(lines, coupons):
    return [(d.coupon, d.line, d.amount.minor) for d in discounts(lines, coupons, "EUR")]


def test_a_percentage_is_rounded_once_and_split_so_that_its_parts_sum():
    # 10 % of 3.33 is 0.333, so 0.33: 0.11 each, and the same on equal lines.
    assert off(euros(111, 111, 111), [TENTH]) == [("tenth", 0, 11), ("tenth", 1, 11), ("tenth", 2, 11)]
    assert off(euros(5, 5, 5), [TENTH]) == [("tenth", 0, 1), ("tenth", 1, 1)]  # 1.5 cents, so 2


def test_a_fixed_amount_is_given_once_and_no_line_falls_below_zero():
    assert off(euros(300, 100), [FIVER]) == [("fiver", 0, 300), ("fiver", 1, 100)]
    assert off(euros(1000, 500), [FIVER]) == [("fiver", 0, 333), ("fiver", 1, 167)]


def test_each_coupon_acts_on_what_the_one_before_left():
    assert off(euros(2000), [TENTH, FIVER]) == [("tenth", 0, 200), ("fiver", 0, 500)]
    assert off(euros(2000), [FIVER, TENTH]) == [("fiver", 0, 500), ("tenth", 0, 150)]


def test_a_coupon_may_be_for_some_prices_only():
    some = Coupon("some", percent=Fraction(50), prices=("p1",))

    assert off(euros(1000, 1000), [some]) == [("some", 1, 500)]


def test_a_line_in_the_customers_favour_is_not_discounted():
    assert off([("p0", Money(-500, "EUR")), ("p1", Money(1000, "EUR"))], [TENTH]) == [("tenth", 1, 100)]


@pytest.mark.parametrize(
    ("coupon", "redeemed", "code"),
    [
        (Coupon("c", percent=Fraction(10), redemptions=2), 2, "coupon_used_up"),
        (Coupon("c", percent=Fraction(10), redeem_by=datetime(2025, 5, 1, tzinfo=UTC)), 0, "coupon_expired"),
        (Coupon("c", percent=Fraction(10), plans=("other",)), 0, "coupon_not_for_plan"),
        (FIVER, 0, None),
        (Coupon("c", fixed={"CHF": Fraction(5)}), 0, "coupon_not_in_currency"),
    ],
)
def test_a_coupon_that_does_not_fit_is_refused_with_the_reason(coupon, redeemed, code):
    def attempt():
        redeem(coupon, "team", "EUR", at=NOW, redeemed=redeemed)

    if code is None:
        attempt()
        return
    with pytest.raises(RuleError) as refused:
        attempt()
    assert refused.value.code == code


def test_what_is_prorated_is_net_of_its_coupons():
    assert net_amounts([("a", Fraction(100))], [FIVER, TENTH], "EUR") == (Fraction("85.5"),)
    assert net_amounts([("a", Fraction(3))], [FIVER], "EUR") == (0,)
    assert net_amounts([("a", Fraction(30)), ("b", Fraction(10))], [FIVER], "EUR") == (
        Fraction("26.25"),
        Fraction("8.75"),
    )


@given(st.lists(st.integers(-(10**6), 10**6), max_size=8), st.permutations([TENTH, FIVER]))
def test_no_line_changes_its_sign_and_a_percentage_takes_its_share(cents, coupons):
    lines = euros(*cents)
    left = [amount.minor for _, amount in lines]
    for discount in discounts(lines, coupons, "EUR"):
        left[discount.line] -= discount.amount.minor

    assert all(after <= before for before, after in zip(cents, left, strict=True))
    assert all(after >= 0 for before, after in zip(cents, left, strict=True) if before >= 0)
    first = [d.amount.minor for d in discounts(lines, [TENTH], "EUR")]
    positive = sum(amount for amount in cents if amount > 0)
    assert sum(first) == (positive + 5) // 10

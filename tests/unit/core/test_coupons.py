"""Coupons in the life of a subscription: on its invoices, and through a change in the middle of a period."""

from dataclasses import replace
from datetime import UTC, datetime
from fractions import Fraction

import pytest

from billing.core.billing_run import bill
from billing.core.catalogue import Plan, Price, Source, Timing
from billing.core.charges import Flat, PerUnit
from billing.core.discounts import Coupon
from billing.core.errors import RuleError
from billing.core.invoicing import Invoice, Usage
from billing.core.periods import Cadence, Unit
from billing.core.plan_change import When, Wish, changed, settlement
from billing.core.policies import ChangePolicy, Direction
from billing.core.subscription import Subscription, redeem, renew, start

MONTH = Cadence(Unit.MONTH)


def at(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)


def plan(key: str, base: str, rank: int = 0) -> Plan:
    return Plan(
        key,
        1,
        key,
        (
            Price("base", "Base", {"EUR": Flat(Fraction(base))}, MONTH),
            Price(
                "calls", "Calls", {"EUR": PerUnit(Fraction(1))}, MONTH, Timing.ARREARS, Source.METER, "calls"
            ),
        ),
        rank=rank,
    )


SMALL, LARGE = plan("small", "20"), plan("large", "50", 1)
HALF = Coupon("half", percent=Fraction(50))
FIVER = Coupon("fiver", fixed={"EUR": Fraction(5)})


def subscribed(*coupons: Coupon) -> Subscription:
    subscription = start("sub", "cus", "main", SMALL, "EUR", at=at(2025, 6, 1), zone="UTC")
    for coupon in coupons:
        subscription = redeem(subscription, coupon, at=at(2025, 6, 1), redeemed=0)
    return subscription


def invoice(subscription: Subscription, number: int, calls: int = 10) -> Invoice:
    """What the moment bills at which the n-th period opens."""
    closed = subscription.schedule.period(number - 1) if number else None
    opened = subscription.schedule.period(number)
    usage = {"calls": Usage(Fraction(calls))}
    drafted = bill(
        subscription, SMALL, closed=closed, opened=opened, usage=usage, tax_rates={}, at=opened.start
    )
    assert drafted is not None
    return drafted


def nets(coupon: Coupon, count: int = 4) -> list[str]:
    return [invoice(subscribed(coupon), number).net.plain() for number in range(count)]


@pytest.mark.parametrize(
    ("coupon", "amounts"),
    [
        (replace(HALF, periods=1), ["10.00", "30.00", "30.00", "30.00"]),
        (replace(HALF, periods=2), ["10.00", "15.00", "30.00", "30.00"]),
        (HALF, ["10.00", "15.00", "15.00", "15.00"]),
        (FIVER, ["15.00", "25.00", "25.00", "25.00"]),
        (replace(HALF, prices=("calls",)), ["20.00", "25.00", "25.00", "25.00"]),
        (replace(HALF, plans=("small",)), ["10.00", "15.00", "15.00", "15.00"]),
        (Coupon("all", fixed={"EUR": Fraction(24)}), ["0.00", "6.00", "6.00", "6.00"]),
    ],
)
def test_a_coupon_acts_for_its_periods_on_its_lines(coupon, amounts):
    assert nets(coupon) == amounts


def test_a_line_says_what_was_taken_off_and_what_is_left_of_a_fixed_amount_goes_to_the_rest():
    drafted = invoice(subscribed(Coupon("all", fixed={"EUR": Fraction(24)})), 1)

    assert [(line.price, line.amount.plain()) for line in drafted.lines] == [
        ("base", "0.00"),
        ("calls", "6.00"),
    ]
    assert [[(d.coupon, d.amount.plain()) for d in line.discounts] for line in drafted.lines] == [
        [("all", "20.00")],
        [("all", "4.00")],
    ]
    assert Invoice.from_data(drafted.to_data()) == drafted


def test_a_coupon_redeemed_within_a_period_acts_from_the_next():
    late = redeem(subscribed(), replace(HALF, periods=1), at=at(2025, 6, 10), redeemed=0)

    assert [invoice(late, number).net.plain() for number in (1, 2)] == ["15.00", "30.00"]
    assert Subscription.from_data(late.to_data()) == late


def test_a_coupon_is_not_redeemed_twice():
    with pytest.raises(RuleError, match="coupon_redeemed"):
        redeem(subscribed(HALF), HALF, at=at(2025, 6, 10), redeemed=1)


@pytest.mark.parametrize(
    ("coupon", "lines"),
    [
        (HALF, [("base", "credit", "-5.00"), ("base", "charge", "12.50")]),
        (FIVER, [("base", "credit", "-7.50"), ("base", "charge", "22.50")]),
        (replace(HALF, plans=("small",)), [("base", "credit", "-5.00"), ("base", "charge", "25.00")]),
    ],
)
def test_a_change_credits_what_was_charged_and_charges_what_will_be(coupon, lines):
    before = subscribed(coupon)
    wish, when = Wish(Fraction(1)), at(2025, 6, 16)
    after = changed(before, SMALL, LARGE, wish, at=when)

    settled = settlement(before, after, SMALL, LARGE, Direction.PRORATE, usage={}, tax_rates={}, at=when)

    assert settled is not None
    shown = [(line.price, str(line.side), line.amount.plain()) for line in settled.lines if line.side]
    assert shown == lines


def test_a_discount_lasts_over_a_renewal():
    renewed = renew(subscribed(replace(HALF, periods=2)))

    assert [coupon.key for coupon in renewed.coupons_at(renewed.period.start, "small")] == ["half"]
    assert renewed.coupons_at(renew(renewed).period.start, "small") == ()


@pytest.mark.parametrize(("periods", "second", "until"), [(1, 5000, None), (2, 2500, at(2025, 7, 16))])
def test_a_coupon_keeps_the_periods_it_has_left_where_a_change_restarts_the_period(periods, second, until):
    sub = subscribed(replace(HALF, periods=periods))
    restarting = replace(SMALL, change=ChangePolicy(upgrade=Direction.RESTART))
    after = changed(sub, restarting, LARGE, Wish(Fraction(1), When.NOW), at=at(2025, 6, 16))

    settled = settlement(
        sub, after, restarting, LARGE, Direction.RESTART, usage={}, tax_rates={}, at=at(2025, 6, 16)
    )

    assert settled is not None
    # half of the ten that June cost is given back; the new period is asked in full, or with what is left
    assert [line.amount.minor for line in settled.lines if line.price == "base"] == [-500, second]
    assert after.coupons[0].until == (until or at(2025, 6, 16))

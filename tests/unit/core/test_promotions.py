"""Promotions: which one an order gets, and what makes one that nobody can get."""

import copy
from dataclasses import replace
from datetime import UTC, datetime
from fractions import Fraction

import pytest

from billing.core.catalogue import Catalogue
from billing.core.catalogue_file import as_file, diff, numbered, parse_catalogue
from billing.core.discounts import Coupon, Promotion
from billing.core.errors import RuleError
from billing.core.promotions import given, running
from billing.core.subscription import Subscription, start
from tests.builders import a_catalogue

FIRST, SECOND = datetime(2025, 6, 1, tzinfo=UTC), datetime(2025, 7, 1, tzinfo=UTC)
HALF = {"key": "half", "percent": "50", "periods": 3}
SUMMER = {"key": "summer", "coupon": "half", "since": "2025-06-01T00:00:00Z", "until": "2025-07-01T00:00:00Z"}


def a_file(promotion=None, coupon=None, **more):
    data = copy.deepcopy(a_catalogue())
    return {
        **data,
        "coupons": [{**HALF, **(coupon or {})}],
        "promotions": [{**SUMMER, **(promotion or {})}],
        **more,
    }


def test_of_those_that_run_the_lowest_rank_is_tried_first_and_then_the_key():
    runs = [Promotion("b", "x", FIRST), Promotion("a", "x", FIRST), Promotion("z", "x", FIRST, rank=-1)]
    others = [Promotion("pro", "x", FIRST, plans=("pro",)), Promotion("later", "x", SECOND)]

    assert [each.key for each in running([*runs, *others], "team", at=FIRST)] == ["z", "a", "b"]
    assert running(runs, "team", at=FIRST) == running(runs[::-1], "team", at=FIRST)


@pytest.mark.parametrize(
    ("at", "found"),
    [
        ((2025, 5, 31, 23, 59, 59), 0),
        ((2025, 6, 1), 1),
        ((2025, 6, 30, 23, 59, 59), 1),
        ((2025, 7, 1), 0),
    ],
)
def test_it_begins_with_its_first_instant_and_is_over_with_its_last(at, found):
    assert len(running([Promotion("a", "x", FIRST, SECOND)], "team", at=datetime(*at, tzinfo=UTC))) == found


@pytest.mark.parametrize(
    ("charge", "gets"),
    [
        ({"kind": "flat", "amount": "0"}, False),
        ({"kind": "per_unit", "unit_amount": "0"}, False),
        ({"kind": "flat", "amount": "0.01"}, True),
    ],
)
def test_an_order_that_asks_nothing_uses_up_no_coupon(charge, gets):
    data = a_catalogue()
    base = {"key": "base", "name": "Free", "cadence": {"unit": "month"}, "charges": {"USD": charge}}
    data["plans"][0]["prices"] = [base]
    plan = parse_catalogue(data).plan("free")
    new = start("sub_1", "cus_1", "main", plan, "USD", at=FIRST, zone="UTC")

    coupon = Coupon("half", percent=Fraction(50), redemptions=100)
    found = given(Promotion("summer", "half", FIRST), coupon, new, plan, at=FIRST, redeemed=0)

    assert (found is not None) == gets


@pytest.mark.parametrize(
    ("coupon", "redeemed"),
    [
        (Coupon("half", percent=Fraction(50), prices=("storage.space",)), 0),
        (Coupon("half", fixed={"CHF": Fraction(5)}), 0),
        (Coupon("half", percent=Fraction(50), plans=("pro",)), 0),
        (Coupon("half", percent=Fraction(50), redemptions=2), 2),
        (Coupon("half", percent=Fraction(50), redeem_by=datetime(2025, 5, 31, tzinfo=UTC)), 0),
    ],
)
def test_a_coupon_that_is_not_for_an_order_or_takes_nothing_off_it_is_left_for_others(coupon, redeemed):
    plan = parse_catalogue(a_catalogue()).plan("team")
    new = start("sub_1", "cus_1", "main", plan, "USD", at=FIRST, zone="UTC")
    promotion = Promotion("summer", "half", FIRST)

    assert given(promotion, coupon, new, plan, at=FIRST, redeemed=redeemed) is None
    after = given(promotion, Coupon("half", percent=Fraction(50)), new, plan, at=FIRST, redeemed=0)
    assert after is not None
    assert [(each.coupon.key, each.promotion) for each in after.coupons] == [("half", "summer")]
    assert Subscription.from_data(after.to_data()) == after


@pytest.mark.parametrize(
    ("promotion", "coupon", "code", "field"),
    [
        ({"coupon": "welcome"}, {}, "unknown_coupon", ".coupon"),
        ({"until": "2025-06-01T00:00:00Z"}, {}, "ends_before_start", ".until"),
        ({}, {"redeem_by": "2025-05-31T00:00:00Z"}, "promotion_never_applies", ".since"),
        ({"plans": ["team", "pro"]}, {}, "unknown_plan", ".plans[1]"),
        ({"plans": ["free"]}, {"plans": ["team"]}, "promotion_never_applies", ".plans[0]"),
        ({"plans": ["team", "free"]}, {}, "promotion_never_applies", ".plans[1]"),
        ({"since": "tomorrow"}, {}, "invalid_instant", ".since"),
        ({"since": 20250601}, {}, "wrong_type", ".since"),
        ({"rank": "first"}, {}, "wrong_type", ".rank"),
        ({"new_customers_only": "yes"}, {}, "wrong_type", ".new_customers_only"),
        ({"new_customer_only": True}, {}, "unknown_field", ".new_customer_only"),
        ({"key": "Summer!"}, {}, "invalid_key", ".key"),
        ({"names": {"german": "Sommer"}}, {}, "invalid_locale", ".names.german"),
    ],
)
def test_one_that_nobody_can_get_is_refused_by_its_field(promotion, coupon, code, field):
    with pytest.raises(RuleError) as refused:
        parse_catalogue(a_file(promotion, coupon))

    assert (refused.value.code, refused.value.field) == (code, f"promotions[0]{field}")


def test_two_of_one_key_and_a_plan_in_no_currency_of_its_coupon_are_refused():
    with pytest.raises(RuleError, match=r"duplicate_key at promotions\[1\]\.key"):
        parse_catalogue(a_file(promotions=[SUMMER, SUMMER]))

    data = a_file({"plans": ["team"]}, {"percent": None, "fixed": {"CHF": "5"}})
    francs = copy.deepcopy(data["plans"][1]) | {"key": "swiss", "prices": []}
    francs["prices"] = [
        {
            "key": "base",
            "name": "B",
            "cadence": {"unit": "month"},
            "charges": {"CHF": {"kind": "flat", "amount": "9"}},
        }
    ]
    with pytest.raises(RuleError) as refused:
        parse_catalogue({**data, "plans": [*data["plans"], francs]})
    assert (refused.value.code, refused.value.field) == ("promotion_never_applies", "promotions[0].plans[0]")
    assert "half has no amount in USD, in which team is sold" in str(refused.value)


def test_a_plan_of_the_catalogue_says_what_a_promotion_gives_and_what_changes_of_it():
    old = parse_catalogue(a_catalogue())
    new = parse_catalogue(a_file({"name": "Summer", "plans": ["team"], "new_customers_only": True}))

    _, added = diff(old, numbered(old, new))
    assert (added.action, added.kind, added.key, added.version) == ("added", "promotion", "summer", None)
    assert added.detail == (
        "Summer: coupon half from 2025-06-01T00:00:00Z to 2025-07-01T00:00:00Z, for team, for new customers"
    )
    later = parse_catalogue(a_file({"name": "Summer", "plans": ["team"], "until": "2025-08-01T00:00:00Z"}))
    [changed] = diff(new, later)
    assert [(each.field, each.old, each.new) for each in changed.fields] == [
        ("until", "2025-07-01T00:00:00Z", "2025-08-01T00:00:00Z"),
        ("new_customers_only", "true", "false"),
    ]
    assert diff(new, parse_catalogue(as_file(new))) == ()
    assert Catalogue.from_data(new.to_data()) == new
    assert replace(new, promotions=()) == replace(later, promotions=())

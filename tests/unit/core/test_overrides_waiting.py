"""Overrides that wait for the next period, beside other changes that come before it."""

from datetime import UTC, datetime
from fractions import Fraction

from billing.core.agreed import Agreement, TakenAddOn
from billing.core.catalogue_file import parse_catalogue
from billing.core.changing import change_later, overtaken
from billing.core.overrides import Override
from billing.core.scheduled import NewTerms
from billing.core.subscription import Subscription, start
from tests.builders import a_catalogue

HALF = (Override("base", discount_percent=Fraction(50)),)


def waiting():
    plan = parse_catalogue(a_catalogue()).plan("team")
    began = start("sub_1", "cus_1", "main", plan, "USD", at=datetime(2024, 1, 1, tzinfo=UTC), zone="UTC")
    return change_later(began, plan, NewTerms(overrides=HALF))


def test_they_replace_those_agreed_and_leave_add_ons():
    before = Agreement((Override("base", quantity=Fraction(2)),), (TakenAddOn("storage", 1),), "plus@1")
    assert before.taking((), HALF) == Agreement(HALF, (TakenAddOn("storage", 1),), "plus@1")
    assert before.taking((), ()) == Agreement((), (TakenAddOn("storage", 1),), "plus@1")


def test_a_change_now_of_the_same_plan_leaves_them_and_one_of_the_plan_overtakes_them():
    stored = waiting()
    assert overtaken(stored, same_plan=True).pending.agreement.overrides == HALF
    assert overtaken(stored, ["storage"], same_plan=True) == stored
    assert overtaken(stored).pending is None


def test_they_are_kept_as_data():
    stored = waiting()
    assert Subscription.from_data(stored.to_data()) == stored

"""A refusal is told once a day, with the cheapest plan that would lift it."""

from datetime import timedelta

import pytest

from tests.integration.access.test_access import ADA, MIDDLE, check, hear, plan, subscription, usage
from tests.integration.world import World


@pytest.fixture
def world():
    world = World("access", queues={"work": "work"})
    pro = plan("pro", rank=20, price=9900, features=("completions", "export"), limit="5000000")
    hear(world, plan(), pro, subscription())
    return world


def test_a_feature_the_plan_lacks_is_refused_and_told_with_an_offer(world):
    answer = check(world, "export")
    world.settle()

    assert (answer["allowed"], answer["reason"], answer["lifts"]) == (False, "not_in_plan", "pro")
    assert world.said("AccessDenied.v1") == [
        {
            "customer": ADA,
            "feature": "export",
            "reason": "not_in_plan",
            "offer": {"plan": "pro", "name": "pro", "amount_minor": 9900, "currency": "USD"},
        }
    ]


def test_the_same_refusal_is_told_once_a_day(world):
    for hours in (0, 1, 23):
        check(world, "export", at=MIDDLE + timedelta(hours=hours))
    world.settle()
    assert len(world.said("AccessDenied.v1")) == 1

    check(world, "export", at=MIDDLE + timedelta(hours=24))
    world.settle()

    assert len(world.said("AccessDenied.v1")) == 2


def test_a_used_up_quota_is_told_with_what_was_used(world):
    hear(world, usage("1000000"))

    check(world)
    world.settle()

    [said] = world.said("AccessDenied.v1")
    assert (said["reason"], said["plan"], said["limit"], said["used"], said["offer"]["plan"]) == (
        "limit_reached",
        "team@1",
        "1000000",
        "1000000",
        "pro",
    )


def test_neither_a_stranger_nor_a_feature_nobody_sells_is_told(world):
    check(world, "export", customer="nobody")
    check(world, "teleport")
    world.settle()

    assert world.said("AccessDenied.v1") == []
    assert world.rows("DENIED#") == []


def test_a_check_that_is_allowed_writes_nothing(world):
    before = world.rows()

    assert check(world)["allowed"]

    assert world.rows() == before

import itertools
from datetime import UTC, datetime

import pytest

from tests.integration.world import World, message

NOVEMBER, DECEMBER = datetime(2023, 11, 1, tzinfo=UTC), datetime(2023, 12, 1, tzinfo=UTC)
MIDDLE = datetime(2023, 11, 16, tzinfo=UTC)
ADA = "cus_ada"


def plan(key="team", version=1, *, rank=10, price=4900, features=("completions",), limit="1000000"):
    entitlements = [
        {"feature": f, "kind": "quota", "meter": "tokens", "limit": limit, "limit_kind": "hard"}
        for f in features
    ]
    data = {
        "plan": key,
        "plan_version": version,
        "name": key,
        "rank": rank,
        "entitlements": entitlements,
        "headline": {"USD": price},
    }
    return message("sales", "PlanPublished.v1", data, subject=f"plan/{key}", sequence=version)


def subscription(type_="SubscriptionStarted.v1", sequence=1, status="active", ends_at=None):
    state = {
        "subscription": "sub_1",
        "customer": ADA,
        "plan": "team",
        "plan_version": 1,
        "status": status,
        "currency": "USD",
        "legal_entity": "main",
        "period_start": "2023-11-01T00:00:00Z",
        "period_end": "2023-12-01T00:00:00Z",
    } | ({"ends_at": ends_at} if ends_at else {})
    return message("sales", type_, {"state": state}, subject="subscription/sub_1", sequence=sequence)


def usage(used, sequence=1):
    data = {
        "customer": ADA,
        "subscription": "sub_1",
        "period_start": "2023-11-01T00:00:00Z",
        "period_end": "2023-12-01T00:00:00Z",
        "used": {"tokens": used},
    }
    return message("sales", "UsageRolledUp.v1", data, subject="usage/sub_1", sequence=sequence)


@pytest.fixture
def world():
    return World("access", queues={"work": "work"})


def hear(world, *messages):
    for item in messages:
        world.hear(item)
    world.settle()


def check(world, feature="completions", *, at=MIDDLE, customer=ADA, tenant="ten_a", **more):
    body = {"customer": customer, "feature": feature, **more}
    status, answer = world.call("POST", "/access/check", body, now=at, tenant=tenant)
    assert status == 200
    return answer


def test_a_subscriber_may_and_learns_what_remains(world):
    hear(world, plan(), subscription(), usage("250000"))

    answer = check(world)

    assert (answer["allowed"], answer["reason"]) == (True, "within_limit")
    assert (answer["limit"], answer["used"], answer["remaining"]) == ("1000000", "250000", "750000")
    assert [granted["features"] for granted in world.said("AccessGranted.v1")] == [["completions"]]


def test_a_used_up_quota_refuses_and_names_what_would_lift_it(world):
    hear(world, plan(), plan("pro", rank=20, price=9900, limit="5000000"), subscription(), usage("1000000"))

    answer = check(world)

    assert (answer["allowed"], answer["reason"], answer["lifts"]) == (False, "limit_reached", "pro")


def test_a_feature_of_another_plan_is_refused_with_the_cheapest_plan_that_has_it(world):
    dear = plan("pro", rank=20, price=9900, features=("export",))
    dearer = plan("max", rank=30, price=19900, features=("export",))
    hear(world, plan(), dear, dearer, subscription())

    answer = check(world, "export")

    assert (answer["allowed"], answer["reason"], answer["lifts"]) == (False, "not_in_plan", "pro")


def test_a_plan_that_was_withdrawn_is_offered_to_nobody_and_goes_on_granting(world):
    withdrawn = {"plan": "pro", "plan_version": 1}
    gone = message("sales", "PlanWithdrawn.v1", withdrawn, subject="plan/pro", sequence=2)
    own = message("sales", "PlanWithdrawn.v1", {**withdrawn, "plan": "team"}, subject="plan/team", sequence=2)
    dear = plan("pro", rank=20, price=9900, features=("export",))
    dearer = plan("max", rank=30, price=19900, features=("export",))
    hear(world, gone, plan(), dear, dearer, own, subscription())

    assert check(world, "export")["lifts"] == "max"
    assert check(world)["allowed"]


def test_a_stranger_is_refused_and_nobody_of_another_tenant_is_known(world):
    hear(world, plan(), subscription())

    assert check(world, customer="nobody")["reason"] == "unknown_customer"
    assert check(world, tenant="ten_b")["reason"] == "unknown_customer"


def test_a_cancelled_subscription_ends_at_its_instant_without_any_event(world):
    cancelled = subscription("SubscriptionCancelled.v1", 2, "canceling", "2023-12-01T00:00:00Z")
    hear(world, plan(), subscription(), cancelled)

    assert check(world)["allowed"]
    assert check(world, at=DECEMBER)["reason"] == "ended"


def test_a_pause_leaves_on_what_the_plan_keeps_until_the_resume(world):
    offered = plan(features=("completions", "export"))
    offered["data"]["paused_keeps"] = ["export"]
    hear(world, offered, subscription(), subscription("SubscriptionPaused.v1", 2, "paused"))

    assert not check(world)["allowed"]
    assert check(world, "export")["allowed"]
    [revoked] = world.said("AccessRevoked.v1")
    assert revoked["features"] == ["completions"]

    hear(world, subscription("SubscriptionResumed.v1", 3))

    assert check(world)["allowed"]
    assert [each["features"] for each in world.said("AccessGranted.v1")][1] == ["completions", "export"]


def test_what_ended_before_it_began_was_granted_to_nobody(world):
    hear(world, plan(), subscription("SubscriptionEnded.v1", 2, "ended", "2023-10-20T00:00:00Z"))

    assert not check(world)["allowed"]
    assert (world.said("AccessRevoked.v1"), world.said("AccessGranted.v1")) == ([], [])


def test_whatever_the_order_and_however_often_the_answer_is_the_same(world):
    ended = subscription("SubscriptionEnded.v1", 3, "ended", "2023-11-20T00:00:00Z")
    story = [plan(), subscription(), usage("10"), usage("20", 2), ended]
    answers = set()
    for order in itertools.islice(itertools.permutations(story), 0, 120, 17):
        _emptied(world)
        hear(world, *order, *order[:3])
        answer = check(world)
        answers.add((answer["allowed"], answer["used"], check(world, at=DECEMBER)["reason"]))
        assert world.dead == []

    assert answers == {(True, "20", "ended")}


def test_a_rebuilt_projection_answers_as_before(world):
    story = [plan(), subscription(), usage("250000")]
    hear(world, *story)
    before = check(world)

    _emptied(world)
    assert check(world)["reason"] == "unknown_customer"
    hear(world, *story)

    assert check(world) == before


def test_a_quantity_that_is_no_number_is_refused(world):
    body = {"customer": ADA, "feature": "completions", "quantity": "1e9"}

    status, answer = world.call("POST", "/access/check", body, now=MIDDLE)

    assert (status, answer["code"]) == (422, "invalid_decimal")


def _emptied(world):
    for row in world.rows():
        key = {"pk": {"S": row["pk"]}, "sk": {"S": row["sk"]}}
        world._dynamodb.delete_item(TableName="billing-test-access-main", Key=key)
    return world


def add_on(key="storage", *, limit="500000", features=()):
    entitlements = [{"feature": "completions", "kind": "quota", "meter": "tokens", "limit": limit}]
    entitlements += [{"feature": feature, "kind": "boolean"} for feature in features]
    data = {"add_on": key, "add_on_version": 1, "name": key, "entitlements": entitlements}
    return message("sales", "AddOnPublished.v1", data, subject=f"add_on/{key}", sequence=1)


def with_add_on(quantity, sequence, type_="SubscriptionChanged.v1"):
    told = subscription(type_, sequence=sequence)
    taken = [{"add_on": "storage", "add_on_version": 1, "quantity": quantity}] if quantity else []
    told["data"]["state"]["add_ons"] = taken
    return told


def test_an_add_on_stacks_on_what_the_plan_grants_in_any_order_of_arrival(world):
    hear(world, plan(), subscription())
    hear(world, with_add_on(3, 2), add_on(features=("export",)))
    assert (check(world)["limit"], check(world, "export")["allowed"]) == ("2500000", True)

    hear(world, with_add_on(1, 3))
    assert check(world)["limit"] == "1500000"
    hear(world, with_add_on(0, 4))
    assert (check(world)["limit"], check(world, "export")["reason"]) == ("1000000", "not_in_plan")
    assert [each["features"] for each in world.said("AccessGranted.v1")] == [["completions"], ["export"]]
    assert [each["features"] for each in world.said("AccessRevoked.v1")] == [["export"]]

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from fractions import Fraction

import pytest

from billing.core.catalogue import Entitlement, EntitlementKind, LimitKind
from billing.core.entitlements import (
    Grant,
    Offer,
    Quota,
    Restriction,
    RestrictionPolicy,
    Snapshot,
    Why,
    cheapest_with,
    decide,
)

NOVEMBER, DECEMBER = datetime(2023, 11, 1, tzinfo=UTC), datetime(2023, 12, 1, tzinfo=UTC)
MIDDLE = datetime(2023, 11, 16, tzinfo=UTC)


def quota(limit_kind: LimitKind, limit: int = 100) -> Entitlement:
    return Entitlement(
        "tokens", EntitlementKind.QUOTA, meter="m", limit=Fraction(limit), limit_kind=limit_kind
    )


def snapshot(*entitlements: Entitlement, until: datetime | None = None) -> Snapshot:
    grants = tuple(Grant("sub_1", "team@1", e, NOVEMBER, until) for e in entitlements)
    return Snapshot("cus_1", grants)


def used(quantity: int) -> dict[str, Quota]:
    return {"m": Quota("m", Fraction(quantity), NOVEMBER, DECEMBER)}


@pytest.mark.parametrize(
    ("kind", "already", "allowed", "reason", "remaining"),
    [
        (LimitKind.HARD, 0, True, Why.WITHIN_LIMIT, 100),
        (LimitKind.HARD, 99, True, Why.WITHIN_LIMIT, 1),
        (LimitKind.HARD, 100, False, Why.LIMIT_REACHED, 0),
        (LimitKind.SOFT, 100, True, Why.SOFT_LIMIT, 0),
        (LimitKind.OVERAGE, 150, True, Why.OVERAGE, 0),
    ],
)
def test_a_quota_allows_up_to_its_limit_and_beyond_it_by_its_kind(kind, already, allowed, reason, remaining):
    decision = decide(snapshot(quota(kind)), used(already), "tokens", at=MIDDLE)

    assert (decision.allowed, decision.reason, decision.remaining) == (allowed, reason, remaining)


def test_asking_for_more_than_remains_is_refused_as_a_whole():
    assert not decide(
        snapshot(quota(LimitKind.HARD)), used(95), "tokens", at=MIDDLE, quantity=Fraction(6)
    ).allowed


def test_usage_of_the_period_before_does_not_count_in_the_next():
    decision = decide(snapshot(quota(LimitKind.HARD)), used(100), "tokens", at=DECEMBER)

    assert (decision.allowed, decision.remaining) == (True, 100)


def test_a_grant_ends_at_its_boundary_without_any_event():
    ending = snapshot(Entitlement("export"), until=DECEMBER)

    assert decide(ending, {}, "export", at=MIDDLE).allowed
    assert decide(ending, {}, "export", at=DECEMBER).reason is Why.ENDED


def test_a_refusal_says_why():
    assert decide(None, {}, "export", at=MIDDLE).reason is Why.UNKNOWN_CUSTOMER
    assert decide(snapshot(), {}, "export", at=MIDDLE).reason is Why.NOT_IN_PLAN


def test_of_two_grants_the_more_generous_counts():
    both = snapshot(quota(LimitKind.HARD, 10), quota(LimitKind.HARD, 100))

    assert decide(both, used(50), "tokens", at=MIDDLE).remaining == 50


def test_the_cheapest_plan_that_grants_a_feature_is_named():
    offers = [
        Offer("pro", "Pro", 20, (Entitlement("export"),), {"USD": 9900, "EUR": 8900}),
        Offer("team", "Team", 10, (Entitlement("export"),), {"USD": 4900}),
        Offer("free", "Free", 0, (Entitlement("playground"),), {}),
    ]

    assert cheapest_with("export", offers, "USD") == offers[1]
    assert cheapest_with("export", offers, "EUR") == offers[0]
    assert cheapest_with("export", offers) == offers[1]
    assert cheapest_with("teleport", offers) is None


def test_a_plan_whose_limit_is_too_small_lifts_nothing():
    small = Offer("small", "Small", 0, (quota(LimitKind.HARD, 100),), {"USD": 1000})
    large = Offer("large", "Large", 1, (quota(LimitKind.HARD, 500),), {"USD": 5000})

    assert cheapest_with("tokens", [small, large], "USD", needed=Fraction(101)) == large
    assert cheapest_with("tokens", [small, large], "USD", needed=Fraction(501)) is None


def test_an_unpaid_invoice_takes_away_what_the_policy_does_not_keep():
    policy = RestrictionPolicy(after_days=7, keeps=("export",))
    restriction = Restriction("inv_1", policy.since(NOVEMBER), policy.keeps)
    known = replace(snapshot(quota(LimitKind.HARD), Entitlement("export")), restrictions=(restriction,))
    eighth = datetime(2023, 11, 8, tzinfo=UTC)

    assert decide(known, {}, "tokens", at=eighth - timedelta(microseconds=1)).allowed
    assert decide(known, {}, "tokens", at=eighth).reason is Why.RESTRICTED
    assert decide(known, {}, "export", at=eighth).allowed
    assert RestrictionPolicy(after_days=None).since(NOVEMBER) is None

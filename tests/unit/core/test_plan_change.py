from dataclasses import replace
from datetime import UTC, datetime
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.core import changing, ending
from billing.core import subscription as rules
from billing.core.billing_run import bill
from billing.core.catalogue import Plan
from billing.core.catalogue_file import parse_catalogue
from billing.core.errors import RuleError
from billing.core.invoicing import Usage
from billing.core.plan_change import When, Wish, changed, settlement, treatment
from billing.core.policies import Direction
from tests.builders import a_catalogue, tiers

NOVEMBER, SIXTEENTH, DECEMBER = (
    datetime(2023, 11, 1, tzinfo=UTC),
    datetime(2023, 11, 16, tzinfo=UTC),
    datetime(2023, 12, 1, tzinfo=UTC),
)
ONE = Wish(Fraction(1))
VAT = {"standard": Fraction(10)}


def two_plans() -> tuple[Plan, Plan]:
    """Team at 30.00, and Pro at 90.00; context tokens at a dollar a million, a million free."""
    data = a_catalogue()
    team = data["plans"][1]
    team["prices"] = [
        team["prices"][0] | {"charges": {"USD": {"kind": "flat", "amount": "30.00"}}},
        team["prices"][1] | {"charges": {"USD": tiers((None, "0.000001"))}},
    ]
    pro = {**team, "key": "pro", "name": "Pro", "rank": 20}
    pro["prices"] = [
        team["prices"][0] | {"charges": {"USD": {"kind": "flat", "amount": "90.00"}}},
        team["prices"][1] | {"charges": {"USD": tiers((None, "0.0000005"))}},
    ]
    found = parse_catalogue({**data, "plans": [team, pro]})
    return found.plan("team"), found.plan("pro")


TEAM, PRO = two_plans()


def subscribed():
    return rules.start("sub_1", "cus_1", "main", TEAM, "USD", at=NOVEMBER, zone="UTC")


def invoice_of(before, old, new, wish=ONE, *, at=SIXTEENTH, tokens=0, how=None):
    how = how or treatment(old, new, before, wish)
    after = changed(before, old, new, wish, at=at)
    usage = {"context": Usage(Fraction(tokens))}
    return after, settlement(before, after, old, new, how, usage=usage, tax_rates=VAT, at=at)


def lines(invoice):
    return [(line.price, line.side, line.amount.minor) for line in invoice.lines]


def test_an_upgrade_in_the_middle_gives_half_of_the_old_back_and_asks_half_of_the_new():
    after, invoice = invoice_of(subscribed(), TEAM, PRO, tokens=2_500_000)

    assert (after.plan, after.since["context"], after.period.end) == ("pro", SIXTEENTH, DECEMBER)
    assert lines(invoice) == [
        ("base", "credit", -1500),
        ("base", "charge", 4500),
        ("context", None, 200),  # 2.5 million less half a million that was free: two dollars
    ]
    assert (invoice.net.minor, invoice.tax.minor, invoice.total.minor) == (3200, 320, 3520)


def test_the_rest_of_the_period_is_rated_under_the_new_plan_with_its_share_of_what_is_free():
    after, _ = invoice_of(subscribed(), TEAM, PRO)
    renewed = rules.renew(after)

    december = bill(
        renewed,
        PRO,
        closed=after.period,
        opened=renewed.period,
        usage={"context": Usage(Fraction(2_500_000))},
        tax_rates={},
        at=DECEMBER,
    )

    assert [(line.price, line.period.start, line.amount.minor) for line in december.lines] == [
        ("base", DECEMBER, 9000),
        ("context", SIXTEENTH, 100),
    ]


def test_a_downgrade_waits_for_the_period_to_end():
    before = replace(subscribed(), plan="pro", plan_version=PRO.version)

    assert treatment(PRO, TEAM, before, ONE) is Direction.NEXT_PERIOD
    after = changed(before, PRO, TEAM, ONE, at=SIXTEENTH)
    assert (after.plan, after.pending.plan) == ("pro", "team")

    renewed = rules.renew(after, TEAM)
    assert (renewed.plan, renewed.pending, renewed.period.start) == ("team", None, DECEMBER)
    assert changing.keep_plan(after) == before


def test_a_downgrade_now_credits_the_rest():
    before = replace(subscribed(), plan="pro", plan_version=PRO.version)

    _, invoice = invoice_of(before, PRO, TEAM, Wish(Fraction(1), When.NOW))

    assert lines(invoice) == [
        ("base", "credit", -4500),
        ("base", "charge", 1500),
        ("context", None, 0),
    ]


def test_a_yearly_plan_opens_periods_of_its_own_when_the_month_ends():
    cadence = replace(PRO.cadence, count=12)
    yearly = replace(PRO, prices=tuple(replace(p, cadence=cadence) for p in PRO.prices))

    with pytest.raises(RuleError, match="cadence_differs at when"):
        changed(subscribed(), TEAM, yearly, ONE, at=SIXTEENTH)
    after = changed(subscribed(), TEAM, yearly, Wish(Fraction(1), When.PERIOD_END), at=SIXTEENTH)
    renewed = rules.renew(after, yearly)

    assert (renewed.period.start, renewed.period.end) == (DECEMBER, datetime(2024, 12, 1, tzinfo=UTC))


def test_a_restart_credits_the_old_and_bills_the_new_in_full():
    team = replace(TEAM, change=replace(TEAM.change, upgrade=Direction.RESTART))

    after, invoice = invoice_of(subscribed(), team, PRO)

    assert lines(invoice) == [("base", "credit", -1500), ("base", None, 9000), ("context", None, 0)]
    assert (after.period.start, after.period.end) == (SIXTEENTH, datetime(2023, 12, 16, tzinfo=UTC))


def test_an_ended_subscription_does_not_change():
    with pytest.raises(RuleError, match="transition_not_allowed"):
        changed(ending.end(subscribed(), at=SIXTEENTH), TEAM, PRO, ONE, at=SIXTEENTH)


def test_one_that_ends_changes_until_then():
    ends = ending.cancel(subscribed())

    after, invoice = invoice_of(ends, TEAM, PRO)

    assert lines(invoice)[:2] == [("base", "credit", -1500), ("base", "charge", 4500)]
    assert (after.plan, after.ends_at) == ("pro", DECEMBER)
    with pytest.raises(RuleError, match="ends_by_then") as refused:
        changed(ends, TEAM, PRO, Wish(Fraction(1), When.PERIOD_END), at=SIXTEENTH)
    assert refused.value.field == "when"


@given(st.integers(0, 30 * 24 * 3600 - 1))
def test_a_change_and_its_undo_at_one_instant_leave_nothing(seconds):
    at = NOVEMBER.fromtimestamp(NOVEMBER.timestamp() + seconds, UTC)
    middle, there = invoice_of(subscribed(), TEAM, PRO, Wish(Fraction(1), When.NOW), at=at)
    _, back = invoice_of(middle, PRO, TEAM, Wish(Fraction(1), When.NOW), at=at)

    both = [line for invoice in (there, back) if invoice for line in invoice.lines if line.side]
    assert sum(line.amount.minor for line in both) == 0

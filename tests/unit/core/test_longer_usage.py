"""Usage that is billed in a longer rhythm than its plan: its own period, by hand."""

from datetime import UTC, datetime
from fractions import Fraction

from billing.core import subscription as rules
from billing.core.billing_run import bill, closing
from billing.core.catalogue_file import parse_catalogue
from billing.core.invoicing import Usage
from billing.core.plan_change import When, Wish, changed, settlement, treatment
from tests.builders import a_catalogue

NOVEMBER, SIXTEENTH, DECEMBER, JANUARY, FEBRUARY = (
    datetime(2023, 11, 1, tzinfo=UTC),
    datetime(2023, 11, 16, tzinfo=UTC),
    datetime(2023, 12, 1, tzinfo=UTC),
    datetime(2024, 1, 1, tzinfo=UTC),
    datetime(2024, 2, 1, tzinfo=UTC),
)
MILLION = 1_000_000


def by_the_quarter(**plan):
    """Team, its context tokens by the quarter: a million free, 0.000003 up to 5 million, then 0.000002."""
    data = a_catalogue()
    team = {**data["plans"][1], **plan}
    base, context, *_ = team["prices"]
    team["prices"] = [base, {**context, "cadence": {"unit": "quarter"}}]
    return {**data, "plans": [data["plans"][0], team, {**team, "key": "pro", "name": "Pro", "rank": 20}]}


CATALOGUE = parse_catalogue(by_the_quarter())
TEAM, PRO = CATALOGUE.plan("team"), CATALOGUE.plan("pro")


def subscribed(plan=TEAM, at=NOVEMBER):
    return rules.start("sub_1", "cus_1", "main", plan, "USD", at=at, zone="UTC")


def of_month(before, at, tokens, plan=TEAM, *, going_on=True):
    """What the end of a month bills: (price, from, to, minor)."""
    after = rules.renew(before)
    invoice = bill(
        after,
        plan,
        closed=before.period,
        opened=after.period if going_on else None,
        usage={"context": Usage(Fraction(tokens))},
        tax_rates={},
        at=at,
        before=before,
    )
    behind = [line for line in invoice.lines if line.price == "context"]
    return after, [(line.period.start, line.period.end, line.amount.minor) for line in behind]


def test_two_months_bill_nothing_of_it_and_the_third_the_whole_quarter_in_its_tiers():
    november = subscribed()
    december, first = of_month(november, DECEMBER, 3 * MILLION)
    january, second = of_month(december, JANUARY, 3 * MILLION)
    _, third = of_month(january, FEBRUARY, 7 * MILLION)

    assert (TEAM.cadence.unit, first, second) == ("month", [], [])
    # 6 million of seven are charged: five at 0.000003 are 15.00, one at 0.000002 is 2.00
    assert third == [(NOVEMBER, FEBRUARY, 1700)]


def test_an_end_within_the_quarter_bills_what_was_used_of_it_with_its_share_of_what_is_free():
    _, found = of_month(subscribed(), DECEMBER, 2 * MILLION, going_on=False)
    # free are 30 of 92 days of a million, 326,086.96; 1,673,913.04 at 0.000003
    assert found == [(NOVEMBER, DECEMBER, 502)]


def test_a_change_of_plan_within_the_quarter_bills_both_parts_at_their_own_terms():
    before = subscribed()
    wish = Wish(Fraction(1), When.NOW)
    after = changed(before, TEAM, PRO, wish, at=SIXTEENTH)
    how = treatment(TEAM, PRO, before, wish)
    usage = {"context": Usage(Fraction(MILLION))}
    settled = settlement(before, after, TEAM, PRO, how, usage=usage, tax_rates={}, at=SIXTEENTH)
    # 15 of 92 days: 163,043.48 are free, 836,956.52 at 0.000003
    assert [(line.price, line.amount.minor) for line in settled.lines] == [("context", 251)]

    december, first = of_month(after, DECEMBER, MILLION, PRO)
    january, second = of_month(december, JANUARY, MILLION, PRO)
    _, third = of_month(january, FEBRUARY, 2 * MILLION, PRO)
    # the other 77 days: 836,956.52 are free, 1,163,043.48 at 0.000003
    assert (first, second, third) == ([], [], [(SIXTEENTH, FEBRUARY, 349)])


def test_on_the_calendar_the_first_quarter_is_what_is_left_of_it():
    plan = parse_catalogue(by_the_quarter(anchoring="calendar")).plan("team")
    november = subscribed(plan, SIXTEENTH)
    december, first = of_month(november, DECEMBER, MILLION, plan)
    _, second = of_month(december, JANUARY, MILLION, plan)
    # October to December has 92 days, 46 are left: half a million is free, half a million at 0.000003
    assert (first, second) == ([], [(SIXTEENTH, JANUARY, 150)])


def test_each_quarter_follows_the_one_before_without_gap_or_overlap():
    subscription, ended = subscribed(), NOVEMBER
    for _ in range(24):
        at = subscription.period.end
        after = rules.renew(subscription)
        for each in closing(subscription, TEAM, at, (after, TEAM)).values():
            assert (each.part, each.part.start) == (each.whole, ended)
            ended = each.part.end
        subscription = after
    assert ended == datetime(2025, 11, 1, tzinfo=UTC)

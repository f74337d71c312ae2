"""Where periods begin, and what the first part of one costs: the calendar, a billing day, an anniversary."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.core.billing_run import bill
from billing.core.catalogue import Plan, Price, Source, Timing
from billing.core.charges import Flat, PerUnit
from billing.core.errors import RuleError
from billing.core.invoicing import Invoice, Usage
from billing.core.periods import Anchoring, Basis, Cadence, FirstPart, Period, Unit
from billing.core.plan_change import Wish, changed, settlement
from billing.core.policies import ChangePolicy, Direction
from billing.core.subscription import Subscription, renew, start

MONTH, YEAR = Cadence(Unit.MONTH), Cadence(Unit.YEAR)


def at(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)


PLAN = Plan(
    "team",
    1,
    "Team",
    (
        Price("base", "Base", {"EUR": Flat(Fraction(31))}, MONTH),
        Price("support", "Support", {"EUR": Flat(Fraction(365))}, YEAR),
        Price("room", "Room", {"EUR": Flat(Fraction(62))}, MONTH, Timing.ARREARS),
        Price(
            "calls",
            "Calls",
            {"EUR": PerUnit(Fraction(1))},
            MONTH,
            Timing.ARREARS,
            Source.METER,
            "calls",
            allowance=Fraction(62),
        ),
        Price("setup", "Set-up", {"EUR": Flat(Fraction(7))}),
    ),
    change=ChangePolicy(basis=Basis.DAY),
    anchoring=Anchoring.CALENDAR,
)
START = at(2025, 1, 17, 9)  # with that day 15 of the 31 days of January are left, and 349 of the year


def subscribed(plan: Plan = PLAN, **settings) -> Subscription:
    return start("sub", "cus", "main", plan, "EUR", at=START, zone="UTC", **settings)


def invoice(subscription: Subscription, closed: Period | None, opened: Period | None, plan=PLAN) -> Invoice:
    drafted = bill(
        subscription,
        plan,
        closed=closed,
        opened=opened,
        usage={"calls": Usage(Fraction(100))},
        tax_rates={},
        at=opened.start if opened else closed.end,
    )
    assert drafted is not None
    return drafted


def amounts(drafted: Invoice) -> dict[str, str]:
    return {line.price: line.amount.plain() for line in drafted.lines}


def test_on_the_calendar_the_first_period_is_a_part_of_each_prices_own_period():
    new = subscribed()

    assert new.period == Period(START, at(2025, 2, 1))
    assert amounts(invoice(new, None, new.period)) == {"base": "15.00", "support": "349.00", "setup": "7.00"}
    # Behind: half a month of room (15/31), and of 100 calls the 30 of the part's allowance are free.
    assert amounts(invoice(renew(new), new.period, renew(new).period)) == {
        "base": "31.00",
        "room": "30.00",
        "calls": "70.00",
    }


def test_a_year_of_the_calendar_begins_in_january():
    new = replace(subscribed(), number=11)  # December

    assert amounts(invoice(renew(new), new.period, renew(new).period))["support"] == "365.00"


@pytest.mark.parametrize(
    ("first_part", "base", "room"),
    [
        (FirstPart.SHORT, "15.00", "30.00"),
        (FirstPart.FREE, "0.00", "0.00"),
        (FirstPart.FULL, "31.00", "62.00"),
    ],
)
def test_a_first_part_is_charged_for_its_share_or_free_or_like_a_whole_period(first_part, base, room):
    plan = replace(PLAN, first_part=first_part)
    new = subscribed(plan)

    assert amounts(invoice(new, None, new.period, plan))["base"] == base
    assert amounts(invoice(renew(new), new.period, renew(new).period, plan))["room"] == room
    assert amounts(invoice(renew(new), new.period, renew(new).period, plan))["calls"] == "70.00"


def test_a_billing_day_is_kept_through_short_months():
    new = subscribed(billing_day=31)

    assert new.period == Period(START, at(2025, 1, 31))
    assert [renewed.period.end for renewed in (renew(new), renew(renew(new)))] == [
        at(2025, 2, 28),
        at(2025, 3, 31),
    ]
    assert amounts(invoice(new, None, new.period))["base"] == "14.00"  # 14 days of 31


def test_an_anniversary_has_no_first_part():
    plan = replace(PLAN, anchoring=Anchoring.ANNIVERSARY)
    new = subscribed(plan)

    assert new.period == Period(START, at(2025, 2, 17, 9))
    assert amounts(invoice(new, None, new.period, plan))["base"] == "31.00"


@pytest.mark.parametrize("day", [0, 32])
def test_a_billing_day_that_no_month_has_is_refused(day):
    with pytest.raises(RuleError, match="invalid_billing_day"):
        subscribed(billing_day=day)


@pytest.mark.parametrize(
    ("first_part", "base"),
    [
        (FirstPart.SHORT, [("credit", "-7.00"), ("charge", "14.00")]),  # 7 days of 31 are left
        (FirstPart.FREE, []),
    ],
)
def test_a_change_within_a_first_part_settles_what_it_charged(first_part, base):
    plan = replace(PLAN, first_part=first_part)
    double = replace(plan.prices[0], charges={"EUR": Flat(Fraction(62))})
    large = replace(plan, key="large", rank=1, prices=(double, *plan.prices[1:]))
    before, when = subscribed(plan), at(2025, 1, 25)
    after = changed(before, plan, large, Wish(Fraction(1)), at=when)

    settled = settlement(before, after, plan, large, Direction.PRORATE, usage={}, tax_rates={}, at=when)

    lines = settled.lines if settled else ()
    assert [(str(line.side), line.amount.plain()) for line in lines if line.side] == base


@given(
    st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1)),  # noqa: DTZ001 -- made aware below
    st.sampled_from(["UTC", "Europe/Zurich", "America/New_York", "Pacific/Apia"]),
    st.sampled_from(Anchoring),
    st.none() | st.integers(1, 31),
    st.sampled_from([Unit.WEEK, Unit.MONTH, Unit.QUARTER, Unit.YEAR]),
)
def test_the_periods_of_a_subscription_tile_from_its_start(moment, zone, anchoring, day, unit):
    plan = Plan(
        "p", 1, "P", (Price("a", "A", {"EUR": Flat(Fraction(1))}, Cadence(unit)),), anchoring=anchoring
    )
    begun = moment.replace(tzinfo=UTC)
    subscription = start("s", "c", "e", plan, "EUR", at=begun, zone=zone, billing_day=day)

    assert subscription.period.start == begun < subscription.period.end
    for _ in range(5):
        renewed = renew(subscription)
        assert renewed.period.start == subscription.period.end < renewed.period.end
        subscription = renewed


def history(ticks: list[datetime]) -> list[Invoice]:
    """What is billed until the last tick, when work is looked at only at these instants."""
    subscription = subscribed()
    made = [invoice(subscription, None, subscription.period)]
    for now in ticks:
        while subscription.due_at and subscription.due_at <= now:
            renewed = renew(subscription)
            made.append(invoice(renewed, subscription.period, renewed.period))
            subscription = renewed
    return made


DAYS = [START + timedelta(days=day) for day in range(420)]


@given(st.sets(st.sampled_from(DAYS), max_size=40), st.lists(st.sampled_from(DAYS), max_size=10))
def test_whenever_work_is_looked_at_the_documents_are_the_same(some, again):
    daily = history(DAYS)

    late = history(sorted([*some, *some, *again, DAYS[-1]]))

    assert late == daily
    assert len({line.id for made in daily for line in made.lines}) == sum(len(made.lines) for made in daily)

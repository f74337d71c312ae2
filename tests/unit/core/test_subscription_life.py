"""Trial, pause and what is scheduled, as rules: literal instants."""

from dataclasses import replace
from datetime import UTC, datetime
from fractions import Fraction

import pytest

from billing.core import changing, ending, pausing, trial
from billing.core import subscription as rules
from billing.core.catalogue import Plan, Price
from billing.core.charges import Flat
from billing.core.discounts import Coupon
from billing.core.errors import NotFoundError, RuleError
from billing.core.periods import Anchoring, Cadence, FirstPart, Unit
from billing.core.plan_change import When, Wish, changed
from billing.core.policies import Trial
from billing.core.states import Status

MONTH = Cadence(Unit.MONTH)
TEAM = Plan("team", 1, "Team", (Price("base", "Base", {"USD": Flat(Fraction(49))}, MONTH),))
PRO = replace(TEAM, key="pro", rank=2)
TRIED = replace(TEAM, trial=Trial(Cadence(Unit.DAY, 14)))
HALF = Coupon("half", "Half", percent=Fraction(50), periods=2)


def day(number, month=11, year=2023):
    return datetime(year, month, number, tzinfo=UTC)


def started(plan=TEAM, **more):
    return rules.start("sub_1", "cus_1", "main", plan, "USD", at=day(1), zone="UTC", **more)


def tried(**more):
    return started(TRIED, trial_end=day(15), remind_at=day(12), **more)


@pytest.mark.parametrize(
    ("subscription", "due"),
    [
        (started(), day(1, 12)),
        (started(later=True), day(1)),
        (tried(), day(12)),
        (trial.reminded(tried()), day(15)),
        (ending.cancel(started(), at=day(20)), day(20)),
        (pausing.pause(started(), at=day(10)), None),
        (pausing.pause(started(), at=day(10), resume_at=day(3, 1, 2024)), day(3, 1, 2024)),
        (ending.end(started(), at=day(10)), None),
    ],
)
def test_it_is_looked_at_next_at_the_earliest_of_what_waits(subscription, due):
    assert subscription.due_at == due


@pytest.mark.parametrize(
    ("length", "reminder", "at"),
    [
        ((Unit.DAY, 14), (Unit.DAY, 3), 12),
        ((Unit.DAY, 14), (Unit.WEEK, 1), 8),
        ((Unit.DAY, 2), (Unit.DAY, 3), 1),
    ],
)
def test_the_reminder_comes_so_long_before_the_end_or_at_once(length, reminder, at):
    plan = replace(TEAM, trial=Trial(Cadence(*length), reminder=Cadence(*reminder)))
    end = trial.trial_end(plan, day(1), "UTC")

    assert trial.reminder_at(plan, day(1), end, "UTC") == day(at)


def test_a_coupon_of_a_trial_acts_on_the_first_paid_months_however_long_it_is_extended():
    redeemed = rules.redeem(tried(), HALF, at=day(3), redeemed=0)
    extended = trial.extend(redeemed, TRIED, end=day(25), at=day(10))
    paid = trial.convert(extended, TRIED)

    [acting] = paid.coupons
    assert (paid.period.start, acting.since, acting.until) == (day(25), day(15), day(25, 1, 2024))
    assert [acting.acts_at(at) for at in (day(25), day(25, 12), day(25, 1, 2024))] == [True, True, False]


def test_a_coupon_of_an_order_dated_back_acts_from_its_start():
    today = day(10, 1, 2024)
    redeemed = rules.redeem(started(recorded_at=today), HALF, at=today, redeemed=0)

    assert (redeemed.coupons[0].since, redeemed.coupons[0].until) == (day(1), day(1, 1, 2024))


def test_a_resume_on_the_calendar_begins_with_a_part_of_a_month_that_is_charged():
    plan = replace(TEAM, anchoring=Anchoring.CALENDAR, first_part=FirstPart.FREE)
    resumed = pausing.resume(pausing.pause(started(plan), at=day(10)), plan, at=day(20, 12))

    assert (resumed.period.start, resumed.period.end) == (day(20, 12), day(1, 1, 2024))
    assert resumed.first_part is FirstPart.SHORT


def test_a_resume_keeps_the_billing_day():
    resumed = pausing.resume(pausing.pause(started(billing_day=31), at=day(10)), TEAM, at=day(20, 2, 2024))

    assert (resumed.period.end, resumed.schedule.anchor_day) == (day(29, 2, 2024), 31)


def test_two_changes_for_one_instant_are_one_and_the_last_word_counts_by_field():
    first = changed(started(), TEAM, PRO, Wish(Fraction(1), When.DATE, day(20)), at=day(2))
    both = changed(first, TEAM, TEAM, Wish(Fraction(5), When.DATE, day(20)), at=day(3))

    [one] = both.scheduled
    assert (one.what.plan, one.what.seats) == ("pro", 5)
    assert both.under(one.what).plan == "pro"


def test_what_waits_for_the_period_moves_with_its_end_and_what_has_a_date_does_not():
    waiting = changed(started(), TEAM, PRO, Wish(Fraction(1), When.PERIOD_END), at=day(2))
    waiting = changed(waiting, TEAM, TEAM, Wish(Fraction(3), When.DATE, day(20, 12)), at=day(2))
    restarted = changing.with_terms(waiting, TEAM, Fraction(1), at=day(10), restart=True)

    assert [each.at for each in restarted.scheduled] == [day(10, 12), day(20, 12)]


def test_a_cancellation_with_a_date_goes_on_through_renewals_until_then():
    canceling = ending.cancel(started(), at=day(15, 12))
    renewed = rules.renew(canceling)

    assert (renewed.status, renewed.ends_at, renewed.due_at) == (Status.CANCELING, day(15, 12), day(15, 12))
    with pytest.raises(RuleError, match="allowed: cancel, change, uncancel"):
        rules.renew(ending.cancel(started()))


def test_what_cannot_be_says_why():
    for refused, code in [
        (lambda: ending.cancel(pausing.pause(started(), at=day(5))), "no_period_runs"),
        (lambda: ending.cancel(pausing.pause_later(started())), "pause_scheduled"),
        (lambda: pausing.pause_later(started(), resume_at=day(30)), "resumes_too_early"),
        (lambda: pausing.pause(tried(), at=day(5)), "transition_not_allowed"),
        (lambda: trial.extend(tried(), TRIED, end=day(15), at=day(5)), "not_an_extension"),
    ]:
        with pytest.raises(RuleError) as found:
            refused()
        assert found.value.code == code
    with pytest.raises(NotFoundError):
        changing.drop(started(), "chg_unknown")


def test_who_goes_from_years_to_a_free_plan_has_months_of_it_with_the_next_period_and_at_once():
    yearly = replace(TEAM, prices=(replace(TEAM.prices[0], cadence=Cadence(Unit.YEAR)),))
    free = Plan("free", 1, "Free")
    waiting = changed(started(yearly), yearly, free, Wish(Fraction(1), When.PERIOD_END), at=day(16))
    renewed = rules.renew(waiting, free)
    at_once = changed(started(yearly), yearly, free, Wish(Fraction(1), When.NOW), at=day(16))

    assert (renewed.period.start, renewed.period.end) == (day(1, 11, 2024), day(1, 12, 2024))
    assert (at_once.period.start, at_once.period.end) == (day(16), day(16, 12))

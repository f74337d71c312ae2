"""Another currency, as rules: literal instants and amounts."""

from dataclasses import replace
from datetime import UTC, datetime
from fractions import Fraction

import pytest

from billing.core import changing, currency_change, pausing, trial
from billing.core import subscription as rules
from billing.core.agreed import Agreement
from billing.core.billing_run import bill, closing
from billing.core.catalogue import AddOn, Plan, Price, Source, Timing
from billing.core.charges import Flat, PerUnit
from billing.core.discounts import Coupon
from billing.core.errors import RuleError
from billing.core.invoicing import Usage
from billing.core.migration import migrated, taken_back
from billing.core.overrides import Override
from billing.core.periods import Cadence, Unit
from billing.core.plan_change import When, Wish, changed, in_force, settled_at_boundary
from billing.core.policies import ChangePolicy, Direction
from billing.core.scheduled import NewTerms

MONTH, QUARTER, YEAR = Cadence(Unit.MONTH), Cadence(Unit.QUARTER), Cadence(Unit.YEAR)


def day(number, month=11, year=2023):
    return datetime(year, month, number, tzinfo=UTC)


def price(key, usd, chf, cadence=MONTH, charge=Flat, **more):
    charges = {"USD": charge(Fraction(usd)), "CHF": charge(Fraction(chf))}
    return Price(key, key, charges, cadence, **more)


CALLS = price(
    "calls", "0.03", "0.02", QUARTER, PerUnit,
    timing=Timing.ARREARS, source=Source.METER, meter="calls", allowance=Fraction(900),
)  # fmt: skip
TEAM = Plan("team", 1, "Team", (price("base", 49, 45), price("care", 120, 108, YEAR), CALLS))
PRO = replace(TEAM, key="pro", rank=2, change=ChangePolicy(upgrade=Direction.RESTART))
FRANCS = Wish(Fraction(1), currency="CHF", same_plan=True)


def started(plan=TEAM, **more):
    return rules.start("sub_1", "cus_1", "main", plan, "USD", at=day(1), zone="UTC", **more)


def refused(command, *args, **more):
    with pytest.raises(RuleError) as found:
        command(*args, **more)
    return found.value.code, found.value.field


def test_usage_by_the_quarter_is_closed_for_its_month_and_begins_anew():
    waits = changed(started(), TEAM, TEAM, FRANCS, at=day(10))
    after = rules.renew(waits, TEAM)
    parts = closing(waits, TEAM, day(1, 12), (after, TEAM))

    assert {key: (each.part.start, each.part.end) for key, each in parts.items()} == {
        "calls": (day(1), day(1, 12))
    }
    calls = {"calls": Usage(Fraction(1000))}
    made = bill(waits, TEAM, closed=waits.period, opened=None, usage=calls, tax_rates={}, at=day(1, 12))
    # 30 of 92 days are a quarter's share: 293.478... calls are free, 706.521... are 21.20
    assert [(line.amount.minor, line.amount.currency) for line in made.lines] == [(2120, "USD")]


@pytest.mark.parametrize("policy", list(Direction))
def test_what_is_paid_by_the_year_is_asked_for_its_rest_whatever_the_policy_says(policy):
    plan = replace(TEAM, change=ChangePolicy(policy, policy))
    waits = changed(started(plan), plan, plan, FRANCS, at=day(10))

    asked = settled_at_boundary(waits, rules.renew(waits, plan), plan, plan, day(1, 12))

    assert [(line.price, line.amount.minor, line.amount.currency) for line in asked] == [
        ("care", 9915, "CHF")
    ]


def test_the_invoice_that_opens_has_an_id_of_its_own():
    waits = changed(started(), TEAM, TEAM, FRANCS, at=day(10))
    after = rules.renew(waits, TEAM)
    same = {"usage": {}, "tax_rates": {}, "at": day(1, 12)}
    closes = bill(waits, TEAM, closed=waits.period, opened=None, **same)
    opens = bill(after, TEAM, closed=None, opened=after.period, before=waits, **same)

    assert (closes.currency, opens.currency, closes.id == opens.id) == ("USD", "CHF", False)


def test_it_comes_at_a_boundary_and_a_refusal_names_the_next():
    for at in (day(1, 12), day(1, 3, 2024)):
        [waits] = changed(started(), TEAM, TEAM, replace(FRANCS, at=at), at=day(10)).scheduled
        assert (waits.at, waits.what) == (at, NewTerms(currency="CHF"))
    with pytest.raises(RuleError, match="2024-02-01T00:00:00Z"):
        changed(started(), TEAM, TEAM, replace(FRANCS, at=day(9, 1, 2024)), at=day(10))
    now = replace(FRANCS, when=When.NOW)
    assert refused(changed, started(), TEAM, TEAM, now, at=day(10)) == ("currency_at_period_end", "when")


def test_in_a_trial_it_is_at_once_or_any_time_until_its_end():
    tried = started(trial_end=day(15))
    assert changed(tried, TEAM, TEAM, replace(FRANCS, when=When.NOW), at=day(2)).currency == "CHF"
    dated = changed(tried, TEAM, TEAM, replace(FRANCS, at=day(9)), at=day(2))
    assert in_force(dated, TEAM, TEAM, dated.scheduled[0].what, at=day(9))[1].currency == "CHF"
    later = changed(tried, TEAM, TEAM, replace(FRANCS, when=When.PERIOD_END), at=day(2))
    assert (later.currency, trial.convert(later, TEAM).currency) == ("USD", "CHF")
    assert refused(changed, tried, TEAM, TEAM, replace(FRANCS, at=day(20)), at=day(2))[1] == "at"


def test_a_date_that_falls_within_a_period_after_all_waits_for_its_end():
    dated = changed(started(PRO), PRO, PRO, replace(FRANCS, at=day(1, 12)), at=day(2))
    restarted = changing.with_terms(dated, PRO, Fraction(2), at=day(10), restart=True)

    how, after = in_force(restarted, PRO, PRO, restarted.scheduled[0].what, at=day(1, 12))

    assert (how, after.currency, after.scheduled[0].at) == (Direction.NEXT_PERIOD, "USD", day(10, 12))
    assert rules.renew(after, PRO).currency == "CHF"


def test_it_waits_for_a_resume():
    paused = pausing.pause(started(), at=day(10))
    waits = changed(paused, TEAM, TEAM, replace(FRANCS, when=When.NOW), at=day(12))

    assert (waits.currency, pausing.resume(waits, TEAM, at=day(20)).currency) == ("USD", "CHF")


def test_a_migration_and_its_end_leave_it():
    waits = changed(started(), TEAM, TEAM, FRANCS, at=day(10))
    dollars = Plan("solo", 1, "Solo", (Price("base", "Base", {"USD": Flat(Fraction(9))}, MONTH),))
    assert refused(migrated, waits, dollars, None) == ("currency_not_offered", "currency")
    newer = replace(TEAM, version=2)
    both = migrated(waits, newer, None)
    assert (both.pending.plan_version, both.pending.currency) == (2, "CHF")

    assert taken_back(both, "team", 2).pending.currency == "CHF"


def test_named_again_it_is_taken_back_by_a_change_at_once():
    waits = changed(started(), TEAM, TEAM, FRANCS, at=day(10))

    stays = changed(waits, TEAM, TEAM, Wish(Fraction(3), When.NOW, same_plan=True), at=day(11))
    gone = changed(waits, TEAM, TEAM, replace(FRANCS, when=When.NOW, currency="USD"), at=day(11))

    assert (stays.pending.currency, stays.seats, gone.scheduled) == ("CHF", 3, ())


def test_a_coupon_is_for_the_currency_that_comes():
    waits = changed(started(), TEAM, TEAM, FRANCS, at=day(10))
    dollars, francs = (Coupon(c, fixed={c: Fraction(5)}) for c in ("USD", "CHF"))

    assert refused(rules.redeem, waits, dollars, at=day(11), redeemed=0)[0] == "coupon_not_in_currency"
    redeemed = rules.redeem(waits, francs, at=day(11), redeemed=0)
    assert [each.coupon.key for each in rules.redeem(started(), dollars, at=day(11), redeemed=0).coupons] == [
        "USD"
    ]
    assert rules.renew(redeemed, TEAM).coupons == redeemed.coupons
    assert currency_change.stopping(redeemed, "USD", day(12)) == ("CHF",)


def test_all_that_is_had_must_be_sold_in_it():
    under = started().under(NewTerms(currency="CHF"))
    storage = AddOn("storage", 1, "Storage", (Price("space", "Space", {"USD": Flat(Fraction(7))}, MONTH),))
    own = Override("base", minimum={"USD": Fraction(10)})
    agreed = replace(under, agreement=Agreement(overrides=(own,)))
    fine = replace(under, agreement=Agreement(overrides=(Override("base", discount_percent=Fraction(5)),)))

    for each, add_ons, remedy in [(under, [storage], "give it up"), (agreed, [], "put the overrides")]:
        with pytest.raises(RuleError, match=remedy) as found:
            currency_change.require_sold(each, TEAM, add_ons, "currency")
        assert (found.value.code, found.value.field) == ("currency_not_offered", "currency")
    currency_change.require_sold(fine, TEAM, [], "currency")

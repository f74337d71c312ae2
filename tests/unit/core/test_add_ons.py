from dataclasses import replace
from datetime import UTC, datetime
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.core import subscription as rules
from billing.core.add_ons import require_fitting, without_unfitting
from billing.core.agreed import NOTHING, TakenAddOn, agreed
from billing.core.billing_run import bill
from billing.core.catalogue import Entitlement, EntitlementKind
from billing.core.catalogue_file import parse_catalogue
from billing.core.entitlements import stacked
from billing.core.errors import RuleError
from billing.core.invoicing import Usage
from billing.core.plan_change import When, Wish, changed, settled_at_boundary, settlement, treatment
from billing.core.policies import Direction
from billing.core.scheduled import NewTerms
from tests.builders import a_catalogue

NOVEMBER, SIXTEENTH, TWENTY_FIRST, DECEMBER = (
    datetime(2023, 11, 1, tzinfo=UTC),
    datetime(2023, 11, 16, tzinfo=UTC),
    datetime(2023, 11, 21, tzinfo=UTC),
    datetime(2023, 12, 1, tzinfo=UTC),
)
MONTH = {"unit": "month"}


def with_add_ons():
    """Storage at 6.00 each a month, support at 30.00 with 15.00 once, metered scans, a seal by the year."""
    data = a_catalogue()
    per_unit = {"kind": "per_unit", "unit_amount": "6.00"}
    storage = {
        "key": "storage",
        "name": "Storage",
        "plans": ["team"],
        "max_quantity": 10,
        "prices": [{"key": "space", "name": "Storage", "cadence": MONTH, "charges": {"USD": per_unit}}],
        "entitlements": [
            {"feature": "completions", "kind": "quota", "meter": "context_tokens", "limit": "500000"}
        ],
    }
    support = {
        "key": "support",
        "name": "Support",
        "prices": [
            {"key": "fee", "name": "Support", "cadence": MONTH, "charges": flat("30.00")},
            {"key": "setup", "name": "Introduction", "charges": flat("15.00")},
        ],
    }
    scans = {
        "key": "scans",
        "name": "Scans",
        "plans": ["team"],
        "requires": ["support"],
        "excludes": ["seal"],
        "prices": [
            {
                "key": "each",
                "name": "Scanned tokens",
                "cadence": MONTH,
                "timing": "arrears",
                "meter": "context_tokens",
                "allowance": "100000",
                "charges": {"USD": {"kind": "per_unit", "unit_amount": "0.00001"}},
            }
        ],
    }
    seal = {
        "key": "seal",
        "name": "Seal",
        "plans": ["team"],
        "prices": [
            {"key": "year", "name": "Seal, a year", "cadence": {"unit": "year"}, "charges": flat("366.00")}
        ],
    }
    return {**data, "add_ons": [storage, support, scans, seal]}


def flat(amount):
    return {"USD": {"kind": "flat", "amount": amount}}


CATALOGUE = parse_catalogue(with_add_ons())
TEAM, FREE = CATALOGUE.plan("team"), CATALOGUE.plan("free")
BY_KEY = {add_on.key: add_on for add_on in CATALOGUE.add_ons}
FULL = Usage(Fraction(1_000_000))


def took(**quantities):
    return tuple(TakenAddOn(key, 1, quantity) for key, quantity in quantities.items())


def with_(**quantities):
    return agreed(TEAM, NOTHING.taking(took(**quantities)), add_ons=CATALOGUE.add_ons)


def subscribed(**quantities):
    new = rules.start("sub_1", "cus_1", "main", TEAM, "USD", at=NOVEMBER, zone="UTC")
    return replace(new, agreement=NOTHING.taking(took(**quantities)))


def made(before, at=SIXTEENTH, usage=None, when=When.NOW, **quantities):
    """The subscription after a change of add-ons alone, and its invoice."""
    old = agreed(TEAM, before.agreement, add_ons=CATALOGUE.add_ons)
    wish = Wish(before.seats, when, add_ons=took(**quantities), same_plan=True)
    new = agreed(TEAM, before.agreement.taking(wish.add_ons), add_ons=CATALOGUE.add_ons)
    after, how = changed(before, old, new, wish, at=at), treatment(old, new, before, wish)
    if how is Direction.NEXT_PERIOD:
        return after, None
    return after, settlement(before, after, old, new, how, usage=usage or {}, tax_rates={}, at=at)


def lines(invoice):
    return [(line.price, line.side, line.amount.minor) for line in invoice.lines] if invoice else []


def test_nothing_agreed_is_the_plan_itself():
    assert agreed(TEAM, NOTHING) is TEAM
    assert agreed(TEAM, NOTHING, add_ons=CATALOGUE.add_ons) is TEAM


def test_an_agreed_plan_asks_and_grants_what_its_add_ons_do():
    plan = with_(storage=3, support=1)

    assert [price.key for price in plan.prices][-3:] == ["storage.space", "support.fee", "support.setup"]
    first = bill(
        subscribed(), plan, closed=None, opened=subscribed().period, usage={}, tax_rates={}, at=NOVEMBER
    )
    assert lines(first) == [
        ("base", None, 4900),
        ("setup", None, 1000),
        ("storage.space", None, 1800),
        ("support.fee", None, 3000),
        ("support.setup", None, 1500),
    ]
    [quota] = plan.entitlements
    assert (quota.limit, quota.limit_kind) == (Fraction(2_500_000), "overage")
    assert plan.cadence == TEAM.cadence


def test_an_add_on_of_now_costs_the_rest_of_the_period_and_nothing_else_is_touched():
    after, invoice = made(subscribed(), storage=2)

    assert lines(invoice) == [("storage.space", "charge", 600)]  # half of 12.00
    assert after.agreement.quantities() == {"storage": 2}
    assert set(after.since) == {"storage.space"}  # usage of the plan goes on as one part


def test_another_quantity_settles_the_difference_of_the_add_on_alone():
    _, more = made(subscribed(storage=2), storage=5)
    assert lines(more) == [("storage.space", "credit", -600), ("storage.space", "charge", 1500)]
    _, less = made(subscribed(storage=5), storage=2)
    assert lines(less) == [("storage.space", "credit", -1500), ("storage.space", "charge", 600)]
    _, none = made(subscribed(storage=5), storage=0)
    assert lines(none) == [("storage.space", "credit", -1500)]


def test_what_is_asked_once_is_asked_when_it_comes_and_not_given_back():
    came, invoice = made(subscribed(), support=1)
    assert lines(invoice) == [("support.fee", "charge", 1500), ("support.setup", None, 1500)]
    _, gone = made(came, at=TWENTY_FIRST, support=0)
    assert lines(gone) == [("support.fee", "credit", -1000)]


def test_less_waits_for_the_period_to_end_as_the_plan_says_and_more_is_now():
    waiting, invoice = made(subscribed(storage=5), when=None, storage=2)
    assert (invoice, waiting.agreement.quantities()) == (None, {"storage": 5})
    assert waiting.scheduled[0].what == NewTerms(add_ons=took(storage=2))
    now, invoice = made(subscribed(storage=2), when=None, storage=5)
    assert (now.agreement.quantities(), invoice.net.minor) == ({"storage": 5}, 900)


def test_what_waits_of_other_things_is_not_overtaken_by_an_add_on():
    waiting, _ = made(subscribed(storage=5), when=None, storage=2)
    waiting = changed(waiting, TEAM, TEAM, Wish(Fraction(3), When.PERIOD_END, same_plan=True), at=SIXTEENTH)

    both, _ = made(waiting, support=1)
    assert (both.pending.seats, both.pending.agreement.quantities()) == (3, {"storage": 2, "support": 1})
    again, _ = made(both, storage=7)
    assert (again.pending.seats, again.pending.agreement.quantities()) == (3, {"storage": 7, "support": 1})


def test_usage_of_an_add_on_is_counted_from_when_it_came():
    came, invoice = made(subscribed(support=1), scans=1)
    assert lines(invoice) == []
    plan = with_(support=1, scans=1)
    renewed = rules.renew(came, None)
    december = bill(
        renewed,
        plan,
        closed=came.period,
        opened=renewed.period,
        usage={"context": FULL, "scans.each": FULL},
        tax_rates={},
        at=DECEMBER,
        before=came,
    )
    by_price = {line.price: (line.period.start, line.amount.minor) for line in december.lines}
    # half of the allowance is left: 950,000 at 0.00001; the plan's own usage is one part, all of it free
    assert by_price["scans.each"] == (SIXTEENTH, 950)
    assert by_price["context"] == (NOVEMBER, 0)


def test_an_add_on_paid_for_longer_is_settled_where_it_comes_and_goes_with_a_period():
    march, december = datetime(2024, 3, 1, tzinfo=UTC), DECEMBER
    renewed = replace(rules.renew(subscribed()), agreement=NOTHING.taking(took(seal=1)))
    came = settled_at_boundary(subscribed(), renewed, TEAM, with_(seal=1), december)
    # from 1 December to 1 November: 336 of 366 days
    assert [(line.price, line.amount.minor) for line in came] == [("seal.year", 33600)]
    had = replace(renewed, number=3)
    gone = settled_at_boundary(had, replace(had, number=4), with_(seal=1), TEAM, march)
    # from 1 March to 1 November: 245 of 366 days
    assert [(line.price, line.amount.minor) for line in gone] == [("seal.year", -24500)]
    within = [(p.key, p.cadence.unit) for p in with_(seal=1).prices if p.key == "seal.year"]
    assert within == [("seal.year", "year")]


DAYS = st.integers(1, 28)


@given(first=DAYS, second=DAYS, quantity=st.integers(1, 10))
def test_adding_and_removing_leaves_the_time_it_was_had_and_nothing_else(first, second, quantity):
    begun, ended = sorted((NOVEMBER.replace(day=first), NOVEMBER.replace(day=second)))
    came, added = made(subscribed(), at=begun, storage=quantity)
    gone, removed = made(came, at=ended, storage=0)

    assert gone.agreement == NOTHING
    asked = sum(invoice.net.minor for invoice in (added, removed) if invoice)
    exact = Fraction(600 * quantity * (ended - begun).days, 30)
    assert abs(asked - exact) <= 1  # each of the two lines is rounded once
    assert (asked == 0) or begun != ended
    both = [
        bill(rules.renew(each), TEAM, closed=each.period, opened=None, usage={}, tax_rates={}, at=DECEMBER)
        for each in (subscribed(), gone)
    ]
    assert lines(both[0]) == lines(both[1])


@given(st.dictionaries(st.sampled_from(["storage", "support", "scans", "seal"]), st.integers(1, 10)))
def test_add_ons_change_no_price_of_the_plan_and_no_rhythm(quantities):
    plan = with_(**quantities)

    assert plan.prices[: len(TEAM.prices)] == TEAM.prices
    assert (plan.cadence, plan.currencies) == (TEAM.cadence, ("USD",))


@pytest.mark.parametrize(
    ("plan", "quantities", "code"),
    [
        (FREE, {"storage": 1}, "add_on_not_for_plan"),
        (TEAM, {"scans": 1}, "add_on_required"),
        (TEAM, {"scans": 1, "support": 1, "seal": 1}, "add_ons_exclude"),
        (TEAM, {"storage": 11}, "too_many_of_add_on"),
    ],
)
def test_what_does_not_go_together_is_refused_with_the_remedy(plan, quantities, code):
    with pytest.raises(RuleError) as refused:
        require_fitting(plan, [(BY_KEY[key], n) for key, n in quantities.items()], "USD")
    assert (refused.value.code, refused.value.field) == (code, "add_ons")


def test_an_add_on_is_had_in_a_currency_it_is_sold_in():
    with pytest.raises(RuleError, match="support is sold in USD"):
        require_fitting(FREE, [(BY_KEY["support"], 1)], "EUR")


def test_what_the_new_plan_cannot_have_is_left_with_all_that_requires_it():
    taken = [(BY_KEY[key], 1) for key in ("storage", "support", "scans")]
    assert [add_on.key for add_on, _ in without_unfitting(FREE, taken)] == ["support"]
    unsupported = [(replace(BY_KEY["support"], plans=("team",)), 1), (replace(BY_KEY["scans"], plans=()), 1)]
    assert without_unfitting(FREE, unsupported) == []


def test_limits_add_up_a_value_is_replaced_and_the_rest_is_granted_beside():
    quota = Entitlement("calls", EntitlementKind.QUOTA, meter="calls", limit=Fraction(100))
    region = Entitlement("region", EntitlementKind.CONFIG, value="eu")
    more = replace(quota, limit=Fraction(50))

    assert stacked([quota], [more], 3) == (replace(quota, limit=Fraction(250)),)
    assert stacked([quota], [replace(more, limit=None)]) == (replace(quota, limit=None),)
    assert stacked([region], [replace(region, value="ch")]) == (replace(region, value="ch"),)
    other = Entitlement("export")
    assert stacked([quota, region], [other]) == (quota, region, other)
    assert stacked([other], [other]) == (other,)

"""A ramp: periods of a plan under terms of their own, refused where they cannot be priced."""

import copy
from datetime import UTC, datetime
from fractions import Fraction

import pytest

from billing.core.agreed import Agreement, agreed
from billing.core.catalogue_file import diff, parse_catalogue
from billing.core.errors import RuleError
from billing.core.pausing import pause, resume
from billing.core.subscription import renew, start
from tests.builders import a_catalogue, tiers

RAMP = [
    {
        "key": "first",
        "periods": 1,
        "overrides": [{"price": "base", "charges": {"USD": {"kind": "flat", "amount": "9.00"}}}],
    },
    {
        "key": "second",
        "periods": 2,
        "overrides": [
            {"price": "base", "discount_percent": "50"},
            {"price": "context", "allowance": "2000000", "charges": {"USD": tiers((None, "0.000001"))}},
        ],
    },
]
BASE, CONTEXT = 0, 1


def at(*parts):
    return datetime(*parts, tzinfo=UTC)


def with_ramp(*phases):
    data = copy.deepcopy(a_catalogue())
    data["plans"][1]["phases"] = copy.deepcopy(list(phases or RAMP))
    return data


def test_each_period_has_the_terms_of_its_phase_and_then_those_of_the_plan():
    plan = parse_catalogue(with_ramp()).plan("team")
    found = [agreed(plan, Agreement(), period=period).prices for period in range(5)]

    amounts = [prices[BASE].charges["USD"].amount for prices in found]
    assert amounts == [9, 49, 49, 49, 49]
    assert [prices[BASE].discount_percent for prices in found] == [None, 50, 50, None, None]
    assert [prices[CONTEXT].allowance for prices in found] == [
        Fraction(1_000_000),
        Fraction(2_000_000),
        Fraction(2_000_000),
        Fraction(1_000_000),
        Fraction(1_000_000),
    ]


def test_periods_are_counted_over_a_pause_and_a_new_version_and_anew_on_another_plan():
    plan = parse_catalogue(with_ramp()).plan("team")
    began = start("sub_1", "cus_1", "main", plan, "USD", at=at(2024, 1, 1), zone="UTC")
    assert began.plan_period == 0

    paused = pause(renew(began), at=at(2024, 2, 10))
    resumed = resume(paused, plan, at=at(2024, 5, 3))
    assert (paused.plan_period, resumed.plan_period, resumed.period.start) == (1, 2, at(2024, 5, 3))

    newer = resumed.on(parse_catalogue(with_ramp()).plan("team"), Fraction(1), Agreement())
    other = resumed.on(parse_catalogue(with_ramp()).plan("free"), Fraction(1), Agreement())
    assert (newer.plan_period, other.plan_period) == (2, 0)


def one(**override):
    return {"key": "only", "periods": 1, "overrides": [{"price": "base", **override}]}


PHASE = "plans[1].phases[0]"
FIRST = f"{PHASE}.overrides[0]"


@pytest.mark.parametrize(
    ("phases", "code", "field"),
    [
        ([{**RAMP[0], "periods": 0}], "not_positive", f"{PHASE}.periods"),
        ([{"key": "First", "periods": 1}], "invalid_key", f"{PHASE}.key"),
        ([RAMP[0], RAMP[0]], "duplicate_key", "plans[1].phases[1].key"),
        ([one(price="seat")], "unknown_price", f"{FIRST}.price"),
        ([one()], "nothing_to_override", FIRST),
        ([one(discount="9")], "unknown_field", f"{FIRST}.discount"),
        ([one(discount_percent="101")], "invalid_percent", f"{FIRST}.discount_percent"),
        ([one(quantity="-1")], "negative_not_allowed", f"{FIRST}.quantity"),
        ([one(price="context", quantity="2")], "quantity_not_possible", f"{FIRST}.quantity"),
        ([one(allowance="3")], "allowance_not_possible", f"{FIRST}.allowance"),
        ([one(minimum={"EUR": "1"})], "missing_currency", f"{FIRST}.minimum"),
        (
            [one(charges={"EUR": {"kind": "flat", "amount": "1"}})],
            "missing_currency",
            f"{FIRST}.charges.EUR",
        ),
        (
            [one(charges={"USD": {"kind": "flat", "amount": "-1"}})],
            "negative_not_allowed",
            f"{FIRST}.charges.USD.amount",
        ),
        (
            [one(price="context", charges={"USD": tiers(("5", "1"), ("4", "1"))})],
            "tiers_overlap",
            f"{FIRST}.charges.USD.tiers[1].up_to",
        ),
        (
            [{**one(minimum={"USD": "1"}), "overrides": 2 * one(minimum={"USD": "1"})["overrides"]}],
            "duplicate_key",
            f"{PHASE}.overrides[1].price",
        ),
    ],
)
def test_a_phase_that_cannot_be_priced_is_refused_with_its_field(phases, code, field):
    with pytest.raises(RuleError) as refused:
        parse_catalogue(with_ramp(*phases))

    assert (refused.value.code, refused.value.field) == (code, field)


def test_what_a_phase_changes_is_shown_field_by_field():
    cheaper = copy.deepcopy(RAMP)
    cheaper[0]["overrides"][0]["charges"]["USD"]["amount"] = "5.00"

    [change] = diff(parse_catalogue(with_ramp()), parse_catalogue(with_ramp(*cheaper)))

    [field] = change.fields
    assert (field.field, field.old, field.new) == (
        "phases.first.overrides.base.charges.USD.amount",
        "9.00",
        "5.00",
    )

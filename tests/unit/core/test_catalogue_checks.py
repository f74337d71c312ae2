import copy
from datetime import UTC, datetime

import pytest

from billing.core.catalogue import Catalogue, Plan
from billing.core.catalogue_file import diff, numbered, parse_catalogue
from billing.core.errors import RuleError
from tests.builders import a_catalogue


def spoiled(path: list, value) -> dict:
    """The catalogue with one thing changed."""
    data = copy.deepcopy(a_catalogue())
    place = data
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    return data


TEAM_TIERS = ["plans", 1, "prices", 1, "charges", "USD", "tiers"]


@pytest.mark.parametrize(
    ("path", "value", "code", "field"),
    [
        (["plan"], [], "unknown_field", "plan"),
        (["plans", 1, "colour"], "red", "unknown_field", "plans[1].colour"),
        ([*TEAM_TIERS, 1, "up_to"], "4", "tiers_overlap", "plans[1].prices[1].charges.USD.tiers[1].up_to"),
        ([*TEAM_TIERS, 0, "up_to"], None, "tiers_overlap", "plans[1].prices[1].charges.USD.tiers[0].up_to"),
        (
            [*TEAM_TIERS, 0, "unit_amount"],
            "-1",
            "negative_not_allowed",
            "plans[1].prices[1].charges.USD.tiers[0]",
        ),
        (
            [*TEAM_TIERS, 0, "unit_amount"],
            "1e3",
            "invalid_decimal",
            "plans[1].prices[1].charges.USD.tiers[0].unit_amount",
        ),
        (["plans", 1, "prices", 1, "meter"], "steps", "unknown_meter", "plans[1].prices[1].meter"),
        (["plans", 1, "prices", 1, "timing"], "advance", "usage_in_advance", "plans[1].prices[1].timing"),
        (
            ["plans", 1, "prices", 1, "cadence"],
            {"unit": "day", "count": 45},
            "cadence_differs",
            "plans[1].prices[1].cadence",
        ),
        (
            ["plans", 1, "prices", 1, "cadence"],
            {"unit": "month", "count": 13},
            "cadence_too_long",
            "plans[1].prices[1].cadence",
        ),
        (
            ["plans", 1, "prices", 0, "cadence"],
            {"unit": "year", "count": 101},
            "invalid_cadence",
            "plans[1].prices[0].cadence.count",
        ),
        ([*TEAM_TIERS, 1, "up_to"], "9000000", "quantity_not_priced", "plans[1].prices[1].beyond"),
        (["plans", 1, "prices", 0, "key"], "context", "duplicate_key", "plans[1].prices[1].key"),
        (
            ["plans", 1, "prices", 0, "charges"],
            {"EUR": {"kind": "flat", "amount": "1"}},
            "missing_currency",
            "plans[1].prices",
        ),
        (
            ["plans", 1, "prices", 0, "charges"],
            {"ZZZ": {"kind": "flat", "amount": "1"}},
            "unknown_currency",
            "plans[1].prices[0].charges.ZZZ",
        ),
        (
            ["plans", 0, "entitlements", 0, "feature"],
            "teleport",
            "unknown_feature",
            "plans[0].entitlements[0].feature",
        ),
    ],
)
def test_what_cannot_be_priced_is_refused_with_its_field(path, value, code, field):
    with pytest.raises(RuleError) as refused:
        parse_catalogue(spoiled(path, value))

    assert (refused.value.code, refused.value.field) == (code, field)


EUR, PLACE = "EUR", "plans[0].prices[0]"
ONE_EURO = {"EUR": {"kind": "flat", "amount": "1"}}


def one_price(charge: dict, **settings) -> dict:
    """A catalogue that sells nothing but this charge for the units of a meter."""
    usage = {"key": "use", "name": "Use", "cadence": {"unit": "month"}, "timing": "arrears", "meter": "units"}
    meter = {"key": "units", "event_type": "used", "aggregation": "count"}
    plan = {"key": "p", "name": "P", "prices": [{**usage, "charges": {EUR: charge}, **settings}]}
    return {"meters": [meter], "plans": [plan]}


def matrix(*cells: tuple[list[str], str]) -> dict:
    listed = [{"values": values, "unit_amount": amount} for values, amount in cells]
    return {"kind": "matrix", "dimensions": ["model", "region"], "cells": listed}


PER_UNIT = {"kind": "per_unit", "unit_amount": "1"}


@pytest.mark.parametrize(
    ("charge", "settings", "code", "field"),
    [
        (
            matrix((["*", "*"], "1"), (["large", "*"], "2"), (["*", "eu"], "3")),
            {},
            "ambiguous_cells",
            "charges.EUR.cells[2].values",
        ),
        (matrix((["*", "*"], "1"), (["*", "*"], "2")), {}, "ambiguous_cells", "charges.EUR.cells[1].values"),
        (matrix((["large", "eu"], "1")), {}, "quantity_not_priced", "charges.EUR.cells"),
        (matrix((["*"], "1")), {}, "invalid_cell", "charges.EUR.cells[0].values"),
        (
            {"kind": "package", "size": "0", "amount": "1"},
            {},
            "not_positive",
            "charges.EUR.size",
        ),
        (
            {"kind": "blocks", "tiers": [{"size": "10", "amount": "1"}, {"size": "5", "amount": "1"}]},
            {},
            "tiers_overlap",
            "charges.EUR.tiers[0].blocks",
        ),
        (
            {
                "kind": "percentage",
                "rate_percent": "1",
                "transaction_minimum": "3",
                "transaction_maximum": "2",
            },
            {},
            "minimum_above_maximum",
            "charges.EUR.transaction_minimum",
        ),
        (
            {"kind": "graduated_percentage", "tiers": [{"up_to": "10", "rate_percent": "-1"}]},
            {},
            "negative_not_allowed",
            "charges.EUR.tiers[0]",
        ),
        (
            {"kind": "percentage", "rate_percent": "1"},
            {"allowance": "5"},
            "allowance_not_possible",
            "allowance",
        ),
        (
            PER_UNIT,
            {"minimum": {EUR: "9"}, "maximum": {EUR: "8"}},
            "minimum_above_maximum",
            "minimum.EUR",
        ),
        (PER_UNIT, {"maximum": {"CHF": "8"}}, "missing_currency", "maximum"),
        (PER_UNIT, {"base": {EUR: "-1"}}, "negative_not_allowed", "base.EUR"),
        (PER_UNIT, {"conversion": {"divide": "0"}}, "not_positive", "conversion"),
    ],
)
def test_a_charge_that_cannot_price_whatever_comes_is_refused(charge, settings, code, field):
    with pytest.raises(RuleError) as refused:
        parse_catalogue(one_price(charge, **settings))

    assert (refused.value.code, refused.value.field) == (code, f"{PLACE}.{field}")


TENTH = {"key": "tenth", "percent": "10"}


@pytest.mark.parametrize(
    ("coupon", "code", "field"),
    [
        ({"key": "none"}, "percent_or_fixed", ""),
        ({**TENTH, "fixed": {EUR: "1"}}, "percent_or_fixed", ""),
        ({**TENTH, "percent": "101"}, "invalid_percent", ".percent"),
        ({**TENTH, "percent": "0"}, "invalid_percent", ".percent"),
        ({**TENTH, "periods": 0}, "coupon_never_applies", ".periods"),
        ({**TENTH, "redemptions": 0}, "coupon_never_applies", ".redemptions"),
        ({**TENTH, "plans": ["q"]}, "unknown_plan", ".plans[0]"),
        ({**TENTH, "plans": ["free"]}, "coupon_never_applies", ".plans"),
        ({**TENTH, "prices": ["use", "seats"]}, "coupon_never_applies", ".prices[1]"),
        ({"key": "fixed", "fixed": {"CHF": "5"}}, "coupon_never_applies", ".fixed"),
        ({"key": "fixed", "fixed": {EUR: "-5"}}, "not_positive", ".fixed.EUR"),
        ({**TENTH, "redeem_by": "soon"}, "invalid_instant", ".redeem_by"),
        ({**TENTH, "redeem_by": 5}, "wrong_type", ".redeem_by"),
    ],
)
def test_a_coupon_that_can_never_apply_is_refused(coupon, code, field):
    data = one_price(PER_UNIT)
    data["plans"].append({"key": "free", "name": "Free"})

    with pytest.raises(RuleError) as refused:
        parse_catalogue({**data, "coupons": [coupon]})

    assert (refused.value.code, refused.value.field) == (code, f"coupons[0]{field}")


def test_a_coupon_is_read_with_its_instant_and_shown_in_a_diff():
    data = {**one_price(PER_UNIT), "coupons": [{**TENTH, "redeem_by": "2026-01-31T09:30:00Z"}]}
    catalogue = parse_catalogue(data)

    assert catalogue.coupons[0].redeem_by == datetime(2026, 1, 31, 9, 30, tzinfo=UTC)
    assert [str(c.kind) for c in diff(parse_catalogue(one_price(PER_UNIT)), catalogue)] == ["coupon"]


@pytest.mark.parametrize(
    ("fallbacks", "code"), [({"a": "b"}, "unknown_plan"), ({"a": "c", "c": "a"}, "cyclic_plans")]
)
def test_a_trial_ends_on_a_plan_that_exists_and_does_not_lead_back(fallbacks, code):
    plans = [
        {
            "key": key,
            "name": key,
            "trial": {
                "length": {"unit": "day", "count": 14},
                "without_method": "free_plan",
                "fallback_plan": fallback,
            },
        }
        for key, fallback in fallbacks.items()
    ]

    with pytest.raises(RuleError) as refused:
        parse_catalogue({"plans": plans})

    assert (refused.value.code, refused.value.field) == (code, "plans[0].trial.fallback_plan")


def test_a_trial_ends_on_a_plan_that_is_sold_in_every_currency_of_its_own():
    data = a_catalogue()
    _, team = data["plans"]
    lite = {**team, "key": "lite", "prices": [{**team["prices"][0], "charges": ONE_EURO}]}
    trial = {"length": {"unit": "day"}, "without_method": "free_plan", "fallback_plan": "lite"}

    with pytest.raises(RuleError) as refused:
        parse_catalogue({**data, "plans": [{**team, "trial": trial}, lite]})

    assert (refused.value.code, refused.value.field) == ("missing_currency", "plans[0].trial.fallback_plan")


def test_a_charge_that_looks_at_events_needs_a_meter():
    data = one_price({"kind": "percentage", "rate_percent": "1"})
    data["plans"][0]["prices"][0] |= {"source": "fixed", "timing": "advance"}
    data["plans"][0]["prices"][0].pop("meter")

    with pytest.raises(RuleError, match="needs_meter"):
        parse_catalogue(data)


def test_a_third_cell_may_decide_between_two_that_overlap():
    decided = matrix(
        (["*", "*"], "1"),
        (["large", "*"], "2"),
        (["*", "eu"], "3"),
        (["large", "eu"], "4"),
        (["*", "us"], "5"),
    )
    with pytest.raises(RuleError, match=r"add a cell for \[large, us\]"):
        parse_catalogue(one_price(decided))
    decided["cells"].append({"values": ["large", "us"], "unit_amount": "6"})

    assert parse_catalogue(one_price(decided)).plan("p").prices[0].charges[EUR].cells[5].unit_amount == 6


def test_a_plan_stored_before_it_had_all_its_settings_still_reads():
    stored = parse_catalogue(one_price(PER_UNIT)).plan("p").to_data()
    for name in ("base", "conversion", "zero_usage", "beyond"):
        stored["prices"][0].pop(name, None)

    assert Plan.from_data(stored) == parse_catalogue(one_price(PER_UNIT)).plan("p")


def test_equal_content_keeps_its_version_and_other_content_takes_the_next():
    first = numbered(Catalogue(), parse_catalogue(a_catalogue()))
    dearer = spoiled(["plans", 1, "prices", 0, "charges", "USD", "amount"], "59.00")

    second = numbered(first, parse_catalogue(dearer))

    assert [plan.ref for plan in second.plans] == ["free@1", "team@2"]
    assert [(c.action, c.kind, c.key, c.detail) for c in diff(first, second)] == [
        ("changed", "plan", "team", "prices")
    ]


ADD_ON_PRICE = {
    "key": "space",
    "name": "Storage",
    "cadence": {"unit": "month"},
    "charges": {"USD": {"kind": "per_unit", "unit_amount": "6.00"}},
}
STORAGE = {"key": "storage", "name": "Storage", "prices": [ADD_ON_PRICE], "plans": ["team"]}
WEEKLY = {**ADD_ON_PRICE, "cadence": {"unit": "week"}}
YEARLY = {**ADD_ON_PRICE, "cadence": {"unit": "year"}}
IN_EURO = {**ADD_ON_PRICE, "charges": {"EUR": {"kind": "per_unit", "unit_amount": "6.00"}}}
FLAT = {**ADD_ON_PRICE, "charges": {"USD": {"kind": "flat", "amount": "6.00"}}}
SCANS = {"key": "scans", "name": "Scans"}


@pytest.mark.parametrize(
    ("add_ons", "code", "field"),
    [
        ([{**STORAGE, "plans": ["gold"]}], "unknown_plan", "add_ons[0].plans[0]"),
        ([{**STORAGE, "requires": ["gold"]}], "unknown_add_on", "add_ons[0].requires[0]"),
        ([{**STORAGE, "excludes": ["gold"]}], "unknown_add_on", "add_ons[0].excludes[0]"),
        ([{**STORAGE, "requires": ["storage"]}], "cyclic_add_ons", "add_ons[0].requires"),
        (
            [{**STORAGE, "requires": ["scans"]}, {**SCANS, "requires": ["storage"]}],
            "cyclic_add_ons",
            "add_ons[0].requires",
        ),
        (
            [{**STORAGE, "requires": ["scans"], "excludes": ["scans"]}, SCANS],
            "required_and_excluded",
            "add_ons[0].requires",
        ),
        (
            [{**STORAGE, "requires": ["scans"]}, {**SCANS, "plans": ["free"]}],
            "no_plan_fits",
            "add_ons[0].requires",
        ),
        ([{**STORAGE, "prices": [IN_EURO]}], "missing_currency", "add_ons[0].prices[0].charges"),
        ([{**STORAGE, "prices": [WEEKLY]}], "cadence_differs", "add_ons[0].prices"),
        ([{**STORAGE, "plans": ["free"], "prices": [YEARLY]}], "cadence_differs", "add_ons[0].prices"),
        ([{**STORAGE, "prices": [FLAT], "max_quantity": 2}], "flat_not_possible", "add_ons[0].max_quantity"),
        ([{**STORAGE, "max_quantity": 0}], "not_positive", "add_ons[0].max_quantity"),
        ([{**STORAGE, "prices": [ADD_ON_PRICE, ADD_ON_PRICE]}], "duplicate_key", "add_ons[0].prices[1].key"),
        ([{**STORAGE, "key": "a.b"}], "invalid_key", "add_ons[0].key"),
        ([STORAGE, STORAGE], "duplicate_key", "add_ons[1].key"),
        (
            [{**STORAGE, "entitlements": [{"feature": "steps"}]}],
            "unknown_feature",
            "add_ons[0].entitlements[0].feature",
        ),
    ],
)
def test_an_add_on_that_cannot_be_had_is_refused_with_its_field(add_ons, code, field):
    with pytest.raises(RuleError) as refused:
        parse_catalogue({**a_catalogue(), "add_ons": add_ons})
    assert (refused.value.code, refused.value.field) == (code, field)


PLUS = {"key": "plus", "name": "Plus", "plan": "team", "add_ons": [{"key": "storage"}]}


@pytest.mark.parametrize(
    ("changed", "code", "field"),
    [
        ({"plan": "gold"}, "unknown_plan", "bundles[0].plan"),
        ({"plan": "free"}, "add_on_not_for_plan", "bundles[0].add_ons"),
        ({"add_ons": [{"key": "gold"}]}, "unknown_add_on", "bundles[0].add_ons[0].key"),
        ({"add_ons": [{"key": "storage", "quantity": 2}]}, "too_many_of_add_on", "bundles[0].add_ons"),
        ({"add_ons": [{"key": "storage", "quantity": 0}]}, "not_positive", "bundles[0].add_ons[0].quantity"),
        ({"overrides": [{"price": "gold"}]}, "unknown_price", "bundles[0].overrides[0].price"),
        (
            {"overrides": [{"price": "storage.space", "discount_percent": "101"}]},
            "invalid_percent",
            "bundles[0].overrides[0].discount_percent",
        ),
    ],
)
def test_a_bundle_that_cannot_be_sold_is_refused_with_its_field(changed, code, field):
    data = {**a_catalogue(), "add_ons": [STORAGE], "bundles": [{**PLUS, **changed}]}
    with pytest.raises(RuleError) as refused:
        parse_catalogue(data)
    assert (refused.value.code, refused.value.field) == (code, field)


def test_add_ons_and_bundles_are_numbered_and_compared_like_plans():
    old = parse_catalogue({**a_catalogue(), "add_ons": [STORAGE], "bundles": [PLUS]})
    new = parse_catalogue({**a_catalogue(), "add_ons": [{**STORAGE, "max_quantity": 3}], "bundles": [PLUS]})

    after = numbered(old, new)
    assert (after.add_ons[0].version, after.bundles[0].version) == (2, 1)
    [change] = diff(old, after)
    assert (change.kind, change.key, [each.field for each in change.fields]) == (
        "add_on",
        "storage",
        ["max_quantity"],
    )


BOOK = {"key": "book", "name": "Book", "charges": {"USD": {"kind": "flat", "amount": "19.00"}}}
GUIDE = {"key": "guide", "name": "Guide", "prices": [BOOK]}


@pytest.mark.parametrize(
    ("changed", "code", "field"),
    [
        ({"products": [GUIDE, GUIDE]}, "duplicate_key", "products[1].key"),
        (
            {"products": [{**GUIDE, "prices": [{**BOOK, "cadence": {"unit": "month"}}]}]},
            "not_one_time",
            "products[0].prices[0].cadence",
        ),
        (
            {"products": [{**GUIDE, "prices": [{**BOOK, "source": "seats"}]}]},
            "not_one_time",
            "products[0].prices[0].cadence",
        ),
        (
            {"products": [{**GUIDE, "prices": [BOOK, {**BOOK, "key": "cd", "charges": IN_EURO["charges"]}]}]},
            "missing_currency",
            "products[0].prices[0].charges",
        ),
        (
            {"plans": [{"key": "free", "name": "Free", "product": "guide"}]},
            "unknown_product",
            "plans[0].product",
        ),
        (
            {"coupons": [{"key": "off", "percent": "10", "prices": ["guide.cd"]}], "products": [GUIDE]},
            "coupon_never_applies",
            "coupons[0].prices[0]",
        ),
    ],
)
def test_a_product_that_cannot_be_sold_is_refused(changed, code, field):
    with pytest.raises(RuleError) as refused:
        parse_catalogue(changed)
    assert (refused.value.code, refused.value.field) == (code, field)


def test_a_product_and_a_coupon_for_it_are_published_and_compared():
    off = {"key": "off", "percent": "10", "prices": ["guide.book"]}
    old = parse_catalogue({"products": [GUIDE], "coupons": [off]})
    dearer = {**GUIDE, "prices": [{**BOOK, "charges": {"USD": {"kind": "flat", "amount": "21.00"}}}]}
    new = parse_catalogue({"products": [dearer], "coupons": [off]})

    [change] = diff(old, new)

    assert (change.action, change.kind, change.key) == ("changed", "product", "guide")
    assert [(e.field, e.old, e.new) for e in change.fields] == [
        ("prices.book.charges.USD.amount", "19.00", "21.00")
    ]

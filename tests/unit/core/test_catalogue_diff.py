"""What a reader of a plan sees: every field that differs, and nothing else."""

import copy

import pytest

from billing.core.catalogue import Catalogue
from billing.core.catalogue_diff import differences
from billing.core.catalogue_file import diff, numbered, parse_catalogue
from tests.builders import a_catalogue, tiers

FIRST = numbered(Catalogue(), parse_catalogue(a_catalogue()))


def edited(edit):
    """What differs of the team plan after an edit, as (field, old, new)."""
    data = copy.deepcopy(a_catalogue())
    edit(data["plans"][1])
    new = numbered(FIRST, parse_catalogue(data))
    return [(d.field, d.old, d.new) for d in differences(FIRST.plan("team"), new.plan("team"))]


def price(n, **fields):
    return lambda team: team["prices"][n].update(fields)


def test_an_amount_is_shown_with_the_decimals_of_its_currency():
    dearer = price(0, charges={"USD": {"kind": "flat", "amount": "59"}})

    assert edited(dearer) == [("prices.base.charges.USD.amount", "49.00", "59.00")]


def test_tiers_are_named_by_their_place():
    cheaper = price(1, charges={"USD": tiers(("6000000", "0.000003"), (None, "0.000001"))})

    assert edited(cheaper) == [
        ("prices.context.charges.USD.tiers[0].up_to", "5000000", "6000000"),
        ("prices.context.charges.USD.tiers[1].unit_amount", "0.000002", "0.000001"),
    ]


def test_a_field_that_was_at_its_default_shows_the_default():
    assert edited(price(2, allowance="500")) == [("prices.generated.allowance", "0", "500")]


def test_another_charge_model_shows_what_comes_and_what_goes():
    assert edited(price(0, charges={"USD": {"kind": "package", "size": "10", "amount": "49.00"}})) == [
        ("prices.base.charges.USD.kind", "flat", "package"),
        ("prices.base.charges.USD.size", None, "10"),
    ]


def test_a_new_price_shows_only_what_is_not_usual():
    extra = {"key": "extra", "name": "Extra", "charges": {"USD": {"kind": "flat", "amount": "1.5"}}}

    assert edited(lambda team: team["prices"].append(extra)) == [
        ("prices.extra.key", None, "extra"),
        ("prices.extra.name", None, "Extra"),
        ("prices.extra.charges.USD.kind", None, "flat"),
        ("prices.extra.charges.USD.amount", None, "1.50"),
    ]


def test_another_order_is_one_difference():
    assert edited(lambda team: team["prices"].reverse()) == [
        ("prices", "base, context, generated, setup", "setup, generated, context, base")
    ]


def test_an_entitlement_is_named_by_its_feature_and_a_limit_that_goes_is_none():
    assert edited(lambda team: team["entitlements"][0].pop("limit")) == [
        ("entitlements.completions.limit", "1000000", None)
    ]


def test_a_trial_that_comes_shows_its_length_and_usual_outcome_goes_without_saying():
    trial = {"length": {"unit": "day", "count": 14}}

    found = edited(lambda team: team.update(trial=trial))

    assert ("trial.length.count", None, "14") in found
    assert ("trial.length.unit", None, "day") in found
    assert not [field for field, _, _ in found if field == "trial.without_method"]


@pytest.mark.parametrize(
    ("edit", "expected"),
    [
        (lambda data: data["plans"].pop(0), ("removed", "plan", "free", 1, None)),
        (lambda data: data["plans"][1].update(name="Teams"), ("changed", "plan", "team", 1, 2)),
        (
            lambda data: data["features"][0].update(name="Texts"),
            ("changed", "feature", "completions", None, None),
        ),
        (lambda data: data["plans"].append({"key": "pro", "name": "Pro"}), ("added", "plan", "pro", None, 1)),
    ],
)
def test_a_change_names_the_versions_it_leads_from_and_to(edit, expected):
    data = copy.deepcopy(a_catalogue())
    edit(data)

    [found] = diff(FIRST, numbered(FIRST, parse_catalogue(data)))

    assert (found.action, found.kind, found.key, found.from_version, found.version) == expected


def test_what_was_withdrawn_goes_on_counting_when_it_comes_back():
    without = {**a_catalogue(), "plans": a_catalogue()["plans"][:1]}
    assert [plan.ref for plan in numbered(FIRST, parse_catalogue(without)).plans] == ["free@1"]

    other = copy.deepcopy(a_catalogue())
    other["plans"][1]["name"] = "Teams"
    assert numbered(FIRST, parse_catalogue(other)).plan("team").version == 2

"""Experiments: the arm of a customer is theirs for ever, and shares are those of the weights."""

import copy
from collections import Counter
from datetime import UTC, datetime
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.core.agreed import Agreement
from billing.core.catalogue_file import as_file, diff, parse_catalogue
from billing.core.errors import RuleError
from billing.core.experiment_checks import require_unchanged
from billing.core.experiments import Arm, Experiment
from billing.core.overrides import Override
from tests.builders import a_catalogue

DEARER = {"price": "base", "charges": {"USD": {"kind": "flat", "amount": "59.00"}}}
TWO = [{"key": "control"}, {"key": "dearer", "overrides": [DEARER]}]


def of(*weights):
    return Experiment("dearer", "team", tuple(Arm(f"arm{n}", w) for n, w in enumerate(weights)))


def a_file(*experiments, **more):
    listed = [{"key": "dearer", "plan": "team", "arms": TWO, **each} for each in experiments]
    return {**copy.deepcopy(a_catalogue()), "experiments": listed, **more}


@pytest.mark.parametrize(
    ("weights", "counts"),
    [
        ((1, 1), [4904, 5096]),
        ((3, 1), [7463, 2537]),
        ((1, 1, 2), [2488, 2416, 5096]),
    ],
)
def test_ten_thousand_customers_fall_into_the_arms_as_they_always_did(weights, counts):
    """Counted apart from the product, over SHA-256 of `6:dearer` and the length and id of each customer."""
    found = Counter(of(*weights).arm_of(f"cus_{n}").key for n in range(10_000))

    assert [found[f"arm{n}"] for n in range(len(weights))] == counts


def test_the_arm_of_a_customer_is_drawn_anew_for_each_experiment_and_of_nobody_is_the_control():
    one, other = of(1, 1), Experiment("other", "team", of(1, 1).arms)

    assert [one.arm_of(f"cus_{n}").key[-1] for n in range(8)] == list("01011111")
    assert [other.arm_of(f"cus_{n}").key[-1] for n in range(8)] == list("00011000")
    assert one.arm_of(None).key == "arm0"


@given(weights=st.lists(st.integers(1, 1000), min_size=2, max_size=6), who=st.text(min_size=1))
def test_everybody_has_one_arm_and_always_the_same(weights, who):
    experiment = of(*weights)

    assert experiment.arm_of(who) in experiment.arms
    assert experiment.arm_of(who) == Experiment.from_data(experiment.to_data()).arm_of(who)


@pytest.mark.parametrize(
    ("experiment", "code", "field"),
    [
        ({"plan": "pro"}, "unknown_plan", ".plan"),
        ({"arms": TWO[:1]}, "too_few_arms", ".arms"),
        ({"arms": "two"}, "wrong_type", ".arms"),
        ({"arms": [*TWO, {"key": "dearer"}]}, "duplicate_key", ".arms[2].key"),
        ({"arms": [TWO[0], {"key": "x", "weight": 0}]}, "not_positive", ".arms[1].weight"),
        ({"arms": [TWO[0], {"key": "x", "weight": "2"}]}, "wrong_type", ".arms[1].weight"),
        ({"arms": [TWO[0], {"key": "x", "override": []}]}, "unknown_field", ".arms[1].override"),
        ({"arms": [TWO[1], TWO[0]]}, "control_differs", ".arms[0].overrides"),
        (
            {"arms": [TWO[0], {"key": "x", "overrides": [{"price": "seat", "quantity": "2"}]}]},
            "unknown_price",
            ".arms[1].overrides[0].price",
        ),
        (
            {"arms": [TWO[0], {"key": "x", "overrides": [{"price": "base", "discount_percent": "101"}]}]},
            "invalid_percent",
            ".arms[1].overrides[0].discount_percent",
        ),
        (
            {"begins_at": "2025-06-01T00:00:00Z", "ends_at": "2025-06-01T00:00:00Z"},
            "ends_before_start",
            ".ends_at",
        ),
        ({"begins_at": "June"}, "invalid_instant", ".begins_at"),
        ({"key": "Dearer"}, "invalid_key", ".key"),
    ],
)
def test_one_that_cannot_run_is_refused_by_its_field(experiment, code, field):
    with pytest.raises(RuleError) as refused:
        parse_catalogue(a_file(experiment))

    assert (refused.value.code, refused.value.field) == (code, f"experiments[0]{field}")


@pytest.mark.parametrize(
    ("dates", "refused"),
    [
        ({}, True),
        ({"begins_at": "2025-06-30T23:59:59Z"}, True),
        ({"ends_at": "2025-06-01T00:00:01Z"}, True),
        ({"begins_at": "2025-07-01T00:00:00Z"}, False),
        ({"ends_at": "2025-06-01T00:00:00Z"}, False),
    ],
)
def test_two_of_one_plan_do_not_run_at_the_same_time(dates, refused):
    june = {"begins_at": "2025-06-01T00:00:00Z", "ends_at": "2025-07-01T00:00:00Z"}
    data = a_file(june, {"key": "other", **dates})

    if refused:
        with pytest.raises(RuleError, match=r"experiments_overlap at experiments\[1\]\.begins_at"):
            parse_catalogue(data)
    else:
        assert len(parse_catalogue(data).experiments) == 2


def test_it_runs_from_its_first_instant_to_before_its_last():
    june, july = datetime(2025, 6, 1, tzinfo=UTC), datetime(2025, 7, 1, tzinfo=UTC)
    experiment = Experiment("dearer", "team", of(1, 1).arms, june, july)

    assert [experiment.runs_at(at) for at in (june, july)] == [True, False]
    assert of(1, 1).runs_at(june)


def test_its_plan_and_arms_stay_and_its_dates_may_move():
    before, later = (parse_catalogue(a_file(each)) for each in ({}, {"ends_at": "2025-07-01T00:00:00Z"}))

    require_unchanged(before.experiments[0], later.experiments[0])
    [change] = diff(before, later)
    assert [(e.field, e.old, e.new) for e in change.fields] == [("ends_at", None, "2025-07-01T00:00:00Z")]
    for arms in (
        [TWO[0], {**TWO[1], "weight": 2}],
        [*TWO, {"key": "third"}],
        [TWO[0], {"key": "dearer"}],
    ):
        with pytest.raises(RuleError, match=r"experiment_immutable at experiments\.dearer"):
            require_unchanged(before.experiments[0], parse_catalogue(a_file({"arms": arms})).experiments[0])


def test_a_plan_of_the_catalogue_says_what_it_tries():
    new = parse_catalogue(a_file({"name": "Dearer?", "begins_at": "2025-06-01T00:00:00Z"}))

    [added] = diff(parse_catalogue(a_catalogue()), new)
    assert (added.kind, added.detail) == (
        "experiment",
        "Dearer?: control 1, dearer 1 of team from 2025-06-01T00:00:00Z",
    )
    assert diff(new, parse_catalogue(as_file(new))) == ()


def test_an_agreement_keeps_the_arm_it_began_in():
    half = Override("base", discount_percent=Fraction(50))
    agreement = Agreement((half,), cohort="dearer/half")

    assert Agreement.from_data(agreement.to_data()) == agreement
    assert agreement.taking((), overrides=()).cohort == "dearer/half"
    assert "cohort" not in Agreement().to_data()

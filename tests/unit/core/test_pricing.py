from datetime import UTC, datetime
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.core.catalogue import Aggregation, Meter
from billing.core.catalogue_file import parse_catalogue
from billing.core.charges import Cell, Dynamic, Matrix, Percentage
from billing.core.errors import RuleError
from billing.core.measured import Group, Measured
from billing.core.pricing import rate
from billing.core.usage import UsageRecord, measure
from tests.builders import a_catalogue, tiers


def price(key: str):
    team = parse_catalogue(a_catalogue()).plan("team")
    return next(price for price in team.prices if price.key == key)


@pytest.mark.parametrize(
    ("quantity", "minor"),
    [
        (0, 0),
        (1_000_000, 0),  # the allowance
        (1_000_001, 0),  # 0.0003 cents
        (1_002_000, 1),  # 2,000 x 0.000003 = 0.6 cents
        (6_000_000, 1500),  # 5,000,000 x 0.000003 = 15.00
        (6_000_001, 1500),  # and 0.0002 cents more
        (16_000_000, 3500),  # 15.00 + 10,000,000 x 0.000002 = 35.00
    ],
)
def test_graduated_tiers_are_exact_at_their_boundaries(quantity, minor):
    assert rate(price("context"), "USD", Fraction(quantity)).amount.minor == minor


def test_a_rated_line_says_what_fell_into_which_tier():
    rated = rate(price("generated"), "USD", Fraction(1_500_000))

    assert [(p.quantity, p.amount) for p in rated.parts] == [(1_000_000, 15), (500_000, 5)]
    assert rated.amount.minor == 2000


def test_a_flat_price_does_not_look_at_the_quantity():
    assert rate(price("base"), "USD", Fraction(1)).amount.minor == 4900


def test_a_bounded_last_tier_prices_nothing_above_it():
    data = a_catalogue()
    seats = {"key": "seats", "name": "Seats", "cadence": {"unit": "month"}, "source": "seats"}
    data["plans"][1]["prices"][0] = {**seats, "charges": {"USD": tiers(("10", "1"))}}
    bounded = parse_catalogue(data).plan("team").prices[0]

    with pytest.raises(RuleError) as refused:
        rate(bounded, "USD", Fraction(11))

    assert refused.value.code == "quantity_not_priced"


@given(st.integers(0, 10**12), st.integers(0, 10**6))
def test_more_usage_never_costs_less(quantity, more):
    one, other = price_cached(), Fraction(quantity + more)

    assert rate(one, "USD", Fraction(quantity)).exact <= rate(one, "USD", other).exact


def price_cached(_found=[]):  # noqa: B006 -- parsed once for all examples
    if not _found:
        _found.append(price("context"))
    return _found[0]


def test_a_meter_is_measured_as_finely_as_its_charges_look():
    meter = Meter("calls", "call", Aggregation.SUM, "tokens")
    at = datetime(2025, 1, 1, tzinfo=UTC)
    records = [
        UsageRecord(str(n), "api", at, "call", properties)
        for n, properties in enumerate(
            [{"tokens": "5", "model": "l", "cost": "0.5"}, {"tokens": "7", "model": "s", "cost": "0.2"}]
        )
    ]
    by_model = Matrix(("model",), (Cell(("*",), Fraction(1)),))

    used = measure(meter, records, [by_model, Percentage(Fraction(1)), Dynamic(property="cost")])

    assert used == Measured(
        quantity=Fraction(12),
        transactions=(Fraction(5), Fraction(7)),
        groups=(Group(Fraction(5), {"model": "l"}), Group(Fraction(7), {"model": "s"})),
        supplied=Fraction("0.7"),
    )
    assert measure(meter, records) == Measured(Fraction(12))

"""What the page on pricing says can be published."""

import re
from fractions import Fraction
from pathlib import Path
from typing import get_args

import yaml

from billing.core.agreed import NOTHING, agreed, spoken
from billing.core.catalogue_file import parse_catalogue
from billing.core.charges import Charge
from billing.core.pricing import rate

PAGE = (Path(__file__).parents[3] / "docs" / "pricing.md").read_text(encoding="utf-8")


def test_its_example_is_a_price_that_can_be_sold():
    block = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)[0]
    meter = {"key": "calls", "event_type": "call", "aggregation": "count"}
    plan = {"key": "p", "name": "P", "prices": yaml.safe_load(block)}

    [price] = parse_catalogue({"meters": [meter], "plans": [plan]}).plan("p").prices

    assert price.charges["EUR"].KIND == "graduated"


def test_it_names_every_charge_model():
    _, *named = re.findall(r"^\| `(\w+)` \|", PAGE, re.MULTILINE)

    assert named == [kind.KIND for kind in get_args(Charge)]


def test_its_ramp_asks_what_it_says():
    blocks = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
    [block] = [each for each in blocks if each.startswith("- key: starter")]
    plan = parse_catalogue({"plans": yaml.safe_load(block)}).plan("starter")

    asked: list[int] = []
    for period in range(4):
        [price] = agreed(plan, NOTHING, period=period).prices
        asked.append(rate(price, "EUR", Fraction(1)).amount.minor)
    assert asked == [900, 2000, 2000, 4000]
    assert [spoken(plan, tongue).prices[0].name for tongue in ("de-CH", "fr")] == [
        "Starter, pro Monat",
        "Starter, monthly",
    ]

"""What the page on pricing says can be published."""

import json
import re
from pathlib import Path
from typing import get_args

import yaml

from billing.core.catalogue_file import parse_catalogue
from billing.core.charges import Charge
from tests.builders import a_catalogue

PAGE = (Path(__file__).parents[3] / "docs" / "pricing.md").read_text(encoding="utf-8")


def test_its_example_is_a_price_that_can_be_sold():
    [block] = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
    meter = {"key": "calls", "event_type": "call", "aggregation": "count"}
    plan = {"key": "p", "name": "P", "prices": yaml.safe_load(block)}

    [price] = parse_catalogue({"meters": [meter], "plans": [plan]}).plan("p").prices

    assert price.charges["EUR"].KIND == "graduated"


def test_its_override_is_one_of_a_price():
    [block] = re.findall(r"```json\n(.*?)```", PAGE, re.DOTALL)
    [override] = json.loads(block)["overrides"]
    data = a_catalogue()
    data["plans"][1]["phases"] = [{"key": "ramp", "periods": 1, "overrides": [override]}]

    [phase] = parse_catalogue(data).plan("team").phases

    assert phase.overrides[0].charges["USD"].amount == 29


def test_it_names_every_charge_model():
    _, *named = re.findall(r"^\| `(\w+)` \|", PAGE, re.MULTILINE)

    assert named == [kind.KIND for kind in get_args(Charge)]

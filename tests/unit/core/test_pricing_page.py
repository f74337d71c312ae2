"""What the page on pricing says can be published."""

import json
import re
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime
from fractions import Fraction
from pathlib import Path
from typing import get_args

import yaml

from billing.core import subscription as rules
from billing.core.agreed import NOTHING, Agreement, TakenAddOn, agreed, spoken
from billing.core.catalogue import Timing
from billing.core.catalogue_file import parse_catalogue
from billing.core.charges import Charge
from billing.core.instalments import Terms, split
from billing.core.invoicing import Invoice, Line, Side
from billing.core.money import Money
from billing.core.one_off import Sold, agreed_price, of_product, one_off
from billing.core.periods import Period
from billing.core.plan_change import settlement
from billing.core.policies import Direction
from billing.core.pricing import rate
from billing.core.promotional import PromotionalCredit, Purse, settled
from billing.core.promotions import running
from catalogue.file import read
from tests.builders import a_catalogue

PAGE = (Path(__file__).parents[3] / "docs" / "pricing.md").read_text(encoding="utf-8")

BLOCKS = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)


def test_its_example_is_a_price_that_can_be_sold():
    block = BLOCKS[0]
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


def test_its_ramp_asks_what_it_says():
    [block] = [each for each in BLOCKS if each.startswith("- key: starter")]
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


def test_its_credit_pays_and_comes_back_as_it_says():
    [block] = [each for each in BLOCKS if each.startswith("amount:")]
    body = yaml.safe_load(block)
    amount = Money.from_data(body["amount"])
    first, half, end = (datetime(2026, 11, day, tzinfo=UTC) for day in (1, 15, 29))
    given = PromotionalCredit("pcr_1", amount, body["reason"], first, body["until"])
    month = a_line(10000, Period(first, end))
    back = replace(a_line(-5000, Period(half, end)), side=Side.CREDIT, quantity=Fraction(1, 2))

    paid, purse = settled(an_invoice(month, first), Purse((given,)))
    stop, purse = settled(an_invoice(back, half), purse)

    assert [paid.lines[0].amount.minor, stop.lines[0].amount.minor] == [4000, -2000]
    assert purse.credits[0].rest.minor == 3000


def a_line(minor: int, period: Period) -> Line:
    one = Fraction(1)
    return Line("sub/base", "base", "Base", period, Timing.ADVANCE, one, one, Money(minor, "EUR"), "standard")


def an_invoice(line: Line, at: datetime) -> Invoice:
    return Invoice("inv", "cus", "main", "EUR", at, (line,), ())


def test_its_add_ons_and_its_bundle_ask_what_it_says():
    [block] = [each for each in BLOCKS if each.startswith("add_ons:")]
    data = {
        **yaml.safe_load(block),
        "features": [{"key": "uploads", "name": "Uploads"}],
        "meters": [{"key": "bytes", "event_type": "upload", "aggregation": "count"}],
        "plans": [{"key": "team", "name": "Team", "rank": 1}],
    }
    catalogue = parse_catalogue(data)
    two, three = (with_storage(catalogue, quantity) for quantity in (2, 3))

    november, sixteenth = datetime(2023, 11, 1, tzinfo=UTC), datetime(2023, 11, 16, tzinfo=UTC)
    team = catalogue.plan("team")
    before = rules.start("sub_1", "cus_1", "main", team, "EUR", at=november, zone="UTC")
    how = Direction.PRORATE
    made = settlement(before, before, two, three, how, usage={}, tax_rates={}, at=sixteenth)
    assert [(line.price, line.amount.minor) for line in made.lines] == [
        ("storage.space", -600),
        ("storage.space", 900),
        ("storage.setup", 500),
    ]
    assert two.entitlements[0].limit == 1000
    assert catalogue.bundles[0].overrides[0].price == "storage.space"


def test_its_promotions_give_what_it_says(tmp_path):
    [offers] = [each for each in BLOCKS if each.startswith("coupons:")]
    [ramp] = [each for each in BLOCKS if each.startswith("- key: starter")]
    (tmp_path / "offers.yaml").write_text(offers, encoding="utf-8")
    catalogue = parse_catalogue({"plans": yaml.safe_load(ramp), **read(str(tmp_path / "offers.yaml")).data})

    november, december = datetime(2023, 11, 1, tzinfo=UTC), datetime(2023, 12, 1, tzinfo=UTC)
    running_at = lambda at: [each.key for each in running(catalogue.promotions, "starter", at=at)]  # noqa: E731
    assert (running_at(november), running_at(december)) == (["autumn", "always"], ["always"])
    assert [each.new_customers_only for each in catalogue.promotions] == [True, False]


def test_its_experiment_asks_what_it_says(tmp_path):
    [ramp] = [each for each in BLOCKS if each.startswith("- key: starter")]
    [block] = [each for each in BLOCKS if each.startswith("experiments:")]
    (tmp_path / "tried.yaml").write_text(block, encoding="utf-8")
    catalogue = parse_catalogue({"plans": yaml.safe_load(ramp), **read(str(tmp_path / "tried.yaml")).data})

    [experiment] = catalogue.experiments
    starter, counted = catalogue.plan("starter"), Counter[int]()
    for n in range(400):
        overrides = experiment.arm_of(f"cus_{n}").overrides
        [price] = agreed(starter, Agreement(overrides), period=3).prices
        counted[rate(price, "EUR", Fraction(1)).amount.minor] += 1
    assert counted == {4000: 306, 6000: 94}


def test_its_instalments_are_what_it_says(tmp_path):
    [ramp] = [each for each in BLOCKS if each.startswith("- key: starter")]
    [block] = [each for each in BLOCKS if each.startswith("instalment_schemes:")]
    (tmp_path / "terms.yaml").write_text(block, encoding="utf-8")
    catalogue = parse_catalogue({"plans": yaml.safe_load(ramp), **read(str(tmp_path / "terms.yaml")).data})

    thirds, half_first = catalogue.instalment_schemes
    issued = datetime(2026, 1, 31, tzinfo=UTC)
    made = split(Money(100000, "EUR"), Terms(thirds, "UTC"), issued)
    assert [(part.due_at.strftime("%d %B"), part.amount.plain()) for part in made] == [
        ("31 January", "333.34"),
        ("28 February", "333.33"),
        ("31 March", "333.33"),
    ]
    assert split(Money(29999, "EUR"), Terms(thirds, "UTC"), issued) == ()
    halves = split(Money(100001, "EUR"), Terms(half_first, "UTC"), issued)
    assert [part.amount.plain() for part in halves] == ["500.00", "250.00", "250.01"]


def test_its_product_asks_what_it_says():
    block = next(block for block in BLOCKS if block.startswith("products:"))
    [guide] = parse_catalogue(yaml.safe_load(block)).products

    sold = of_product(guide, Fraction(2), "EUR")
    training = agreed_price("Training", Fraction("120.50"), "EUR", "standard")
    made = one_off(
        "inv_1", "cus_1", "main", "EUR",
        [*sold, Sold("agreed", training, Fraction("1.5"))],
        at=datetime(2024, 1, 1, tzinfo=UTC), tax_rates={},
    )  # fmt: skip

    assert [line.amount.minor for line in made.lines] == [3800, 18075]


def with_storage(catalogue, quantity):
    taken = Agreement(add_ons=(TakenAddOn("storage", 1, quantity),))
    return agreed(catalogue.plan("team"), taken, add_ons=catalogue.add_ons)

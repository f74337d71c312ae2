"""What the page on subscriptions says is asked, is asked."""

import re
from datetime import UTC, datetime
from fractions import Fraction
from pathlib import Path

import yaml

from billing.core import subscription as rules
from billing.core.catalogue_file import parse_catalogue
from billing.core.invoicing import Usage
from billing.core.plan_change import Wish, changed
from events.foundation import LegalEntity
from sales.moments import turn_of_currency

PAGE = (Path(__file__).parents[3] / "docs" / "subscriptions.md").read_text(encoding="utf-8")


class Counted:
    """300 calls, whatever is asked."""

    def of_prices(self, _plan, parts):
        return {key: Usage(Fraction(300)) for key in parts}


def test_its_change_of_currency_brings_the_two_invoices_that_it_shows():
    [block] = [each for each in re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL) if "support" in each]
    meter = {"key": "calls", "event_type": "call", "aggregation": "count"}
    team = parse_catalogue({"meters": [meter], "plans": yaml.safe_load(block)}).plan("team")
    acme = LegalEntity(key="main", name="Acme", country="CH", currency="CHF", tax_rates={})
    begun = rules.start(
        "sub_1", "cus_1", "main", team, "USD", at=datetime(2023, 11, 1, tzinfo=UTC), zone="UTC"
    )

    waits = changed(
        begun, team, team, Wish(Fraction(1), currency="CHF"), at=datetime(2023, 11, 10, tzinfo=UTC)
    )
    after = rules.renew(waits, team)
    invoices = turn_of_currency(Counted(), team, begun, after, team, acme)

    found = [(f"in {each.currency}", line.name, line.amount) for each in invoices for line in each.lines]
    shown = re.findall(r"^\| (in \w+) \| (.*?) \| (-?[\d.]+) \|$", PAGE, re.MULTILINE)
    assert len(shown) == 4
    assert [(currency, name, str(amount.exact)) for currency, name, amount in found] == [
        (currency, name, str(Fraction(amount))) for currency, name, amount in shown
    ]

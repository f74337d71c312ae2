"""A diary: dearer from a file, kept by those who had the old price, and in the end moved to the new."""

from copy import deepcopy
from datetime import UTC, datetime

import pytest

from local.client import ProblemError
from local.demo.story import CATALOGUE

GOOD = "4242424242424242"


def dearer(amount):
    """The demo's catalogue, Team at another price."""
    catalogue = deepcopy(CATALOGUE)
    team = next(plan for plan in catalogue["plans"] if plan["key"] == "team")
    team["prices"][0]["charges"]["USD"]["amount"] = amount
    return catalogue


def test_a_price_goes_up_for_new_customers_and_by_a_migration_for_all(seller, subscribe):
    ada, client = subscribe("Ada", card=GOOD), seller.client

    # 10 November: what publishing the file would change, and for whom it would not
    seller.advance(datetime(2023, 11, 10, tzinfo=UTC))
    planned = client.send("/sales/catalogue/plan", {"catalogue": dearer("59.00")})
    [change] = planned["changes"]
    assert (change["key"], change["from_version"], change["version"]) == ("team", 1, 2)
    assert [(each["old"], each["new"]) for each in change["fields"]] == [("49.00", "59.00")]
    assert change["subscribers"] == {"1": 1}

    # another file than the one that was planned is not published by its hash
    with pytest.raises(ProblemError) as refused:
        client.send("/sales/catalogue", {"catalogue": dearer("5.90"), "plan": planned["hash"]})
    assert refused.value.code == "catalogue_moved"
    client.send("/sales/catalogue", {"catalogue": dearer("59.00"), "plan": planned["hash"]})

    # 1 December: Ada goes on as she agreed
    seller.advance(datetime(2023, 12, 1, tzinfo=UTC))
    assert [minor for minor, _ in ada.charges()] == [6378, 5297]  # 59.00, then 49.00, with 8.1 % of tax

    # 2 December: all on the old version move with their next period; she sees it listed
    seller.advance(datetime(2023, 12, 2, tzinfo=UTC))
    wish = {"plan": "team"}
    [foreseen] = client.send("/sales/migrations/preview", wish)["subscribers"]
    assert (foreseen["without"]["total"]["minor"], foreseen["migrated"]["total"]["minor"]) == (5297, 6378)
    client.send("/sales/migrations", wish)
    seller.settle()
    [waits] = client.ask(f"/sales/subscriptions/{ada.subscription}/scheduled")
    assert (waits["what"], waits["at"]) == ("change", "2024-01-01T00:00:00Z")

    # 1 January: what was foreseen is charged
    seller.advance(datetime(2024, 1, 1, tzinfo=UTC))
    last = client.invoices(ada.id)[-1]
    assert (last["lines"], last["status"]) == (foreseen["migrated"]["lines"], "paid")
    assert [minor for minor, _ in ada.charges()] == [6378, 5297, 6378]
    assert client.ask("/sales/plans/team/subscribers")["subscribers"] == {"2": 1}
    assert client.ask("/sales/books")["sound"]

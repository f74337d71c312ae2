"""Usage by the quarter under a monthly plan, billed, corrected and closed: literal dates and amounts."""

from datetime import UTC, datetime

from tests.integration.sales.test_a_month_of_sales import an_event, invoices
from tests.integration.sales.test_add_ons import order
from tests.integration.sales.test_plan_changes import shown
from tests.unit.core.test_longer_usage import DECEMBER, FEBRUARY, JANUARY, by_the_quarter

MARCH = datetime(2024, 3, 1, tzinfo=UTC)


def use(sales, id_, tokens, at):
    sales.now = max(sales.now, datetime.fromisoformat(at))
    sales.ask("POST", "/sales/usage", {"events": [an_event(id_, context=tokens, time=at)]})
    sales.settle()


def test_a_quarter_of_usage_under_a_monthly_plan(sales):
    assert sales.ask("POST", "/sales/catalogue", {"catalogue": by_the_quarter()})[0] == 200
    order(sales, plan="team")
    use(sales, "a", 3_000_000, "2023-11-20T00:00:00+00:00")
    sales.advance(DECEMBER)
    assert shown(invoices(sales)[0]) == [("Team, monthly", None, 4900)]
    sales.advance(JANUARY)
    use(sales, "b", 4_000_000, "2024-01-20T00:00:00+00:00")
    sales.advance(FEBRUARY)
    # seven million less one: five at 0.000003, one at 0.000002
    assert shown(invoices(sales)[0]) == [("Team, monthly", None, 4900), ("Context tokens", None, 1700)]

    use(sales, "late", 1_000_000, "2024-01-31T00:00:00+00:00")
    sales.advance(MARCH)
    march = invoices(sales)[0]
    assert shown(march) == [("Team, monthly", None, 4900), ("Context tokens", None, 200)]
    assert march["lines"][1]["reason"] == "late_usage"
    assert sales.ask("GET", "/sales/books")[1]["sound"]
    assert sales.dead == []

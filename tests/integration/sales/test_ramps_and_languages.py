"""A ramp over three months, and lines in the customer's language: literal dates and amounts."""

from datetime import UTC, datetime

import pytest

from tests.integration.sales.test_a_month_of_sales import an_event, invoices, subscribe
from tests.integration.sales.test_late_usage import newest_lines, report
from tests.unit.core.test_phases import with_ramp

DECEMBER, JANUARY, FEBRUARY, MARCH = (
    datetime(2023, 12, 1, tzinfo=UTC),
    datetime(2024, 1, 1, tzinfo=UTC),
    datetime(2024, 2, 1, tzinfo=UTC),
    datetime(2024, 3, 1, tzinfo=UTC),
)


def publish(sales, catalogue):
    status, answer = sales.ask("POST", "/sales/catalogue", {"catalogue": catalogue})
    assert status == 200, answer
    sales.settle()


def test_a_ramp_bills_each_period_under_its_phase_and_then_the_plan(sales):
    publish(sales, with_ramp())
    subscription = subscribe(sales)

    # the first phase: one period at 9.00 instead of 49.00
    [first] = invoices(sales)
    assert [(line["name"], line["amount"]["minor"]) for line in first["lines"]] == [
        ("Team, monthly", 900),
        ("Set-up", 1000),
    ]

    # November is used under the first phase; the second opens with half of 49.00
    sales.now = datetime(2023, 11, 16, 12, tzinfo=UTC)
    report(sales, an_event("a", context=4_000_000))
    _, upcoming = sales.ask("GET", f"/sales/subscriptions/{subscription}/upcoming")
    sales.advance(DECEMBER)
    assert newest_lines(sales) == [
        ("base/v2/2023-12-01T00:00:00+00:00", 2450, None),
        ("context/v2/2023-11-01T00:00:00+00:00", 900, None),  # 3 million behind the allowance at 0.000003
        ("generated/v2/2023-11-01T00:00:00+00:00", 0, None),
    ]
    assert upcoming["lines"] == invoices(sales)[0]["lines"]

    # December is used under the second: 2 million free, then 0.000001; a late event of November at November's
    sales.now = datetime(2023, 12, 10, tzinfo=UTC)
    report(
        sales,
        an_event("b", context=5_000_000, time="2023-12-09T00:00:00Z"),
        an_event("c", context=1_000_000, time="2023-11-20T00:00:00Z"),
    )
    sales.advance(JANUARY)
    assert newest_lines(sales) == [
        ("base/v2/2024-01-01T00:00:00+00:00", 2450, None),
        ("context/v2/2023-12-01T00:00:00+00:00", 300, None),
        ("generated/v2/2023-12-01T00:00:00+00:00", 0, None),
        ("context/v2/2023-11-01T00:00:00+00:00/late/1", 300, "late_usage"),
    ]

    # behind the last phase the plan is as it stands
    sales.advance(FEBRUARY)
    assert newest_lines(sales)[0] == ("base/v2/2024-02-01T00:00:00+00:00", 4900, None)
    sales.now = datetime(2024, 2, 10, tzinfo=UTC)
    report(sales, an_event("d", context=5_000_000, time="2024-02-09T00:00:00Z"))
    sales.advance(MARCH)
    assert newest_lines(sales)[:2] == [
        ("base/v2/2024-03-01T00:00:00+00:00", 4900, None),
        ("context/v2/2024-02-01T00:00:00+00:00", 1200, None),  # 4 million at 0.000003 again
    ]
    assert sales.ask("GET", "/sales/books")[1]["sound"]
    assert sales.dead == []


@pytest.mark.parametrize(
    ("locale", "name"),
    [("de-CH", "Team, pro Monat"), ("fr-CH", "Équipe, par mois"), ("it", "Team, monthly")],
)
def test_lines_are_in_the_language_of_the_customer_as_far_as_it_is_known(sales, locale, name):
    catalogue = with_ramp()
    catalogue["plans"][1]["prices"][0]["names"] = {"de": "Team, pro Monat", "fr": "Équipe, par mois"}
    publish(sales, catalogue)
    person = {"external_id": "emil", "name": "Emil", "email": "emil@example.com", "locale": locale}
    assert sales.ask("POST", "/sales/customers", person)[0] == 201
    order = {"customer": "emil", "plan": "team", "currency": "USD"}

    _, quoted = sales.ask("POST", "/sales/subscriptions/preview", order)
    assert sales.ask("POST", "/sales/subscriptions", order)[0] == 201
    sales.settle()

    [invoice] = sales.ask("GET", "/sales/customers/emil/invoices")[1]["invoices"]
    assert [line["name"] for line in invoice["lines"]] == [name, "Set-up"]
    assert [line["name"] for line in quoted["invoice"]["lines"]] == [name, "Set-up"]

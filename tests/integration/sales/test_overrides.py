"""Terms of one subscription and of one customer that differ from the plan: literal dates and amounts."""

from datetime import UTC, datetime

import pytest

from tests.integration.sales.test_a_month_of_sales import invoices, subscribe
from tests.integration.sales.test_add_ons import catalogue, order
from tests.integration.sales.test_plan_changes import change, shown

SIXTEENTH, DECEMBER = datetime(2023, 11, 16, tzinfo=UTC), datetime(2023, 12, 1, tzinfo=UTC)
JANUARY = datetime(2024, 1, 1, tzinfo=UTC)
CHEAP = {"price": "base", "charges": {"USD": {"kind": "flat", "amount": "29"}}}
HALF = {"price": "base", "discount_percent": "50"}


@pytest.fixture
def seller(sales):
    assert sales.ask("POST", "/sales/catalogue", {"catalogue": catalogue()})[0] == 200
    sales.settle()
    return sales


@pytest.fixture
def customer(seller):
    seller.subscription = subscribe(seller)
    seller.now = SIXTEENTH
    return seller


def put(sales, path, *overrides, expect=200):
    status, answer = sales.ask("PUT", path, {"overrides": list(overrides)})
    assert status == expect, answer
    sales.settle()
    return answer


def of_subscription(sales):
    return f"/sales/subscriptions/{sales.subscription}/overrides"


def base_lines(sales):
    return [amount for name, _, amount in shown(invoices(sales)[0]) if name.endswith(", monthly")]


def test_overrides_of_a_subscription_begin_with_its_next_period_and_replace_those_before(customer):
    assert put(customer, of_subscription(customer), CHEAP) == {"overrides": [], "next": [CHEAP]}
    _, listed = customer.ask("GET", f"/sales/subscriptions/{customer.subscription}/scheduled")
    assert [(each["what"], each["at"][:10], each["overrides"]) for each in listed] == [
        ("change", "2023-12-01", [CHEAP])
    ]
    _, upcoming = customer.ask("GET", f"/sales/subscriptions/{customer.subscription}/upcoming")
    customer.advance(DECEMBER)
    assert base_lines(customer) == [2900]
    assert invoices(customer)[0]["lines"] == upcoming["lines"]
    assert customer.ask("GET", of_subscription(customer))[1] == {"overrides": [CHEAP], "next": None}

    # half of the plan's own 49.00, no longer of 29.00
    put(customer, of_subscription(customer), HALF)
    customer.advance(JANUARY)
    assert base_lines(customer) == [2450]
    put(customer, of_subscription(customer))
    customer.advance(datetime(2024, 2, 1, tzinfo=UTC))
    assert base_lines(customer) == [4900]
    assert customer.ask("GET", "/sales/books")[1]["sound"]
    assert customer.dead == []


def test_scheduled_overrides_can_be_taken_back(customer):
    put(customer, of_subscription(customer), CHEAP)
    scheduled = f"/sales/subscriptions/{customer.subscription}/scheduled"
    [waits] = customer.ask("GET", scheduled)[1]
    assert customer.ask("DELETE", f"{scheduled}/{waits['change']}")[0] == 200
    customer.settle()
    customer.advance(DECEMBER)
    assert base_lines(customer) == [4900]


def test_overrides_that_wait_outlast_other_seats_but_not_another_plan(customer):
    put(customer, of_subscription(customer), CHEAP)
    change(customer, seats="2", when="now")
    assert customer.ask("GET", of_subscription(customer))[1]["next"] == [CHEAP]
    change(customer, plan="pro", when="now")
    assert customer.ask("GET", of_subscription(customer))[1] == {"overrides": [], "next": None}


def test_add_ons_taken_meanwhile_stay(customer):
    put(customer, of_subscription(customer), CHEAP)
    change(customer, add_ons=[{"add_on": "storage"}], when="now")
    customer.advance(DECEMBER)
    assert shown(invoices(customer)[0])[:2] == [("Team, monthly", None, 2900), ("Storage", None, 600)]


@pytest.mark.parametrize(
    ("override", "code", "field"),
    [
        ({"price": "nothing", "discount_percent": "5"}, "unknown_price", "[0].price"),
        ({"price": "base"}, "nothing_to_override", "[0]"),
        ({"price": "base", "discount_percent": "101"}, "invalid_percent", "[0].discount_percent"),
        (
            {"price": "base", "charges": {"USD": {"kind": "flat", "amount": "x"}}},
            "invalid_decimal",
            "[0].charges.USD.amount",
        ),
        (
            {"price": "base", "charges": {"JPY": {"kind": "flat", "amount": "5"}}},
            "missing_currency",
            "[0].charges.JPY",
        ),
        ({"price": "base", "cadence": "month"}, "unknown_field", "[0].cadence"),
    ],
)
def test_what_could_not_be_published_is_refused_by_its_field(customer, override, code, field):
    for path in (of_subscription(customer), "/sales/customers/ada/overrides/team"):
        refused = put(customer, path, override, expect=422)
        assert (refused["code"], refused["errors"][0]["field"]) == (code, f"body.overrides{field}")


def test_what_a_customer_agreed_on_is_in_quote_and_order_alike_and_not_in_what_they_have(customer):
    path = "/sales/customers/ada/overrides/team"
    assert put(customer, path, CHEAP) == {"overrides": [CHEAP], "next": None}
    assert customer.ask("GET", path) == (200, {"overrides": [CHEAP], "next": None})
    wanted = {"customer": "ada", "plan": "team", "currency": "USD"}
    _, quoted = customer.ask("POST", "/sales/subscriptions/preview", wanted)
    order(customer, plan="team")
    assert base_lines(customer) == [2900]
    assert shown(invoices(customer)[0]) == shown(quoted["invoice"])
    assert customer.ask("GET", of_subscription(customer))[1]["overrides"] == []

    assert customer.ask("DELETE", path)[0] == 200
    assert customer.ask("GET", path)[0] == 404
    _, quoted = customer.ask("POST", "/sales/subscriptions/preview", wanted)
    assert shown(quoted["invoice"])[0] == ("Team, monthly", None, 4900)


def test_what_a_customer_agreed_on_comes_behind_a_bundle(seller):
    put(seller, "/sales/customers/ada/overrides/team", HALF)
    order(seller, bundle="team_plus")
    assert base_lines(seller) == [1950]  # half of the bundle's 39.00


@pytest.mark.parametrize("when", ["now", "period_end"])
def test_a_change_to_a_plan_begins_with_what_was_agreed_for_it(customer, when):
    put(customer, of_subscription(customer), CHEAP)
    put(customer, "/sales/customers/ada/overrides/pro", HALF)
    preview = change(customer, path="change/preview", plan="pro", when=when)
    change(customer, plan="pro", when=when)
    if when == "now":
        # half a month of 49.00 back, half a month of 74.50
        assert shown(invoices(customer)[0])[:2] == [
            ("Team, monthly", "credit", -2450),
            ("Team, monthly", "charge", 3725),
        ]
        assert invoices(customer)[0]["lines"] == preview["invoice"]["lines"]
    customer.advance(DECEMBER)
    assert base_lines(customer) == [7450]
    assert customer.dead == []


def test_a_version_without_the_price_that_was_agreed_takes_nobody_in_silence(customer):
    put(customer, of_subscription(customer), CHEAP)
    customer.advance(DECEMBER)
    data = catalogue()
    team = data["plans"][1]
    team["prices"][0] = {**team["prices"][0], "key": "fee"}
    data["bundles"] = []
    assert customer.ask("POST", "/sales/catalogue", {"catalogue": data})[0] == 200
    customer.settle()

    _, foreseen = customer.ask("POST", "/sales/migrations/preview", {"plan": "team"})
    refused = change(customer, 422, plan="team", when="now")

    assert [each["skipped"] for each in foreseen["subscribers"]] == ["unknown_price"]
    assert refused["errors"][0]["field"] == "overrides.team[0].price"
    _, shown_now = customer.ask("GET", f"/sales/subscriptions/{customer.subscription}")
    assert (shown_now["plan_version"], shown_now["overrides"]) == (1, [CHEAP])


def test_a_migration_to_another_plan_begins_with_what_the_customer_agreed_on_for_it(customer):
    put(customer, "/sales/customers/ada/overrides/pro", CHEAP)
    _, begun = customer.ask("POST", "/sales/migrations", {"plan": "team", "into": "pro"})
    customer.settle()
    _, upcoming = customer.ask("GET", f"/sales/subscriptions/{customer.subscription}/upcoming")
    assert upcoming["lines"][0]["amount"]["minor"] == 2900

    assert customer.ask("POST", f"/sales/migrations/{begun['migration']}/cancel", {})[0] == 202
    customer.settle()
    _, upcoming = customer.ask("GET", f"/sales/subscriptions/{customer.subscription}/upcoming")
    assert upcoming["lines"][0]["amount"]["minor"] == 4900

"""A change of plan or seats, previewed and made: literal dates and amounts."""

from datetime import UTC, datetime

import pytest

from tests.builders import a_catalogue
from tests.integration.sales.test_a_month_of_sales import an_event, invoices, subscribe

SIXTEENTH, DECEMBER = datetime(2023, 11, 16, tzinfo=UTC), datetime(2023, 12, 1, tzinfo=UTC)


def with_pro():
    data = a_catalogue()
    team = data["plans"][1]
    base = {**team["prices"][0], "charges": {"USD": {"kind": "flat", "amount": "149.00"}}}
    pro = {**team, "key": "pro", "name": "Pro", "rank": 20, "prices": [base, *team["prices"][1:3]]}
    return {**data, "plans": [*data["plans"], pro]}


def change(sales, expect=200, path="change", **body):
    status, answer = sales.ask("POST", f"/sales/subscriptions/{sales.subscription}/{path}", body)
    assert status == expect, answer
    sales.settle()
    return answer


def shown(invoice):
    return [(line["name"], line["side"], line["amount"]["minor"]) for line in invoice["lines"]]


@pytest.fixture
def customer(sales):
    assert sales.ask("POST", "/sales/catalogue", {"catalogue": with_pro()})[0] == 200
    sales.subscription = subscribe(sales)
    [first] = invoices(sales)
    sales.pay(first["id"], 6378)
    sales.now = SIXTEENTH
    return sales


def test_an_upgrade_in_the_middle_of_the_month_costs_what_its_preview_said(customer):
    events = [an_event("a", context=3_000_000, time="2023-11-15T12:00:00Z")]
    customer.ask("POST", "/sales/usage", {"events": events})
    customer.settle()

    preview = change(customer, path="change/preview", plan="pro")
    assert preview["treatment"] == "prorate"
    assert shown(preview["invoice"]) == [
        ("Team, monthly", "credit", -2450),
        ("Team, monthly", "charge", 7450),
        ("Context tokens", None, 750),  # 3 million less half a million free, at 0.000003
        ("Generated tokens", None, 0),
    ]
    assert preview["invoice"]["total"]["minor"] == 6216  # 57.50 and 8.1 %

    change(customer, plan="pro")

    made, _ = invoices(customer)
    assert (made["number"], made["total"], shown(made)) == (
        "INV-000002",
        preview["invoice"]["total"],
        shown(preview["invoice"]),
    )
    [said] = customer.said("SubscriptionChanged.v1")
    assert (said["state"]["plan"], said["state"]["status"]) == ("pro", "active")

    # usage from now on is Pro's, with the half of what is free that is left
    later = [an_event("b", context=2_000_000, time="2023-11-20T00:00:00Z")]
    customer.now = datetime(2023, 11, 20, 1, tzinfo=UTC)
    customer.ask("POST", "/sales/usage", {"events": later})
    customer.settle()
    customer.advance(DECEMBER)
    december, *_ = invoices(customer)
    assert shown(december) == [
        ("Team, monthly", None, 14900),
        ("Context tokens", None, 450),
        ("Generated tokens", None, 0),
    ]
    assert customer.ask("GET", "/sales/books")[1]["sound"]
    assert customer.dead == []


def test_a_downgrade_waits_for_the_month_to_end_and_can_be_taken_back(customer):
    change(customer, plan="pro")
    foreseen = change(customer, path="change/preview", plan="team")
    waiting = change(customer, plan="team")
    assert (waiting["treatment"], waiting["subscription"]["pending_plan"], waiting["invoice"]) == (
        "next_period",
        "team",
        None,
    )

    path = f"/sales/subscriptions/{customer.subscription}/change"
    assert customer.ask("DELETE", path)[1]["pending_plan"] is None
    customer.settle()
    change(customer, plan="team")
    upcoming = customer.ask("GET", f"/sales/subscriptions/{customer.subscription}/upcoming")[1]
    assert foreseen["upcoming"] == upcoming
    customer.advance(DECEMBER)

    december, *_ = invoices(customer)
    assert shown(december)[0] == ("Team, monthly", None, 4900)
    assert december["lines"] == upcoming["lines"]
    status = customer.ask("GET", f"/sales/subscriptions/{customer.subscription}")[1]
    assert (status["plan"], status["pending_plan"]) == ("team", None)


def test_a_downgrade_at_once_leaves_a_balance_that_pays_the_next_invoice(customer):
    change(customer, plan="pro")
    made, _ = invoices(customer)
    customer.pay(made["id"], made["due"]["minor"], payment="pay_2")

    change(customer, plan="team", when="now")

    down, *_ = invoices(customer)
    assert (down["total"]["minor"], down["status"], down["due"]["minor"]) == (-5405, "paid", 0)  # -50.00
    balances = customer.ask("GET", "/sales/books")[1]["balances"]["USD"]
    assert balances["customer_balance"] == -5405
    customer.advance(DECEMBER)
    books = customer.ask("GET", "/sales/books")[1]
    assert (books["sound"], books["balances"]["USD"]["customer_balance"]) == (True, -108)  # 52.97 was used


def test_what_cannot_be_changed_says_why(customer):
    assert change(customer, 422)["code"] == "nothing_to_change"
    assert change(customer, 404, plan="gold")["code"] == "unknown_plan"
    assert change(customer, 422, plan="pro", seats="0")["errors"][0]["field"] == "body.seats"
    customer.ask("POST", f"/sales/subscriptions/{customer.subscription}/cancel")
    customer.settle()
    late = change(customer, 422, plan="pro", when="period_end")
    assert (late["code"], late["errors"][0]["field"]) == ("ends_by_then", "when")
    customer.ask("POST", f"/sales/subscriptions/{customer.subscription}/cancel", {"when": "now"})
    customer.settle()
    refused = change(customer, 422, plan="pro")
    assert (refused["code"], "allowed: nothing" in refused["detail"]) == ("transition_not_allowed", True)


def test_every_receipt_of_a_change_adds_up(customer):
    before = customer.unsettled()

    change(customer, plan="pro")

    assert customer.unsettled() == before

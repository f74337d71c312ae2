"""A diary: a year is paid in three parts; the second is declined, retried, late, and paid in the end."""

from copy import deepcopy
from datetime import UTC, datetime

from local.demo.story import CATALOGUE
from local.waiting import eventually
from tests.e2e.conftest import Subscriber
from tests.e2e.test_unpaid import books

GOOD, DECLINED = "4242424242424242", "4000000000000341"


def day(month, number, year=2023):
    return datetime(year, month, number, tzinfo=UTC)


def yearly():
    """The demo's catalogue with a plan for a year: 588.00, and 8.1 % of tax, 47.628."""
    catalogue = deepcopy(CATALOGUE)
    year = {"key": "base", "name": "Team, a year", "cadence": {"unit": "year"}}
    year["charges"] = {"USD": {"kind": "flat", "amount": "588.00"}}
    catalogue["plans"].append({"key": "yearly", "name": "Team, yearly", "rank": 15, "prices": [year]})
    thirds = {"key": "thirds", "name": "Three parts", "count": 3, "cadence": {"unit": "month"}}
    catalogue["instalment_schemes"] = [{**thirds, "plans": ["yearly"]}]
    return catalogue


def subscribed(seller):
    """Ada, with a good card and the year in three parts."""
    client, email = seller.client, f"ada.{seller.tenant.removeprefix('ten_')}@example.com"
    client.publish(yearly())
    ada = client.create_customer("Ada", email, "ada")["id"]
    seller.settle()
    seller.save_card(ada, GOOD)
    eventually(lambda: client.methods(ada))
    order = {"customer": ada, "plan": "yearly", "currency": "USD", "instalments": "thirds"}
    subscription = client.send("/sales/subscriptions", order)["subscription"]
    seller.settle()
    return Subscriber(seller, ada, email, subscription)


def test_the_second_of_three_parts_is_declined_retried_and_paid(seller):
    ada, client = subscribed(seller), seller.client

    # 1 November: the first part is charged, the others are announced
    [invoice] = client.invoices(ada.id)
    assert [(part["due_at"][:10], part["amount"]["minor"]) for part in invoice["instalments"]] == [
        ("2023-11-01", 21189),
        ("2023-12-01", 21187),
        ("2024-01-01", 21187),
    ]
    assert ada.charges() == [(21189, "succeeded")]
    [mail] = ada.mails("invoice")
    assert "$211.89 (November 1, 2023), $211.87 (December 1, 2023), $211.87 (January 1, 2024)" in mail["text"]

    # 1, 2 and 4 December: the card is declined; with the grace over, what is late is said
    seller.advance(day(11, 20))
    seller.card_becomes(ada.id, DECLINED)
    seller.advance(day(12, 4))
    assert ada.charges()[1:] == [(21187, "failed")] * 3
    assert [mail["subject"] for mail in ada.mails("overdue")] == [
        f"Invoice {invoice['number']} from Acme AG is overdue: $211.87"
    ]

    # 5 December: a reminder of that part alone; on the 8th the bank pays, and nothing is late any more
    seller.advance(day(12, 5))
    assert [mail["subject"] for mail in ada.mails("reminder")] == [
        f"Reminder: invoice {invoice['number']} from Acme AG, $211.87"
    ]
    seller.card_becomes(ada.id, GOOD)
    seller.advance(day(12, 8))
    assert ada.invoices == [(invoice["number"], "open", 21187)]
    said = [event["type"] for event in seller.events()]
    assert (said.count("InvoiceOverdue.v1"), said.count("InvoiceCaughtUp.v1")) == (1, 1)

    # 1 January: the last part; each was charged once
    seller.advance(day(1, 1, 2024))
    assert ada.invoices == [(invoice["number"], "paid", 0)]
    assert ada.charges() == [
        (21189, "succeeded"),
        (21187, "failed"),
        (21187, "failed"),
        (21187, "failed"),
        (21187, "succeeded"),
        (21187, "succeeded"),
    ]
    assert len(ada.mails("receipt")) == 1
    assert books(seller)[1] == {"provider_clearing": 63563, "collections": -63563}
    assert client.ask("/payments/reconciliation") == {"agrees": True, "matched": 3, "differences": []}

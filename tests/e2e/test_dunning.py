"""Three good cards fail at the first renewal: one is replaced, one asks its owner, one never pays."""

import re
from datetime import UTC, datetime

from local.browser import fill_in
from local.waiting import eventually

GOOD, DECLINED, ALWAYS_ASKS = "4242424242424242", "4000000000000341", "4000002760003184"
WITHIN = 60.0


def december(day):
    return datetime(2023, 12, day, tzinfo=UTC)


def books(seller):
    """The balances of sales and payments in USD; both sound, agreeing with each other and the provider."""
    client = seller.client
    sales, payments = client.ask("/sales/books"), client.ask("/payments/books")
    found = [side["balances"]["USD"] for side in (sales, payments)]
    assert (sales["sound"], payments["sound"]) == (True, True)
    assert sum(side["collections"] for side in found) == 0
    assert found[0]["receivable"] == sales["open_invoices"]["USD"]
    assert client.ask("/payments/reconciliation")["agrees"]
    return found


def tried(customer):
    """On which day of December the renewal was tried, and how that ended."""
    client = customer.seller.client
    renewal = client.invoices(customer.id)[1]["id"]
    attempts = client.ask(f"/payments/invoices/{renewal}")["attempts"]
    return [(attempt["created_at"][5:10], attempt["status"]) for attempt in attempts]


def test_what_a_declined_renewal_leads_to(seller, subscribe):
    client = seller.client
    grace, hedy, charles = (subscribe(name, card=GOOD) for name in ("Grace", "Hedy", "Charles"))
    for customer, card in ((grace, DECLINED), (hedy, ALWAYS_ASKS), (charles, DECLINED)):
        seller.card_becomes(customer.id, card)

    # 1 December: nobody's card brings the 52.97; Hedy's bank wants to hear from her
    seller.advance(december(1))
    assert [tried(customer) for customer in (grace, hedy, charles)] == [
        [("12-01", "failed")],
        [("12-01", "requires_action")],
        [("12-01", "failed")],
    ]
    assert [len(customer.mails("payment_failed")) for customer in (grace, hedy, charles)] == [1, 0, 1]
    assert books(seller)[0]["receivable"] == 3 * 5297

    # she follows the link of her mail and confirms on the hosted page
    [asked] = hedy.mails("action_required")
    assert asked["subject"] == "Please confirm your payment of $52.97 to Acme AG"
    [link] = set(re.findall(r"http://127\.0\.0\.1:\d+/authenticate/\w+", asked["text"]))
    fill_in(link, {"outcome": "confirm"})
    eventually(lambda: hedy.invoices[1][1:] == ("paid", 0), within=WITHIN)
    seller.settle()
    assert tried(hedy) == [("12-01", "succeeded")]

    # the others are retried on the 2nd and the 4th, overdue on the 4th, reminded on the 5th
    seller.advance(december(6))
    assert tried(grace) == [("12-01", "failed"), ("12-02", "failed"), ("12-04", "failed")]
    assert [len(grace.mails(kind)) for kind in ("overdue", "reminder")] == [1, 1]
    assert books(seller)[0]["receivable"] == 2 * 5297

    # 6 December: Grace saves a new card, and is charged at once; never again
    seller.save_card(grace.id, GOOD)
    eventually(lambda: grace.invoices[1][1:] == ("paid", 0), within=WITHIN)
    seller.advance(december(10))
    assert tried(grace)[2:] == [("12-04", "failed"), ("12-06", "succeeded")]
    assert len(grace.mails("receipt")) == 2
    assert client.may_use("charles", "completions")["allowed"]

    # Charles: a week after it became overdue restricted, ended on the 22nd, written off on the 31st
    seller.advance(december(11))
    assert client.may_use("charles", "completions")["reason"] == "restricted"
    assert client.may_use("grace", "completions")["allowed"]
    seller.advance(december(22))
    assert client.ask(f"/sales/subscriptions/{charles.subscription}")["status"] == "ended"
    assert books(seller)[0]["receivable"] == 5297
    seller.advance(december(31))
    assert charles.invoices[1][1:] == ("written_off", 0)
    assert [day for day, _ in tried(charles)] == ["12-01", "12-02", "12-04", "12-08", "12-15"]
    assert [len(charles.mails(kind)) for kind in ("reminder", "restricted", "ended")] == [2, 1, 1]

    # 3 first invoices of 63.78 and 2 renewals of 52.97 came in; one renewal is lost
    ours, theirs = books(seller)
    assert (ours["receivable"], ours["bad_debt"]) == (0, 5297)
    assert theirs == {"provider_clearing": 29728, "collections": -29728}
    paid = [charge["amount"] for charge in seller.provider_list("charges") if charge["status"] == "succeeded"]
    assert sorted(paid) == [5297, 5297, 6378, 6378, 6378]

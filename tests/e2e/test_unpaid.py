"""A card is declined, another never pays, a third asks its owner first: by events only, each in the books."""

from datetime import UTC, datetime

from local.browser import fill_in
from local.waiting import eventually

GOOD, DECLINED_LATER, ALWAYS_ASKS = "4242424242424242", "4000000000000341", "4000002760003184"


def november(day):
    return datetime(2023, 11, day, tzinfo=UTC)


def books(seller):
    """The balances of sales and payments that are not zero, and whether both are sound."""
    sales, payments = seller.client.ask("/sales/books"), seller.client.ask("/payments/books")
    found = [
        {account: minor for account, minor in books["balances"].get("USD", {}).items() if minor}
        for books in (sales, payments)
    ]
    assert sales["sound"]
    assert payments["sound"]
    assert sum(side.get("collections", 0) for side in found) == 0
    return found


def test_a_declined_card_is_retried_and_a_new_one_charged_at_once_and_once(seller, subscribe):
    grace = subscribe("Grace", card=DECLINED_LATER)
    assert grace.invoices == [("INV-000001", "open", 6378)]
    assert len(grace.mails("payment_failed")) == 1

    # retried on the 2nd and the 4th, reminded on the 5th
    seller.advance(november(5))
    assert grace.charges() == [(6378, "failed")] * 3
    assert [mail["subject"] for mail in grace.mails("reminder")] == [
        "Reminder: invoice INV-000001 from Acme AG, $63.78"
    ]

    # a new card: what is open is charged to it at once, and never again
    seller.save_card(grace.id, GOOD)
    eventually(lambda: grace.invoices == [("INV-000001", "paid", 0)])
    seller.advance(november(20))
    assert grace.charges() == [(6378, "failed")] * 3 + [(6378, "succeeded")]
    assert len(grace.mails("receipt")) == 1
    assert books(seller)[1] == {"provider_clearing": 6378, "collections": -6378}


def test_who_never_pays_is_restricted_ended_and_written_off(seller, subscribe):
    charles = subscribe("Charles")
    client = seller.client
    assert client.may_use("charles", "completions")["allowed"]

    # due on the 1st, overdue after three days of grace, restricted a week later
    seller.advance(november(4))
    assert [mail["subject"] for mail in charles.mails("overdue")] == [
        "Invoice INV-000001 from Acme AG is overdue: $63.78"
    ]
    assert client.may_use("charles", "completions")["allowed"]
    seller.advance(november(11))
    assert client.may_use("charles", "completions")["reason"] == "restricted"
    assert len(charles.mails("restricted")) == 1

    # on the 21st day the subscription ends, on the 30th the invoice is written off
    seller.advance(november(22))
    assert client.ask(f"/sales/subscriptions/{charles.subscription}")["status"] == "ended"
    seller.advance(datetime(2023, 12, 1, tzinfo=UTC))
    assert charles.invoices == [("INV-000001", "written_off", 0)]
    assert charles.charges() == []
    ours, theirs = books(seller)
    assert ours["bad_debt"] == 6378
    assert theirs == {}
    said = [event["type"] for event in seller.events()]
    wanted = ("InvoiceOverdue.v1", "AccessRestricted.v1", "SubscriptionEnded.v1", "InvoiceWrittenOff.v1")
    assert [said.count(type_) for type_ in wanted] == [1, 1, 1, 1]


def test_a_bank_that_asks_is_answered_on_the_page_that_the_mail_links_to(seller, subscribe):
    hedy = subscribe("Hedy", card=ALWAYS_ASKS)
    assert hedy.invoices == [("INV-000001", "open", 6378)]
    [asked] = hedy.mails("action_required")
    assert asked["subject"] == "Please confirm your payment of $63.78 to Acme AG"

    collection = seller.client.ask(f"/payments/invoices/{seller.client.invoices(hedy.id)[0]['id']}")
    [link] = {attempt["action_url"] for attempt in collection["attempts"] if attempt["action_url"]}
    assert link in asked["text"]
    fill_in(link, {"outcome": "confirm"})

    eventually(lambda: hedy.invoices == [("INV-000001", "paid", 0)])
    seller.settle()
    assert [charge for charge in hedy.charges() if charge[1] == "succeeded"] == [(6378, "succeeded")]
    assert len(hedy.mails("receipt")) == 1
    assert books(seller)[1] == {"provider_clearing": 6378, "collections": -6378}

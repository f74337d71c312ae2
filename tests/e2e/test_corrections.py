"""What is taken back: a payment by a credit note, a plan at its period's end, a cancellation in time."""

from datetime import UTC, datetime

from local.waiting import eventually

GOOD = "4242424242424242"
TENTH, SIXTEENTH = datetime(2023, 11, 10, tzinfo=UTC), datetime(2023, 11, 16, tzinfo=UTC)
DECEMBER = datetime(2023, 12, 1, tzinfo=UTC)


def test_a_refund_has_its_credit_note_and_both_books_know_it(seller, subscribe):
    ada, client = subscribe("Ada", card=GOOD), seller.client
    [first] = client.invoices(ada.id)
    setup = next(line["id"] for line in first["lines"] if line["name"] == "Set-up")

    # 10 November: the seller gives the set-up fee back, tax with it
    seller.advance(TENTH)
    wish = {"reason": "set up by herself", "lines": {setup: 1000}, "refund": True}
    client.send(f"/sales/invoices/{first['id']}/credit-notes", wish)
    seller.settle()
    refunds = lambda: client.ask(f"/payments/invoices/{first['id']}")["refunds"]  # noqa: E731
    eventually(lambda: [refund["status"] for refund in refunds()] == ["succeeded"], within=60)
    seller.settle()

    [note] = client.credit_notes(first["id"])
    assert (note["number"], note["issued_at"]) == ("CN-000001", "2023-11-10T00:00:00Z")
    assert (note["net"]["minor"], note["tax"]["minor"], note["total"]["minor"]) == (1000, 81, 1081)
    assert [refund["amount"]["minor"] for refund in refunds()] == [1081]
    [charge] = seller.provider_list("charges")
    assert (charge["amount"], charge["amount_refunded"]) == (6378, 1081)
    assert [mail["subject"] for mail in ada.mails("credit_note") + ada.mails("refund")] == [
        "Credit note CN-000001 from Acme AG: $10.81",
        "Your refund of $10.81 from Acme AG",
    ]

    # the invoice stays what it was; the books hold what was kept
    assert client.invoices(ada.id) == [first]
    sales, payments = client.ask("/sales/books"), client.ask("/payments/books")
    balances = sales["balances"]["USD"]
    assert (sales["sound"], balances["collections"], balances.get("customer_balance", 0)) == (True, 5297, 0)
    assert payments["balances"]["USD"] == {"provider_clearing": 5297, "collections": -5297}
    assert client.ask("/payments/reconciliation") == {"agrees": True, "matched": 1, "differences": []}


def test_a_downgrade_waits_for_the_end_of_what_was_paid(seller, subscribe):
    ada, client = subscribe("Ada", card=GOOD, plan="scale"), seller.client
    assert ada.invoices == [("INV-000001", "paid", 0)]

    # 16 November: she wants the smaller plan; it waits, and nothing is billed now
    seller.advance(SIXTEENTH)
    made = client.send(f"/sales/subscriptions/{ada.subscription}/change", {"plan": "team"})
    seller.settle()
    assert (made["treatment"], made["invoice"]) == ("next_period", None)
    assert (made["subscription"]["plan"], made["subscription"]["pending_plan"]) == ("scale", "team")
    assert client.may_use("ada", "fine_tuning")["allowed"]

    # 1 December: the smaller plan begins, and is what is billed; its set-up was never asked of her
    seller.advance(DECEMBER)
    assert client.ask(f"/sales/subscriptions/{ada.subscription}")["plan"] == "team"
    second = client.invoices(ada.id)[-1]
    billed = {line["name"]: line["amount"]["minor"] for line in second["lines"] if line["amount"]["minor"]}
    assert (billed["Team, monthly"], second["status"]) == (4900, "paid")
    assert client.may_use("ada", "fine_tuning")["reason"] == "not_in_plan"
    assert len(ada.mails("plan_changed")) == 1
    assert [amount for amount, _ in ada.charges()] == [16107, second["total"]["minor"]]  # 149.00 + 8.1 %
    assert client.ask("/sales/books")["sound"]


def test_a_cancellation_taken_back_leaves_no_trace_in_the_money(seller, subscribe):
    ada, client = subscribe("Ada", card=GOOD), seller.client
    path = f"/sales/subscriptions/{ada.subscription}"

    seller.advance(TENTH)
    assert client.send(f"{path}/cancel")["status"] == "canceling"
    seller.settle()
    assert client.ask(path)["ends_at"] == "2023-12-01T00:00:00Z"
    assert client.may_use("ada", "completions")["allowed"]
    assert len(ada.mails("cancelled")) == 1

    seller.advance(SIXTEENTH)
    assert client.send(f"{path}/uncancel")["status"] == "active"
    seller.settle()

    seller.advance(DECEMBER)
    assert client.may_use("ada", "completions")["allowed"]
    assert ada.invoices == [("INV-000001", "paid", 0), ("INV-000002", "paid", 0)]
    assert ada.charges() == [(6378, "succeeded"), (5297, "succeeded")]
    assert len(ada.mails("ended")) == 0
    assert client.ask("/sales/books")["sound"]

"""An invoice that stays unpaid, and one that is corrected: overdue, written off, credited, refunded."""

from datetime import UTC, datetime, timedelta

import pytest

from tests.integration.sales.test_a_month_of_sales import invoices, subscribe
from tests.integration.world import message

OVERDUE = datetime(2023, 11, 4, tzinfo=UTC)  # due on the 1st, three days of grace
BASE = "/base/v1/2023-11-01T00:00:00+00:00"


def hear(sales, type_, data, *, id_=None):
    about = data.get("invoice") or data["refund"]["invoice"]
    sales.hear(
        message(
            "payments",
            type_,
            data,
            subject=f"invoice/{about}",
            at=sales.now,
            clock="clk_a",
            id_=id_ or f"evt_{type_}_{data.get('step', '')}",
        )
    )
    sales.settle()


def step(sales, invoice, action, number):
    data = {
        "invoice": invoice["id"],
        "customer": invoice["customer"],
        "legal_entity": "main",
        "step": number,
        "action": action,
        "amount_minor": 6378,
        "currency": "USD",
    }
    hear(sales, "DunningStepDue.v1", data)


def credit(sales, invoice, expect=202, **body):
    path = f"/sales/invoices/{invoice['id']}/credit-notes"
    status, answer = sales.ask("POST", path, {"reason": "goodwill", **body})
    sales.settle()
    assert status == expect, answer
    return answer


def books(sales):
    return sales.ask("GET", "/sales/books")[1]


@pytest.fixture
def invoice(sales):
    sales.subscription = subscribe(sales)
    [first] = invoices(sales)
    return first


def test_an_unpaid_invoice_is_overdue_once_after_its_grace(sales, invoice):
    sales.advance(OVERDUE - timedelta(seconds=1))
    assert sales.said("InvoiceOverdue.v1") == []

    sales.advance(OVERDUE)
    sales.advance(OVERDUE + timedelta(days=1))

    assert [said["invoice"]["number"] for said in sales.said("InvoiceOverdue.v1")] == ["INV-000001"]


def test_a_paid_invoice_is_never_overdue(sales, invoice):
    sales.pay(invoice["id"], 6378)

    sales.advance(OVERDUE)

    assert sales.said("InvoiceOverdue.v1") == []


def test_dunning_ends_the_subscription_then_writes_the_invoice_off(sales, invoice):
    sales.advance(OVERDUE)

    step(sales, invoice, "remind", 1)
    assert sales.said("SubscriptionEnded.v1") == []
    step(sales, invoice, "cancel_subscription", 2)
    assert sales.ask("GET", f"/sales/subscriptions/{sales.subscription}")[1]["status"] == "ended"
    step(sales, invoice, "write_off", 3)

    [after] = invoices(sales)
    assert (after["status"], after["due"]["minor"]) == ("written_off", 0)
    found = books(sales)
    assert (found["sound"], found["balances"]["USD"]["bad_debt"]) == (True, 6378)
    assert found["balances"]["USD"]["receivable"] == 0

    # money that comes after all is the customer's
    sales.pay(invoice["id"], 6378)
    assert books(sales)["balances"]["USD"]["customer_balance"] == -6378


def test_what_a_stop_gave_back_pays_before_the_rest_is_written_off(sales, invoice):
    sales.now = datetime(2023, 11, 16, tzinfo=UTC)
    path = f"/sales/subscriptions/{sales.subscription}/cancel"
    assert sales.ask("POST", path, {"when": "now", "paid": "credit"})[0] == 200
    sales.settle()
    assert books(sales)["balances"]["USD"]["customer_balance"] == -2648  # half of 49.00, and 8.1 %

    step(sales, invoice, "write_off", 1)

    found = books(sales)
    assert found["sound"]
    assert found["balances"]["USD"]["bad_debt"] == 3730  # 63.78 less 26.48
    assert found["balances"]["USD"]["customer_balance"] == 0  # nobody is owed what was never paid
    [said] = sales.said("InvoiceWrittenOff.v1")
    assert said["invoice"]["due_minor"] == 3730


def test_an_invoice_that_the_balance_covers_is_paid_and_not_written_off(sales, invoice):
    item = {"name": "Training", "unit_amount": "100.00"}
    sale = {"customer": "ada", "currency": "USD", "items": [item]}
    other = sales.ask("POST", "/sales/invoices", sale)[1]
    sales.settle()
    sales.pay(other["id"], 20000)  # 108.10 and 91.90 too much

    step(sales, invoice, "write_off", 1)

    found = sales.ask("GET", f"/sales/invoices/{invoice['id']}")[1]
    assert (found["status"], sales.said("InvoiceWrittenOff.v1")) == ("paid", [])
    assert invoice["id"] in [said["invoice"]["invoice"] for said in sales.said("InvoicePaid.v1")]
    balances = books(sales)["balances"]["USD"]
    assert (balances["customer_balance"], balances.get("bad_debt", 0)) == (-2812, 0)


def test_a_step_that_comes_after_the_money_changes_nothing(sales, invoice):
    sales.pay(invoice["id"], 6378)

    step(sales, invoice, "cancel_subscription", 2)
    step(sales, invoice, "write_off", 3)

    assert sales.ask("GET", f"/sales/subscriptions/{sales.subscription}")[1]["status"] == "active"
    assert books(sales)["balances"]["USD"].get("bad_debt", 0) == 0


def test_an_open_invoice_is_credited_only_when_collection_pauses(sales, invoice):
    note = credit(sales, invoice)
    assert (note["status"], note["total"]["minor"]) == ("draft", 6378)
    [asked] = sales.said("CollectionHoldRequested.v1")
    assert (asked["invoice"], asked["hold"]) == (invoice["id"], note["id"])
    assert invoices(sales)[0]["due"]["minor"] == 6378

    hear(sales, "CollectionHeld.v1", {"hold": note["id"], "invoice": invoice["id"]})

    [after] = invoices(sales)
    assert (after["status"], after["due"]["minor"]) == ("void", 0)
    [issued] = sales.ask("GET", f"/sales/invoices/{invoice['id']}/credit-notes")[1]["credit_notes"]
    assert (issued["number"], issued["status"], issued["applied"]["minor"]) == ("CN-000001", "issued", 6378)
    assert [said["reason"] for said in sales.said("InvoiceVoided.v1")] == ["credited"]
    found = books(sales)
    assert (found["sound"], set(found["balances"]["USD"].values())) == (True, {0})


def test_a_payment_that_won_the_race_turns_the_credit_into_a_balance(sales, invoice):
    note = credit(sales, invoice, refund=True)

    sales.pay(invoice["id"], 6378)
    hear(sales, "CollectionHeld.v1", {"hold": note["id"], "invoice": invoice["id"]})

    [said] = sales.said("CreditNoteIssued.v1")
    assert (said["credit_note"]["applied_minor"], said["credit_note"]["refund_minor"]) == (0, 6378)
    assert books(sales)["balances"]["USD"]["customer_balance"] == -6378


def test_a_refund_takes_the_balance_back_out(sales, invoice):
    sales.pay(invoice["id"], 6378)
    lines = {f"{sales.subscription}{BASE}": 4900}
    note = credit(sales, invoice, lines=lines, refund=True)
    [said] = sales.said("CreditNoteIssued.v1")
    assert said["credit_note"]["total_minor"] == 5297  # 49.00 and 4.78 * 49/59 = 3.97
    refund = {
        "refund": "ref_1",
        "invoice": invoice["id"],
        "customer": invoice["customer"],
        "amount_minor": 5297,
        "currency": "USD",
        "legal_entity": "main",
        "provider": "stripe",
        "credit_note": note["id"],
    }

    hear(sales, "RefundSucceeded.v1", {"refund": refund})
    hear(sales, "RefundSucceeded.v1", {"refund": refund})

    found = books(sales)
    assert (found["sound"], found["balances"]["USD"]["customer_balance"]) == (True, 0)
    assert found["balances"]["USD"]["collections"] == 6378 - 5297
    assert sales.dead == []

    # the customer's bank sends it back
    returned = {"refund": refund, "reason": "expired_or_canceled_card", "returned": True}
    hear(sales, "RefundFailed.v1", returned, id_="evt_returned")
    hear(sales, "RefundFailed.v1", {**returned, "returned": False}, id_="evt_never_left")

    found = books(sales)
    assert (found["sound"], found["balances"]["USD"]["customer_balance"]) == (True, -5297)
    assert found["balances"]["USD"]["collections"] == 6378


def test_more_than_the_invoice_cannot_be_credited(sales, invoice):
    line = f"{sales.subscription}{BASE}"
    credit(sales, invoice, lines={line: 4000})

    refused = credit(sales, invoice, expect=422, lines={line: 901})

    assert (refused["code"], refused["errors"][0]["field"]) == ("amount_out_of_range", f"lines.{line}")


def test_a_part_credited_lowers_what_is_due(sales, invoice):
    note = credit(sales, invoice, lines={f"{sales.subscription}{BASE}": 1000})
    hear(sales, "CollectionHeld.v1", {"hold": note["id"], "invoice": invoice["id"]})

    [after] = invoices(sales)
    assert (after["status"], after["due"]["minor"]) == ("open", 5297)  # 63.78 - 10.81
    assert books(sales)["open_invoices"] == {"USD": 5297}
    assert books(sales)["sound"]

    sales.pay(invoice["id"], 5297)
    assert [said["paid_minor"] for said in sales.said("InvoicePaid.v1")] == [5297]


def test_every_receipt_adds_up(sales, invoice):
    sales.advance(OVERDUE)
    credit(sales, invoice)

    assert {consumer for _, consumer in sales.unsettled()} == {"sales.on_foundation_events"}


def test_what_was_paid_too_much_pays_the_next_invoice(sales, invoice):
    sales.pay(invoice["id"], 6378 + 5000)

    sales.advance(datetime(2023, 12, 1, tzinfo=UTC))

    [said] = [i for i in sales.said("InvoiceFinalized.v1") if i["invoice"]["number"] == "INV-000002"]
    assert (said["invoice"]["total_minor"], said["invoice"]["due_minor"]) == (5297, 297)
    found = books(sales)
    assert (found["sound"], found["balances"]["USD"]["customer_balance"]) == (True, 0)

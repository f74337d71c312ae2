"""Statements of an account: what was owed, what happened, what is owed; sealed for documents."""

import json
from datetime import UTC, datetime
from urllib.parse import urlsplit

import boto3
import pytest

from billing.aws.table import own_table
from billing.core.journal import Account
from sales import books
from tests.integration.sales.test_a_month_of_sales import invoices, subscribe
from tests.integration.sales.test_unpaid_and_credited import credit, hear, step

RECORDS = "billing-test-records"


@pytest.fixture
def invoice(sales, monkeypatch):
    boto3.client("s3").create_bucket(Bucket=RECORDS)
    monkeypatch.setenv("RECORDS_BUCKET", RECORDS)
    sales.subscription = subscribe(sales)
    [first] = invoices(sales)
    return first


def ask(sales, first, last, expect=202, **more):
    path = "/sales/customers/ada/statements"
    status, answer = sales.ask("POST", path, {"first": first, "last": last, **more})
    assert status == expect, answer
    sales.settle()
    return answer


def record(said):
    place = urlsplit(said["record"]["location"])
    body = boto3.client("s3").get_object(Bucket=place.netloc, Key=place.path[1:])["Body"].read()
    return json.loads(body)["statement"]


def rows(statement):
    return [
        (move["at"][:10], move["kind"], move["number"], move["amount"]["minor"])
        for move in statement["moves"]
    ]


def refund(sales, invoice, minor):
    data = {
        "refund": "rfd_1",
        "invoice": invoice["id"],
        "customer": invoice["customer"],
        "amount_minor": minor,
        "currency": "USD",
        "legal_entity": "main",
        "provider": "stripe",
    }
    hear(sales, "RefundSucceeded.v1", {"refund": data})


def test_a_month_of_an_account(sales, invoice):
    sales.advance(datetime(2023, 11, 3, tzinfo=UTC))
    sales.pay(invoice["id"], 6378)
    sales.advance(datetime(2023, 11, 10, tzinfo=UTC))
    credit(sales, invoice, lines={invoice["lines"][0]["id"]: 1000}, refund=True)
    sales.advance(datetime(2023, 11, 12, tzinfo=UTC))
    refund(sales, invoice, 1081)

    [asked] = ask(sales, "2023-11-02", "2023-11-12")["statements"]

    [said] = sales.said("StatementDrawn.v1")
    assert (said["statement"], asked["currency"], said["mail"]) == (asked["id"], "USD", False)
    assert (said["opening_minor"], said["closing_minor"]) == (6378, 0)
    assert rows(record(said)) == [
        ("2023-11-03", "payment", "INV-000001", -6378),
        ("2023-11-10", "credit_note", "CN-000001", -1081),
        ("2023-11-12", "refund", "INV-000001", 1081),
    ]


def test_at_one_instant_an_invoice_stands_before_its_payment(sales, invoice):
    sales.pay(invoice["id"], 6378)

    ask(sales, "2023-11-01", "2023-11-01")

    [said] = sales.said("StatementDrawn.v1")
    assert rows(record(said)) == [
        ("2023-11-01", "invoice", "INV-000001", 6378),
        ("2023-11-01", "payment", "INV-000001", -6378),
    ]


def test_an_invoice_given_up_on_leaves_the_account_and_money_that_comes_after_is_the_customers(
    sales, invoice
):
    sales.advance(datetime(2023, 11, 20, tzinfo=UTC))
    step(sales, invoice, "write_off", 3)
    sales.pay(invoice["id"], 6378)

    ask(sales, "2023-11-01", "2023-11-20", mail=True)

    [said] = sales.said("StatementDrawn.v1")
    assert (said["opening_minor"], said["closing_minor"], said["mail"]) == (0, -6378, True)
    assert [row[1:] for row in rows(record(said))] == [
        ("invoice", "INV-000001", 6378),
        ("payment", "INV-000001", -6378),
        ("write_off", "INV-000001", -6378),
    ]


def test_an_account_is_what_the_books_say(sales, invoice):
    sales.pay(invoice["id"], 5000)
    sales.advance(datetime(2024, 1, 15, tzinfo=UTC))
    ask(sales, "2023-11-01", "2024-01-15")

    [said] = sales.said("StatementDrawn.v1")
    balances = books.read_books(own_table(), "ten_a").balances["USD"]
    assert said["closing_minor"] == balances[Account.RECEIVABLE] + balances.get(Account.CUSTOMER_BALANCE, 0)
    assert len(record(said)["moves"]) == 3  # who does not pay is not billed further


def test_a_day_is_a_day_where_the_customer_lives(sales, invoice):
    body = {"name": "Ada Byron", "email": "ada@example.com", "external_id": "ada", "zone": "America/New_York"}
    assert sales.ask("PUT", "/sales/customers/ada", body)[0] == 200
    sales.advance(datetime(2023, 11, 3, 3, tzinfo=UTC))  # the evening of the 2nd in New York
    sales.pay(invoice["id"], 6378)

    ask(sales, "2023-11-02", "2023-11-02")

    [said] = sales.said("StatementDrawn.v1")
    assert rows(record(said)) == [("2023-11-03", "payment", "INV-000001", -6378)]


@pytest.mark.parametrize(
    ("wanted", "code"),
    [
        ({"first": "2023-11-02", "last": "2023-11-01"}, "span_backwards"),
        ({"first": "2023-11-01", "last": "2023-11-02"}, "span_not_over"),
        ({"first": "2023-11-01", "last": "2023-11-01", "currency": "EUR"}, "account_empty"),
        ({"first": "2023-11-01", "last": "2023-11-01", "legal_entity": "other"}, "unknown_legal_entity"),
    ],
)
def test_what_cannot_be_stated_is_refused(sales, invoice, wanted, code):
    assert ask(sales, expect=422, **wanted)["code"] == code


def test_a_customer_nothing_was_billed_to_has_no_statement(sales):
    assert ask(sales, "2023-11-01", "2023-11-01", expect=422)["code"] == "account_empty"
    assert (
        sales.ask(
            "POST", "/sales/customers/nobody/statements", {"first": "2023-11-01", "last": "2023-11-01"}
        )[0]
        == 404
    )

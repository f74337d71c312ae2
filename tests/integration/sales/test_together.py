"""Several subscriptions of a customer, billed at one instant: literal amounts."""

import os

import boto3

from tests.integration.sales.test_a_month_of_sales import invoices
from tests.integration.sales.test_subscription_life import DECEMBER, day, order, save_method, sell


def consolidated(sales, on=True):
    ada = {"name": "Ada Byron", "email": "ada@example.com", "external_id": "ada", "consolidate": on}
    status, answer = sales.ask("PUT", "/sales/customers/ada", ada)
    assert (status, answer["consolidate"]) == (200, on)


def lines(invoice):
    return [line["amount"]["minor"] for line in invoice["lines"] if line["amount"]["minor"]]


def by_id(invoice):
    """What is asked, in no order of its own."""
    return invoice["total"], sorted((line["id"], line["amount"]["minor"]) for line in invoice["lines"])


def test_what_is_billed_at_one_instant_is_one_invoice_but_for_who_opted_out(sales):
    sell(sales)
    consolidated(sales)
    order(sales, trial=False)
    order(sales, trial=False, plan="pro")
    order(sales, trial=False, own_invoice=True)
    before = len(invoices(sales))
    assert before == 3  # the first of each is asked at once
    status, foreseen = sales.ask("GET", "/sales/customers/ada/upcoming")
    assert status == 200, foreseen

    sales.advance(DECEMBER)

    made = invoices(sales)[:-before]
    assert {each["id"]: by_id(each) for each in made} == {each["id"]: by_id(each) for each in foreseen}
    assert sorted(sorted(lines(each)) for each in made) == [[4900], [4900, 14900]]
    both = max(made, key=lambda each: each["net"]["minor"])
    assert (both["net"]["minor"], both["tax"]["minor"], both["total"]["minor"]) == (19800, 1604, 21404)
    assert (sales.ask("GET", "/sales/books")[1]["sound"], sales.dead) == (True, [])
    sales.advance(day(1, 1, 2024))
    assert len(invoices(sales)) == before + 4


def test_whoever_does_not_ask_for_it_gets_an_invoice_each(sales):
    sell(sales)
    order(sales, trial=False)
    order(sales, trial=False, plan="pro")

    sales.advance(DECEMBER)

    assert [lines(each) for each in invoices(sales)[:2]] in ([[4900], [14900]], [[14900], [4900]])


def test_a_free_one_due_with_them_does_not_keep_the_invoice_waiting(sales):
    sell(sales)
    consolidated(sales)
    order(sales, trial=False)
    order(sales, plan="free")

    sales.advance(DECEMBER)

    assert lines(invoices(sales)[0]) == [4900]


def test_a_straggler_cannot_hold_the_others_up(sales):
    sell(sales)
    consolidated(sales)
    order(sales, trial=False)
    order(sales, trial=False, plan="pro")
    late = next(row for row in sales.rows("SUBSCRIPTION") if row["data"]["plan"] == "pro")
    kept = lose_work(late)

    sales.advance(DECEMBER)
    assert len(invoices(sales)) == 2  # the draft waits for it
    sales.advance(DECEMBER.replace(hour=1))
    assert [lines(each) for each in invoices(sales)[:-2]] == [[4900]]

    bring_work(late, kept)
    sales.advance(DECEMBER.replace(hour=2))
    assert [lines(each) for each in invoices(sales)[:-2]] == [[14900], [4900]]
    assert (sales.ask("GET", "/sales/books")[1]["sound"], sales.dead) == (True, [])


def lose_work(row):
    """Take a row out of the work index: whoever sweeps does not find it."""
    row_key = {"pk": {"S": row["pk"]}, "sk": {"S": row["sk"]}}
    boto3.client("dynamodb").update_item(
        TableName=os.environ["TABLE_NAME"],
        Key=row_key,
        UpdateExpression="REMOVE #work, work_at",
        ExpressionAttributeNames={"#work": "work"},
    )
    return {name: {"S": row[name]} for name in ("work", "work_at")}


def bring_work(row, kept):
    boto3.client("dynamodb").update_item(
        TableName=os.environ["TABLE_NAME"],
        Key={"pk": {"S": row["pk"]}, "sk": {"S": row["sk"]}},
        UpdateExpression="SET #work = :work, work_at = :at",
        ExpressionAttributeNames={"#work": "work"},
        ExpressionAttributeValues={":work": kept["work"], ":at": kept["work_at"]},
    )


def test_what_a_start_dated_back_behind_a_trial_asks_is_issued_on_the_day_of_the_order(sales):
    sell(sales)
    consolidated(sales)
    sales.now = day(10, 1, 2024)
    save_method(sales)
    order(sales, start_at="2023-11-01T00:00:00Z")

    found = [(each["issued_at"], lines(each)) for each in invoices(sales)]
    assert found == [("2024-01-10T00:00:00Z", [4900]), ("2024-01-10T00:00:00Z", [4900, 1000])]
    assert sales.dead == []

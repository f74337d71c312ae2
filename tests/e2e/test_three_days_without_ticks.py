"""Three days in which nobody heard that time passes, then one tick: the documents are as ever."""

from datetime import UTC, datetime

from local.cloud.warming import aws
from local.demo.story import CATALOGUE
from local.sandbox import SELLER
from local.waiting import eventually

GOOD, DECLINED = "4242424242424242", "4000000000000341"
SHORT_OF_DECEMBER = datetime(2023, 11, 30, 23, tzinfo=UTC)
THREE_DAYS_LATER = datetime(2023, 12, 3, 23, tzinfo=UTC)
IMPATIENT = SELLER | {"overdue_days": 2}


def a_month(seller):
    """Grace subscribes on 1 November, Ada a day later; Grace's card turns bad before it is charged again."""
    client, customers = seller.client, []
    client.publish(CATALOGUE)
    for day, name in enumerate(("grace", "ada"), start=1):
        seller.advance(datetime(2023, 11, day, tzinfo=UTC))
        customer = client.create_customer(name, f"{name}@{seller.tenant[4:]}.example.com", name)["id"]
        seller.settle()
        seller.save_card(customer, GOOD)
        eventually(lambda customer=customer: client.methods(customer), within=60)
        client.subscribe(customer, "team", "USD")
        seller.settle()
        customers.append(customer)
    seller.advance(SHORT_OF_DECEMBER)
    seller.card_becomes(customers[0], DECLINED)
    return customers


def without_ticks(seller, to):
    """Move the clock as an outage does: time has passed, and nobody heard of it."""
    tables = aws(seller.cloud, "dynamodb")
    name = next(table for table in tables.list_tables()["TableNames"] if "-Foundation-" in table)
    found = tables.get_paginator("scan").paginate(
        TableName=name,
        FilterExpression="begins_with(pk, :clock) AND sk = :sk",
        ExpressionAttributeValues={":clock": {"S": f"T#{seller.tenant}#clock/"}, ":sk": {"S": "CLOCK"}},
    )
    [clock] = [item for page in found for item in page["Items"]]
    tables.update_item(
        TableName=name,
        Key={"pk": clock["pk"], "sk": clock["sk"]},
        UpdateExpression="SET #now = :to",
        ExpressionAttributeNames={"#now": "now"},
        ExpressionAttributeValues={":to": {"S": to.isoformat()}},
    )


def documents(seller, customers):
    """Every document and attempt of these customers, ids left out: they differ from tenant to tenant."""
    client, found = seller.client, []
    for customer in customers:
        for invoice in client.invoices(customer):
            shown = ("number", "status", "issued_at", "due_at", "net", "tax", "total", "due")
            lines = [
                (line["name"], line["period_start"], line["amount"]["minor"]) for line in invoice["lines"]
            ]
            attempts = client.ask(f"/payments/invoices/{invoice['id']}")["attempts"]
            tried = [(a["created_at"], a["status"], a["amount"]["minor"]) for a in attempts]
            found.append(({name: invoice[name] for name in shown}, lines, tried))
    overdue = [event["time"] for event in seller.events() if event["type"] == "InvoiceOverdue.v1"]
    return found, overdue, client.ask("/sales/books"), client.ask("/payments/books")


def test_the_documents_are_those_of_the_undisturbed_run(open_tenant):
    undisturbed, interrupted = open_tenant("a", seller=IMPATIENT), open_tenant("b", seller=IMPATIENT)
    customers = a_month(undisturbed)
    undisturbed.advance(THREE_DAYS_LATER)
    undisturbed.quiet()
    wanted = documents(undisturbed, customers)

    customers = a_month(interrupted)
    interrupted.quiet()
    without_ticks(interrupted, THREE_DAYS_LATER)
    interrupted.advance(THREE_DAYS_LATER)
    interrupted.quiet()

    found, overdue, sales, _ = wanted
    assert [(i["number"], i["status"], i["issued_at"], i["total"]["minor"]) for i, _, _ in found] == [
        ("INV-000001", "paid", "2023-11-01T00:00:00Z", 6378),
        ("INV-000003", "open", "2023-12-01T00:00:00Z", 5297),
        ("INV-000002", "paid", "2023-11-02T00:00:00Z", 6378),
        ("INV-000004", "paid", "2023-12-02T00:00:00Z", 5297),
    ]
    assert [(at, status) for at, status, _ in found[1][2]] == [
        ("2023-12-01T00:00:00Z", "failed"),
        ("2023-12-02T00:00:00Z", "failed"),
    ]
    assert overdue == ["2023-12-03T00:00:00Z"]
    assert sales["open_invoices"] == {"USD": 5297}
    assert documents(interrupted, customers) == wanted

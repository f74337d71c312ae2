"""Invoices paid in instalments: ordered, split when numbered, paid, credited, overdue; literal amounts."""

from datetime import UTC, datetime, timedelta

import pytest

from tests.builders import a_catalogue
from tests.integration.sales.test_a_month_of_sales import invoices
from tests.integration.sales.test_unpaid_and_credited import hear, step

THIRDS = {"key": "thirds", "name": "Three parts", "count": 3, "cadence": {"unit": "month"}}
DATES = ["2023-11-01T00:00:00Z", "2023-12-01T00:00:00Z", "2024-01-01T00:00:00Z"]


def day(month, number, year=2023):
    return datetime(year, month, number, tzinfo=UTC)


def catalogue(**more):
    """A plan for 588.00 a year, 635.63 with tax, and one for 149.00 a month beside the builders' own."""
    data = a_catalogue()
    yearly = {"key": "base", "name": "Yearly", "cadence": {"unit": "year"}}
    yearly["charges"] = {"USD": {"kind": "flat", "amount": "588.00"}}
    pro = {"key": "base", "name": "Pro", "cadence": {"unit": "month"}}
    pro["charges"] = {"USD": {"kind": "flat", "amount": "149.00"}}
    data["plans"].append({"key": "pro", "name": "Pro", "rank": 20, "prices": [pro]})
    data["plans"].append({"key": "yearly", "name": "Yearly", "rank": 30, "prices": [yearly]})
    data["instalment_schemes"] = [{**THIRDS, **more}]
    return data


def publish(sales, **more):
    status, answer = sales.ask("POST", "/sales/catalogue", {"catalogue": catalogue(**more)})
    assert status == 200, answer
    sales.settle()


def order(sales, expect=201, **more):
    body = {"customer": "ada", "plan": "yearly", "currency": "USD", "instalments": "thirds", **more}
    status, answer = sales.ask("POST", "/sales/subscriptions", body)
    sales.settle()
    assert status == expect, answer
    return answer


def parts(invoice):
    return [
        (each["due_at"], each["amount"]["minor"], each["due"]["minor"]) for each in invoice["instalments"]
    ]


def late(sales):
    return [
        (said["late_minor"], said.get("accelerated", False))
        for said in sales.said("InvoiceOverdue.v1")
        if said.get("late_minor")
    ]


def test_an_invoice_is_split_when_it_is_numbered_as_it_was_quoted(sales):
    publish(sales)
    wish = {"customer": "ada", "plan": "yearly", "currency": "USD", "instalments": "thirds"}
    quoted = sales.ask("POST", "/sales/subscriptions/preview", wish)[1]["invoice"]

    made = order(sales)

    [invoice] = invoices(sales)
    assert made["instalments"] == "thirds"
    assert parts(invoice) == list(zip(DATES, [21189, 21187, 21187], [21189, 21187, 21187], strict=True))
    assert [part[:2] for part in parts(quoted)] == [part[:2] for part in parts(invoice)]
    assert invoice["due_at"] == DATES[-1]
    [said] = sales.said("InvoiceFinalized.v1")
    assert said["invoice"]["instalments"] == [
        {"due_at": DATES[0], "amount_minor": 21189},
        {"due_at": DATES[1], "amount_minor": 21187},
        {"due_at": DATES[2], "amount_minor": 21187},
    ]
    assert sales.ask("GET", "/sales/books")[1]["sound"]


def test_a_subscriber_keeps_the_scheme_it_ordered(sales):
    publish(sales)
    made = order(sales)
    publish(sales, count=2)

    sales.advance(day(11, 1, 2024))

    upcoming = sales.ask("GET", f"/sales/subscriptions/{made['subscription']}/upcoming")[1]
    assert [part[0][:10] for part in parts(upcoming)] == ["2025-11-01", "2025-12-01", "2026-01-01"]
    assert [part[0][:10] for part in parts(invoices(sales)[0])] == ["2024-11-01", "2024-12-01", "2025-01-01"]


def test_what_lies_below_the_minimum_is_paid_at_once(sales):
    publish(sales, minimum={"USD": "635.64"})
    order(sales)

    [invoice] = invoices(sales)

    assert (invoice["total"]["minor"], parts(invoice), invoice["due_at"]) == (63563, [], DATES[0])


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"instalments": "fourths"}, "unknown_instalment_scheme"),
        ({"instalments": "thirds", "plan": "team"}, "scheme_not_for_plan"),
    ],
)
def test_a_scheme_that_cannot_be_had_is_refused(sales, more, code):
    publish(sales, plans=["yearly"])

    answer = order(sales, expect=404 if "unknown" in code else 422, **more)

    assert answer["code"] == code
    assert invoices(sales) == []


def test_each_late_instalment_is_overdue_once_and_money_covers_the_earliest(sales):
    publish(sales)
    order(sales)
    [invoice] = invoices(sales)

    sales.advance(day(11, 4))  # three days of grace
    sales.advance(day(11, 20))
    assert late(sales) == [(21189, False)]

    # the second is late too while the first is: both are
    sales.advance(day(12, 5))
    assert late(sales) == [(21189, False), (42376, False)]

    sales.pay(invoice["id"], 21189)
    assert sales.said("InvoiceCaughtUp.v1") == []
    sales.pay(invoice["id"], 21187, payment="pay_2")
    assert [said["invoice"]["due_minor"] for said in sales.said("InvoiceCaughtUp.v1")] == [21187]
    assert [left for _, _, left in parts(invoices(sales)[0])] == [0, 0, 21187]

    sales.advance(day(1, 4, 2024))
    assert late(sales)[2:] == [(21187, False)]
    sales.pay(invoice["id"], 21187, payment="pay_3")
    assert len(sales.said("InvoiceCaughtUp.v1")) == 1  # it is paid, which says all
    assert [said["paid_minor"] for said in sales.said("InvoicePaid.v1")] == [63563]
    assert (sales.ask("GET", "/sales/books")[1]["sound"], sales.dead) == (True, [])


def test_who_pays_each_in_time_or_all_at_once_is_never_overdue(sales):
    publish(sales)
    order(sales)
    [invoice] = invoices(sales)

    sales.pay(invoice["id"], 21189)
    sales.advance(day(11, 30))
    sales.pay(invoice["id"], 42374, payment="pay_2")
    sales.advance(day(3, 1, 2024))

    assert sales.said("InvoiceOverdue.v1") == []
    assert invoices(sales)[0]["status"] == "paid"


def test_three_days_late_they_are_overdue_at_their_own_instants(sales):
    publish(sales)
    order(sales)

    sales.advance(day(1, 7, 2024))
    for _ in range(4):  # what a sweep finds due again
        sales.advance(sales.now + timedelta(minutes=1))

    assert [minor for minor, _ in late(sales)] == [21189, 42376, 63563]


def test_with_acceleration_all_is_due_once_one_is_overdue(sales):
    publish(sales, accelerate=True)
    order(sales)
    [invoice] = invoices(sales)

    sales.advance(day(11, 4))
    sales.advance(day(2, 1, 2024))

    assert late(sales) == [(63563, True)]
    sales.pay(invoice["id"], 21189)
    assert sales.said("InvoiceCaughtUp.v1") == []


def test_a_credit_lowers_the_last_ones_first(sales):
    publish(sales)
    order(sales)
    [invoice] = invoices(sales)
    line = invoice["lines"][0]["id"]
    path = f"/sales/invoices/{invoice['id']}/credit-notes"
    body = {"reason": "goodwill", "lines": {line: 27751}}  # 299.99 with its tax
    status, answer = sales.ask("POST", path, body)
    assert status == 202, answer
    sales.settle()
    hear(sales, "CollectionHeld.v1", {"hold": answer["id"], "invoice": invoice["id"]})

    [invoice] = invoices(sales)
    assert [left for _, _, left in parts(invoice)] == [21189, 12375, 0]


def test_the_balance_pays_the_earliest(sales):
    publish(sales)
    order(sales)
    [first] = invoices(sales)
    sales.pay(first["id"], 63563 + 30000)

    sales.advance(day(11, 1, 2024))

    invoice = invoices(sales)[0]
    assert invoice["due"]["minor"] == 33563
    assert [left for _, _, left in parts(invoice)] == [0, 12376, 21187]
    sales.advance(day(11, 30, 2024))
    assert sales.said("InvoiceOverdue.v1") == []


def test_a_change_that_waits_for_its_payment_is_asked_at_once(sales):
    publish(sales)
    made = order(sales, plan="team")
    sales.advance(day(11, 11))
    path = f"/sales/subscriptions/{made['subscription']}/change"
    wish = {"plan": "pro", "when": "now", "only_if_paid": True}
    unconditional = sales.ask("POST", f"{path}/preview", {"plan": "pro", "when": "now"})[1]["invoice"]
    assert len(unconditional["instalments"]) == 3
    shown = sales.ask("POST", f"{path}/preview", wish)[1]["invoice"]

    status, answer = sales.ask("POST", path, wish)
    assert status == 200, answer
    sales.settle()

    invoice = invoices(sales)[0]
    assert (shown["instalments"], invoice["instalments"]) == ([], [])
    assert invoice["total"]["minor"] == shown["total"]["minor"] > 0


@pytest.mark.parametrize(("other", "count"), [("thirds", 3), (None, 0)])
def test_a_common_invoice_is_split_where_all_on_it_agree(sales, other, count):
    ada = {"name": "Ada Byron", "email": "ada@example.com", "external_id": "ada", "consolidate": True}
    assert sales.ask("PUT", "/sales/customers/ada", ada)[0] == 200
    publish(sales)
    order(sales)
    order(sales, instalments=other)

    sales.advance(day(11, 1, 2024))

    both = invoices(sales)[0]
    assert (both["total"]["minor"], len(parts(both))) == (127126, count)


def test_a_step_that_is_heard_after_its_instalment_was_paid_gives_up_on_nothing(sales):
    publish(sales)
    order(sales)
    [invoice] = invoices(sales)
    sales.pay(invoice["id"], 21189)

    step(sales, invoice, "cancel_subscription", 6)
    step(sales, invoice, "write_off", 7)
    assert invoices(sales)[0]["status"] == "open"
    assert sales.said("SubscriptionEnded.v1") == []

    # the second is due and unpaid: then all that is left is given up
    sales.advance(day(12, 31))
    step(sales, invoice, "write_off", 8)
    assert invoices(sales)[0]["status"] == "written_off"
    assert [said["invoice"]["due_minor"] for said in sales.said("InvoiceWrittenOff.v1")] == [42374]
    assert (sales.ask("GET", "/sales/books")[1]["sound"], sales.dead) == (True, [])

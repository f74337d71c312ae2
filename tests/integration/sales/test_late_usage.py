"""Usage that comes late: at its own period's price, once, on the next invoice, with its reason."""

from datetime import UTC, datetime

from tests.builders import a_catalogue
from tests.integration.sales.test_a_month_of_sales import an_event, invoices, subscribe

DECEMBER, JANUARY, FEBRUARY, MARCH = (
    datetime(2023, 12, 1, tzinfo=UTC),
    datetime(2024, 1, 1, tzinfo=UTC),
    datetime(2024, 2, 1, tzinfo=UTC),
    datetime(2024, 3, 1, tzinfo=UTC),
)


def report(sales, *events):
    status, body = sales.ask("POST", "/sales/usage", {"events": list(events)})
    assert status == 200
    sales.settle()
    return [receipt["verdict"] for receipt in body["receipts"]]


def newest_lines(sales):
    lines = invoices(sales)[0]["lines"]
    return [(line["id"].split("/", 1)[1], line["amount"]["minor"], line["reason"]) for line in lines]


def test_a_late_event_is_billed_at_its_own_periods_price_on_the_next_invoice(sales):
    subscription = subscribe(sales)
    sales.now = datetime(2023, 11, 16, 12, tzinfo=UTC)
    report(sales, an_event("a", context=4_000_000))
    sales.advance(DECEMBER)
    november = invoices(sales)[0]
    assert newest_lines(sales) == [
        ("base/v1/2023-12-01T00:00:00+00:00", 4900, None),
        ("context/v1/2023-11-01T00:00:00+00:00", 900, None),  # 3 million behind the allowance at 0.000003
        ("generated/v1/2023-11-01T00:00:00+00:00", 0, None),
    ]

    # 10 December: four million more of 20 November, twice
    sales.now = datetime(2023, 12, 10, tzinfo=UTC)
    late = an_event("b", context=4_000_000, time="2023-11-20T00:00:00Z")
    report(sales, late, an_event("c", context=1_000_000, time="2023-12-09T00:00:00Z"))
    report(sales, late)
    _, preview = sales.ask("GET", f"/sales/subscriptions/{subscription}/upcoming")
    sales.advance(JANUARY)

    # November comes to 5 million at 0.000003 and 2 million at 0.000002: 19.00, of which 9.00 are billed
    assert newest_lines(sales) == [
        ("base/v1/2024-01-01T00:00:00+00:00", 4900, None),
        ("context/v1/2023-12-01T00:00:00+00:00", 0, None),  # within December's allowance
        ("generated/v1/2023-12-01T00:00:00+00:00", 0, None),
        ("context/v1/2023-11-01T00:00:00+00:00/late/1", 1000, "late_usage"),
    ]
    correction = invoices(sales)[0]["lines"][3]
    assert (correction["quantity"], correction["billed"]) == ("4000000", "4000000")
    assert correction["period_end"] == "2023-12-01T00:00:00Z"
    assert preview["lines"] == invoices(sales)[0]["lines"]
    assert invoices(sales)[1] == november

    # 2 January: once more for November, on the last day of the window
    sales.now = datetime(2024, 1, 2, tzinfo=UTC)
    assert report(
        sales,
        an_event("d", context=1_000_000, time="2023-11-29T00:00:00Z"),
        an_event("e", context=1_000_000, time="2023-11-27T00:00:00Z"),
    ) == ["accepted", "rejected"]
    sales.advance(FEBRUARY)
    assert newest_lines(sales)[3:] == [("context/v1/2023-11-01T00:00:00+00:00/late/2", 200, "late_usage")]

    sales.advance(MARCH)
    assert newest_lines(sales)[3:] == []
    assert sales.ask("GET", "/sales/books")[1]["sound"]
    assert sales.dead == []


def test_an_event_on_the_boundary_belongs_to_the_period_that_it_opens(sales):
    subscribe(sales)
    sales.advance(DECEMBER)
    sales.now = datetime(2023, 12, 1, 0, 1, tzinfo=UTC)
    report(
        sales,
        an_event("last", generated=100_000, time="2023-11-30T23:59:59.999999Z"),
        an_event("first", generated=200_000, time="2023-12-01T00:00:00Z"),
    )

    sales.advance(JANUARY)

    assert newest_lines(sales)[2:] == [
        ("generated/v1/2023-12-01T00:00:00+00:00", 300, None),
        ("generated/v1/2023-11-01T00:00:00+00:00/late/1", 150, "late_usage"),
    ]


def test_what_is_voided_or_replaced_late_is_given_back(sales):
    subscribe(sales)
    sales.now = datetime(2023, 11, 16, 12, tzinfo=UTC)
    report(sales, an_event("a", generated=1_000_000), an_event("b", generated=100_000))
    sales.advance(DECEMBER)
    assert newest_lines(sales)[2] == ("generated/v1/2023-11-01T00:00:00+00:00", 1600, None)

    sales.now = datetime(2023, 12, 10, tzinfo=UTC)
    report(
        sales,
        an_event("undo", voids="a", reason="measured twice"),
        an_event("b2", generated=400_000, replaces="b"),
    )
    sales.advance(JANUARY)

    # November comes to 400,000 at 0.000015: 6.00
    assert newest_lines(sales)[3:] == [("generated/v1/2023-11-01T00:00:00+00:00/late/1", -1000, "late_usage")]


def test_what_comes_behind_a_subscriptions_end_is_billed_once_its_window_is_over(sales):
    subscription = subscribe(sales)
    sales.ask("POST", f"/sales/subscriptions/{subscription}/cancel")
    sales.advance(DECEMBER)
    sales.now = datetime(2023, 12, 20, tzinfo=UTC)
    report(sales, an_event("a", generated=1_000_000, time="2023-11-30T00:00:00Z"))
    assert len(invoices(sales)) == 2

    sales.advance(datetime(2024, 1, 6, tzinfo=UTC))
    sales.advance(FEBRUARY)

    assert newest_lines(sales) == [("generated/v1/2023-11-01T00:00:00+00:00/late/1", 1500, "late_usage")]
    assert [invoice["number"] for invoice in invoices(sales)] == ["INV-000003", "INV-000002", "INV-000001"]
    assert sales.ask("GET", "/sales/books")[1]["sound"]


def test_an_end_without_late_usage_leaves_nothing_due(sales):
    subscription = subscribe(sales)
    sales.ask("POST", f"/sales/subscriptions/{subscription}/cancel")

    sales.advance(DECEMBER)
    sales.advance(datetime(2024, 1, 6, tzinfo=UTC))

    assert len(invoices(sales)) == 2
    assert [row for row in sales.rows("RATED#") if "work" in row] == []


def test_a_month_without_late_usage_bills_no_correction_and_reads_no_chunk_again(sales):
    subscribe(sales)
    sales.now = datetime(2023, 11, 16, 12, tzinfo=UTC)
    report(sales, an_event("a", generated=1_000_000))

    for month in (DECEMBER, JANUARY, FEBRUARY):
        sales.advance(month)

    reasons = {line["reason"] for invoice in invoices(sales) for line in invoice["lines"]}
    assert reasons == {None}


def with_coupons(sales):
    coupons = [
        {"key": "fifth", "name": "Fifth", "percent": "20"},
        {"key": "five", "name": "Five", "fixed": {"USD": "5.00"}, "prices": ["generated"]},
    ]
    status, answer = sales.ask(
        "POST", "/sales/catalogue", {"catalogue": {**a_catalogue(), "coupons": coupons}}
    )
    assert status == 200, answer
    sales.settle()


def subscribe_with(sales, coupon):
    order = {"customer": "ada", "plan": "team", "currency": "USD", "coupon": coupon}
    assert sales.ask("POST", "/sales/subscriptions", order)[0] == 201
    sales.settle()
    sales.now = datetime(2023, 11, 16, 12, tzinfo=UTC)


def test_late_usage_has_the_percentage_it_would_have_had_in_time(sales):
    with_coupons(sales)
    subscribe_with(sales, "fifth")
    report(sales, an_event("a", generated=100_000))
    sales.advance(DECEMBER)
    assert newest_lines(sales)[1:] == [
        ("context/v1/2023-11-01T00:00:00+00:00", 0, None),
        ("generated/v1/2023-11-01T00:00:00+00:00", 120, None),  # 1.50 less a fifth
    ]

    # within the allowance nothing was taken off; what lies above it now is a fifth cheaper all the same
    sales.now = datetime(2023, 12, 10, tzinfo=UTC)
    report(sales, an_event("b", context=3_000_000, generated=200_000, time="2023-11-20T00:00:00Z"))
    sales.advance(JANUARY)

    assert newest_lines(sales)[3:] == [
        ("context/v1/2023-11-01T00:00:00+00:00/late/1", 480, "late_usage"),  # 2 million at 0.000003
        ("generated/v1/2023-11-01T00:00:00+00:00/late/1", 240, "late_usage"),
    ]


def test_no_more_comes_back_than_was_charged_behind_a_fixed_coupon(sales):
    with_coupons(sales)
    subscribe_with(sales, "five")
    report(sales, an_event("a", generated=400_000))
    sales.advance(DECEMBER)
    assert newest_lines(sales)[2] == ("generated/v1/2023-11-01T00:00:00+00:00", 100, None)  # 6.00 less 5.00

    sales.now = datetime(2023, 12, 10, tzinfo=UTC)
    report(sales, an_event("undo", voids="a", reason="measured twice"))
    sales.advance(JANUARY)

    assert newest_lines(sales)[3:] == [("generated/v1/2023-11-01T00:00:00+00:00/late/1", -100, "late_usage")]

    # and once more usage after all: 3.00, of which the coupon takes all
    sales.now = datetime(2024, 1, 2, tzinfo=UTC)
    report(sales, an_event("c", generated=200_000, time="2023-11-29T00:00:00Z"))
    sales.advance(FEBRUARY)
    assert newest_lines(sales)[3:] == [("generated/v1/2023-11-01T00:00:00+00:00/late/2", 0, "late_usage")]

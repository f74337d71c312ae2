"""What is sold once, without a subscription: previewed, invoiced, paid and credited."""

import pytest

from tests.builders import a_catalogue
from tests.integration.sales.test_a_month_of_sales import invoices
from tests.integration.sales.test_instalments import DATES, THIRDS, parts
from tests.integration.sales.test_promotional_credit import figures, give, left


def usd(amount):
    return {"USD": {"kind": "flat", "amount": amount}}


GUIDE = {
    "key": "guide",
    "name": "The Guide",
    "prices": [
        {"key": "book", "name": "The Guide", "names": {"de": "Der Leitfaden"}, "charges": usd("19.00")},
    ],
}
PRINTS = {
    "key": "prints",
    "name": "Prints",
    "prices": [
        {
            "key": "sheet",
            "name": "Prints",
            "charges": {
                "USD": {
                    "kind": "graduated",
                    "tiers": [{"up_to": "10", "unit_amount": "2.00"}, {"up_to": None, "unit_amount": "1.50"}],
                }
            },
        },
        {"key": "parcel", "name": "Parcel", "tax_category": "reduced", "charges": usd("5.00")},
    ],
}
COUPONS = [
    {
        "key": "tenth",
        "name": "A tenth off books",
        "percent": "10",
        "prices": ["guide.book"],
        "redemptions": 1,
    },
    {"key": "team_only", "name": "Team", "percent": "10", "plans": ["team"]},
]


@pytest.fixture
def shop(sales):
    sales.open_tenant(taxes={"standard": "8.1", "reduced": "2.6"}, sequence=2)
    data = {
        **a_catalogue(),
        "products": [GUIDE, PRINTS, {"key": "studio", "name": "Studio"}],
        "coupons": COUPONS,
        "instalment_schemes": [THIRDS, {**THIRDS, "key": "of_team", "plans": ["team"]}],
    }
    data["plans"][1]["product"] = "studio"
    status, answer = sales.ask("POST", "/sales/catalogue", {"catalogue": data})
    assert status == 200, answer
    sales.settle()
    return sales


def buy(sales, *items, expect=201, path="", **more):
    body = {"customer": "ada", "currency": "USD", "items": list(items), **more}
    status, answer = sales.ask("POST", f"/sales/invoices{path}", body)
    assert status == expect, answer
    sales.settle()
    return answer


def shown(invoice):
    return [(line["name"], line["quantity"], line["amount"]["minor"]) for line in invoice["lines"]]


def test_a_product_is_bought_once_and_lands_on_an_invoice_of_its_own(shop):
    previewed = buy(shop, {"product": "guide", "quantity": "2"}, path="/preview", expect=200)
    assert invoices(shop) == []
    made = buy(shop, {"product": "guide", "quantity": "2"})

    [invoice] = invoices(shop)
    assert (invoice["id"], invoice["number"], invoice["status"]) == (made["id"], "INV-000001", "open")
    assert shown(invoice) == [("The Guide", "2", 3800)] == shown(previewed)
    assert invoice["total"] == {"minor": 4108, "currency": "USD"} == previewed["total"]  # 8.1 %: 3.078
    [said] = shop.said("InvoiceFinalized.v1")
    assert ("subscription" in said["invoice"], said["invoice"]["due_minor"]) == (False, 4108)

    shop.pay(invoice["id"], 4108)
    assert invoices(shop)[0]["status"] == "paid"
    books = shop.ask("GET", "/sales/books")[1]
    assert books["sound"]
    assert books["balances"]["USD"]["revenue"] == -3800  # earned at once: no period it is for


def test_what_was_agreed_beside_products_with_tiers_and_two_taxes(shop):
    made = buy(
        shop,
        {"product": "prints", "quantity": "12"},
        {"name": "Two hours of training", "unit_amount": "120.50", "quantity": "1.5"},
    )

    # ten sheets at 2.00 and two at 1.50; twelve parcels at 5.00; 180.75
    assert shown(made) == [
        ("Prints", "12", 2300),
        ("Parcel", "12", 6000),
        ("Two hours of training", "1.5", 18075),
    ]
    # 8.1 % of 203.75 is 16.50, 2.6 % of 60.00 is 1.56
    assert made["tax"]["minor"] == 1650 + 156


def test_a_tax_category_that_nobody_has_a_rate_of_is_not_published(sales):
    data = a_catalogue()
    data["plans"][1]["prices"][0]["tax_category"] = "standrad"
    status, answer = sales.ask("POST", "/sales/catalogue", {"catalogue": data})
    assert (status, answer["code"]) == (422, "unknown_tax_category")
    assert [error["field"] for error in answer["errors"]] == ["plans[1].prices[0].tax_category"]


def test_a_line_is_in_the_customers_language(shop):
    customer = {"name": "Ada Byron", "email": "ada@example.com", "external_id": "ada", "locale": "de-CH"}
    assert shop.ask("PUT", "/sales/customers/ada", customer)[0] == 200
    assert shown(buy(shop, {"product": "guide"})) == [("Der Leitfaden", "1", 1900)]


def test_a_coupon_takes_its_part_and_is_counted(shop):
    assert (
        buy(shop, {"product": "guide"}, coupon="tenth", path="/preview", expect=200)["net"]["minor"] == 1710
    )
    assert buy(shop, {"product": "guide"}, coupon="tenth")["net"]["minor"] == 1710
    assert buy(shop, {"product": "guide"}, coupon="tenth", expect=422)["code"] == "coupon_used_up"
    assert buy(shop, {"product": "guide"}, coupon="team_only", expect=422)["code"] == "coupon_not_for_plan"
    assert len(invoices(shop)) == 1


def test_a_request_made_twice_sells_once(shop):
    body = {"customer": "ada", "currency": "USD", "items": [{"product": "guide"}]}
    first = shop.ask("POST", "/sales/invoices", body, key="order-7")
    shop.settle()
    again = shop.ask("POST", "/sales/invoices", body, key="order-7")
    shop.settle()
    assert first[1]["id"] == again[1]["id"]
    assert len(invoices(shop)) == 1


@pytest.mark.parametrize(
    ("item", "code", "field"),
    [
        ({"product": "map"}, "unknown_product", "product"),
        ({"product": "studio"}, "not_one_time", "body.items[0].product"),
        ({"product": "guide", "quantity": "1.5"}, "not_whole", "body.items[0].quantity"),
        ({"product": "guide", "unit_amount": "1"}, "product_or_price", "body.items[0].product"),
        ({"name": "Training"}, "missing_field", "body.items[0]"),
        ({"name": "Training", "unit_amount": "-3"}, "negative_not_allowed", "body.items[0].unit_amount"),
        ({"name": "Training", "unit_amount": "0"}, "not_positive", "body.items[0].unit_amount"),
        (
            {"name": "Training", "unit_amount": "3", "tax_category": "luxury"},
            "unknown_tax_category",
            "body.items[0].tax_category",
        ),
    ],
)
def test_what_cannot_be_sold_is_refused_with_its_field(shop, item, code, field):
    answer = buy(shop, item, expect=404 if code == "unknown_product" else 422)
    assert (answer["code"], [error["field"] for error in answer["errors"]]) == (code, [field])
    assert invoices(shop) == []


def test_a_product_is_sold_in_its_currencies(shop):
    answer = buy(shop, {"product": "guide"}, currency="CHF", expect=422)
    assert (answer["code"], answer["errors"][0]["field"]) == ("currency_not_offered", "currency")


def test_what_is_no_currency_is_refused_by_name(shop):
    answer = buy(shop, {"name": "Training", "unit_amount": "3"}, currency="XXQ", expect=422)
    assert (answer["code"], answer["errors"][0]["field"]) == ("unknown_currency", "body.currency")


def test_what_was_bought_is_credited_like_any_other(shop):
    made = buy(shop, {"product": "guide"})
    wish = {"reason": "Sent back"}
    status, note = shop.ask("POST", f"/sales/invoices/{made['id']}/credit-notes", wish)
    assert status == 202, note
    assert note["total"]["minor"] == 2054  # 19.00 and 8.1 %


def test_promotional_credit_is_taken_once_as_the_preview_said(shop):
    give(shop, 3000)
    course = {"name": "Course", "unit_amount": "100.00"}

    previewed = buy(shop, course, path="/preview", expect=200)
    made = buy(shop, course)

    assert figures(previewed)[:3] == (7000, 567, 7567)  # 100.00 less 30.00, and 8.1 %
    assert figures(made)[:3] == figures(invoices(shop)[0])[:3] == (7000, 567, 7567)
    assert left(shop) == [0]


def test_a_sale_is_paid_in_the_instalments_it_names(shop):
    course = {"name": "Course", "unit_amount": "100.00"}  # 108.10 with tax

    previewed = buy(shop, course, instalments="thirds", path="/preview", expect=200)
    made = buy(shop, course, instalments="thirds")

    [bill] = invoices(shop)
    assert parts(bill) == list(zip(DATES, [3604, 3603, 3603], [3604, 3603, 3603], strict=True))
    wanted = [part[:2] for part in parts(bill)]
    assert [part[:2] for part in parts(previewed)] == [part[:2] for part in parts(made)] == wanted


def test_credit_and_a_coupon_come_off_before_a_sale_is_split(shop):
    give(shop, 1000)
    buy(shop, {"product": "guide", "quantity": "2"}, coupon="tenth", instalments="thirds")
    [bill] = invoices(shop)  # 38.00 less 3.80 and 10.00, and 8.1 %: 26.16
    assert [amount for _, amount, _ in parts(bill)] == [872, 872, 872]

    give(shop, 10000)
    buy(shop, {"product": "guide"}, instalments="thirds")
    assert (invoices(shop)[0]["status"], parts(invoices(shop)[0])) == ("paid", [])


@pytest.mark.parametrize(
    ("scheme", "status", "code"),
    [("halves", 404, "unknown_instalment_scheme"), ("of_team", 422, "scheme_not_for_plan")],
)
def test_a_scheme_that_a_sale_cannot_have_is_refused_with_its_field(shop, scheme, status, code):
    answer = buy(shop, {"product": "guide"}, instalments=scheme, expect=status)
    assert (answer["code"], [error["field"] for error in answer["errors"]]) == (code, ["body.instalments"])

"""Promotional credit through the API: given, drawn, come back; literal dates and amounts, and never money."""

import pytest

from billing.aws.changes import Changes
from billing.aws.context import Context
from billing.aws.errors import ConflictError
from billing.aws.table import own_table
from sales.finalization import finalize_invoice
from tests.billed_units import Units
from tests.integration.sales.conftest import Sales
from tests.integration.sales.test_a_month_of_sales import an_event, invoices
from tests.integration.sales.test_seats_and_paid_changes import failed, held
from tests.integration.sales.test_subscription_life import DECEMBER, JANUARY, day, do, order, sell
from tests.integration.sales.test_together import consolidated
from tests.integration.world import message
from tests.wire import Wire

THANKS = "Thanks for waiting"


def give(sales, minor, expect=201, *, reason=THANKS, currency="USD", key=None, **more):
    amount = {"minor": minor, "currency": currency}
    body = {"amount": amount, "reason": reason, **more}
    status, answer = sales.ask("POST", "/sales/customers/ada/credits", body, key=key)
    assert status == expect, answer
    sales.settle()
    return answer


def left(sales):
    found = sales.ask("GET", "/sales/customers/ada/credits")[1]["credits"]
    return sorted(each["left"]["minor"] for each in found)


def amounts(invoice):
    return [line["amount"]["minor"] for line in invoice["lines"]]


def figures(invoice):
    return tuple(invoice[name]["minor"] for name in ("net", "tax", "total", "due"))


def sound(sales):
    books = sales.ask("GET", "/sales/books")[1]
    assert (books["sound"], sales.dead) == (True, [])
    return books["balances"].get("USD", {})


@pytest.fixture
def shop(sales):
    sell(sales)
    return sales


def test_it_is_drawn_down_over_the_invoices_as_each_was_foreseen(shop):
    give(shop, 10000)
    ada = {"customer": "ada", "plan": "team", "currency": "USD", "trial": False}
    quoted = shop.ask("POST", "/sales/subscriptions/preview", ada)[1]
    stranger = shop.ask("POST", "/sales/subscriptions/preview", {**ada, "customer": None})[1]
    order(shop, trial=False)

    [first] = invoices(shop)
    assert quoted["invoice"]["lines"][0]["discounts"] == first["lines"][0]["discounts"]
    assert (figures(quoted["invoice"])[:3], figures(stranger["invoice"])[2]) == ((0, 0, 0), 6378)
    assert (figures(first), first["status"], left(shop)) == ((0, 0, 0, 0), "paid", [4100])
    [taken] = first["lines"][0]["discounts"]
    assert (taken["coupon"], taken["amount"]["minor"]) == (THANKS, 4900)
    assert len(shop.said("InvoicePaid.v1")) == 1

    foreseen = do(shop, "upcoming", method="GET")
    shop.advance(DECEMBER)
    second = invoices(shop)[0]
    assert (second["lines"], figures(second)) == (foreseen["lines"], (800, 65, 865, 865))
    assert left(shop) == [0]
    shop.advance(JANUARY)
    assert figures(invoices(shop)[0])[2] == 5297
    assert sound(shop)["deferred_revenue"] == -(800 + 4900)  # only what is asked is ever in the books


def test_a_start_dated_back_is_quoted_with_what_each_month_leaves_of_it(shop):
    give(shop, 10000)
    ada = {"customer": "ada", "plan": "team", "currency": "USD", "trial": False}
    ada["start_at"] = "2023-09-01T00:00:00Z"
    quoted = shop.ask("POST", "/sales/subscriptions/preview", ada)[1]
    assert shop.ask("POST", "/sales/subscriptions", ada)[0] == 201
    shop.settle()

    shown = [figures(each)[0] for each in (quoted["invoice"], *quoted["missed"])]
    assert shown == [figures(each)[0] for each in reversed(invoices(shop))] == [0, 800, 4900]


def test_the_earliest_end_goes_first_and_what_has_ended_is_lost(shop):
    give(shop, 2000, reason="Welcome", until="2024-06-01T00:00:00Z")
    give(shop, 6000, reason="Spring", until="2023-12-01T00:00:00Z")
    order(shop, trial=False)

    [first] = invoices(shop)
    assert [d["coupon"] for d in first["lines"][0]["discounts"]] == ["Spring"]
    assert left(shop) == [100, 2000]
    shop.advance(DECEMBER)  # the last 1.00 of spring has ended at this very instant
    assert [d["coupon"] for d in invoices(shop)[0]["lines"][0]["discounts"]] == ["Welcome"]
    assert (amounts(invoices(shop)[0])[0], left(shop)) == (2900, [0, 0])


def test_given_once_a_key_and_withdrawn_with_what_is_left(shop):
    first = give(shop, 10000, key="key-a")
    assert give(shop, 10000, key="key-a")["id"] == first["id"]
    order(shop, trial=False)

    path = f"/sales/customers/ada/credits/{first['id']}"
    status, answer = shop.ask("DELETE", path)
    assert (status, answer["drawn"]["minor"], answer["left"]["minor"]) == (200, 5900, 0)
    assert shop.ask("DELETE", path)[1]["withdrawn_at"] == answer["withdrawn_at"]
    shop.advance(DECEMBER)
    assert (amounts(invoices(shop)[0])[0], left(shop)) == (4900, [0])
    assert [each["drawn"]["minor"] for each in credits_of(shop)] == [5900]


def credits_of(sales):
    return sales.ask("GET", "/sales/customers/ada/credits")[1]["credits"]


def test_what_cannot_be_given_says_why(shop):
    path = "/sales/customers/ada/credits"
    body = {"amount": {"minor": 100, "currency": "USD"}, "reason": THANKS}

    def refused(at=path, **more):
        status, answer = shop.ask("POST", at, {**body, **more})
        return status, answer["code"], [each["field"] for each in answer.get("errors", [])]

    assert refused(until="2023-11-01T00:00:00Z") == (422, "not_ahead", ["body.until"])
    assert refused(amount={"minor": 0, "currency": "USD"})[2] == ["body.amount.minor"]
    unknown = refused(amount={"minor": 100, "currency": "XXQ"})
    assert unknown == (422, "unknown_currency", ["body.amount.currency"])
    assert refused(reason="a\nb")[2] == ["body.reason"]
    assert refused(plans=["team"])[2] == ["body.plans"]
    assert refused(at="/sales/customers/bob/credits")[:2] == (404, "customer_not_found")
    assert shop.ask("DELETE", f"{path}/pcr_x")[1]["code"] == "credit_not_found"
    for _ in range(30):
        give(shop, 100)
    assert refused()[:2] == (422, "too_many_credits")
    assert credits_of(shop)[0]["reason"] == THANKS
    assert shop.ask("GET", path, tenant="ten_b")[1]["credits"] == []


def test_an_upgrade_of_a_month_paid_by_credit_asks_the_difference_as_its_preview_said(shop):
    give(shop, 5900)
    order(shop, trial=False)
    shop.now = day(16)

    foreseen = do(shop, "change/preview", plan="pro", when="now")["invoice"]
    made = do(shop, "change", plan="pro", when="now")["invoice"]

    bill = invoices(shop)[0]
    assert foreseen["lines"] == made["lines"] == bill["lines"]
    assert (amounts(bill)[:2], figures(bill)[0]) == ([0, 5000], 5000)  # 74.50 less the 24.50 that came back
    assert left(shop) == [0]
    assert sound(shop)["receivable"] == 5405


@pytest.mark.parametrize("how", ["cancel", "pause"])
def test_a_stop_in_a_month_paid_by_credit_gives_credit_back_and_no_money(shop, how):
    give(shop, 5900)
    order(shop, trial=False)
    shop.now = day(16)

    foreseen = do(shop, f"{how}/preview", paid="credit")["invoice"]
    do(shop, how, when="now", paid="credit")

    bill = invoices(shop)[0]
    assert (bill["lines"], amounts(bill)[0], figures(bill)) == (foreseen["lines"], 0, (0, 0, 0, 0))
    assert (left(shop), shop.rows("BALANCE#USD")[0].get("minor")) == ([2450], None)
    sound(shop)
    order(shop, trial=False)
    assert amounts(invoices(shop)[0])[0] == 4900 - 2035  # 20.35 and 4.15 of the 24.50, by what they ask


def test_of_a_month_half_paid_by_credit_half_is_money_again(shop):
    give(shop, 2950)
    order(shop, trial=False)
    [first] = invoices(shop)
    assert amounts(first) == [2450, 500]
    shop.pay(first["id"], first["due"]["minor"])
    shop.now = day(16)

    do(shop, "cancel", when="now", paid="credit")

    assert (amounts(invoices(shop)[0])[0], left(shop)) == (-1225, [1225])
    assert sound(shop)["customer_balance"] == -1324  # 12.25 and 8.1 %


def test_a_change_that_is_not_paid_leaves_the_credit_as_it_was(shop):
    give(shop, 5900)
    order(shop, trial=False)
    shop.now = day(16)
    do(shop, "change", plan="pro", when="now", only_if_paid=True)
    bill = invoices(shop)[0]
    assert (amounts(bill)[:2], left(shop)) == ([0, 5000], [0])

    failed(shop, bill)
    held(shop)

    assert (invoices(shop)[0]["status"], left(shop)) == ("void", [0])
    assert sound(shop) == {"receivable": 0, "deferred_revenue": 0, "tax_payable": 0}
    do(shop, "cancel", when="now", paid="credit")
    assert (figures(invoices(shop)[0])[2], left(shop)) == (0, [2450])


def test_an_invoice_credited_whole_takes_no_credit_and_a_part_leaves_it(shop):
    give(shop, 2950)
    order(shop, trial=False)
    [bill] = invoices(shop)
    shop.pay(bill["id"], bill["due"]["minor"])
    base, setup = (line["id"] for line in bill["lines"])

    notes = [credited(shop, bill["id"], {base: 1450}), left(shop)]
    notes += [credited(shop, bill["id"], {base: 1000, setup: 500}), left(shop)]

    assert notes == [1450, [0], 1500, [2950]]  # no more in money than was paid: 24.50 and 5.00
    sound(shop)


def credited(sales, invoice, lines):
    body = {"reason": "Sorry", "lines": lines}
    status, note = sales.ask("POST", f"/sales/invoices/{invoice}/credit-notes", body)
    assert status == 202, note
    sales.settle()
    return note["net"]["minor"]


def test_late_usage_that_is_taken_back_is_credit_again(shop):
    order(shop, trial=False)
    give(shop, 100000)
    shop.now = day(20)
    used = [an_event("a", context=6_000_000, time="2023-11-19T00:00:00Z")]
    shop.ask("POST", "/sales/usage", {"events": used})
    shop.settle()
    shop.advance(DECEMBER)
    assert (figures(invoices(shop)[0])[2], left(shop)) == (0, [93600])  # 49.00 and 15.00

    void = {**an_event("v", time="2023-11-19T00:00:00Z"), "voids": "a"}
    assert shop.ask("POST", "/sales/usage", {"events": [void]})[0] == 200
    shop.settle()
    foreseen = do(shop, "upcoming", method="GET")
    shop.advance(JANUARY)

    bill = invoices(shop)[0]
    assert bill["lines"] == foreseen["lines"]
    assert [each["amount"]["minor"] for each in bill["lines"] if each["reason"]] == [0]
    assert (figures(bill)[2], left(shop)) == (0, [93600 + 1500 - 4900])
    sound(shop)


def test_an_invoice_brought_to_nothing_by_credit_is_in_the_books_all_the_same(shop):
    order(shop, trial=False)
    shop.now = day(20)
    used = [an_event("a", context=6_000_000, time="2023-11-19T00:00:00Z")]
    shop.ask("POST", "/sales/usage", {"events": used})
    shop.settle()
    shop.advance(DECEMBER)
    give(shop, 100000)
    before = sound(shop)

    void = {**an_event("v", time="2023-11-19T00:00:00Z"), "voids": "a"}
    assert shop.ask("POST", "/sales/usage", {"events": [void]})[0] == 200
    shop.settle()
    shop.advance(JANUARY)

    bill, after = invoices(shop)[0], sound(shop)
    assert (amounts(bill), bill["total"]["minor"], left(shop)) == ([1500, 0, 0, -1500], 0, [96600])
    assert after["revenue"] - before["revenue"] == 1500  # 15.00 of usage that was none
    assert after["deferred_revenue"] - before["deferred_revenue"] == -1500  # what is paid of January


def test_several_subscriptions_on_one_invoice_share_it(shop):
    consolidated(shop)
    order(shop, trial=False)
    order(shop, trial=False, plan="pro")
    give(shop, 9900)

    [foreseen] = shop.ask("GET", "/sales/customers/ada/upcoming")[1]
    shop.advance(DECEMBER)

    bill = invoices(shop)[0]
    assert figures(foreseen)[:3] == figures(bill)[:3]
    assert sorted(a for a in amounts(bill) if a) == [2450, 7450]  # 24.50 and 74.50 of the 99.00
    assert (figures(bill)[0], left(shop)) == (9900, [0])
    shop.now = day(16, 12)
    do(shop, "cancel", when="now", paid="credit")  # of Pro, half paid by credit
    assert amounts(invoices(shop)[0])[0] == -3845  # half of 16 of 31 days of the 149.00
    assert left(shop) == [3845]
    sound(shop)


def test_of_two_invoices_at_once_one_draws_after_the_other(shop):
    """Two legal entities number at the same time: never is one credit taken twice."""
    two_entities(shop)
    give(shop, 3000)
    ada = {"customer": "ada", "plan": "team", "currency": "USD", "trial": False}
    for entity in ("main", "second"):
        assert shop.ask("POST", "/sales/subscriptions", {**ada, "legal_entity": entity})[0] == 201
    drafts = [row["data"]["id"] for row in shop.rows("INVOICE")]
    shown = [shop.ask("GET", f"/sales/invoices/{each}")[1] for each in drafts]
    assert [figures(each)[0] for each in shown] == [2900, 2900]  # whichever comes first
    both = [Changes(own_table(), Context("ten_a", shop.now, "test", "r", n)) for n in "ab"]
    for changes, each in zip(both, drafts, strict=True):
        finalize_invoice(changes, each)
    both[0].commit()

    with pytest.raises(ConflictError):
        both[1].commit()
    shop.settle()
    assert sorted(figures(each)[0] for each in invoices(shop)) == [2900, 5900]
    assert left(shop) == [0]
    sound(shop)


def two_entities(sales):
    main = {
        "key": "main",
        "name": "Acme AG",
        "country": "CH",
        "currency": "USD",
        "tax_rates": {"standard": "8.1"},
        "payment_days": 0,
    }
    data = {
        "name": "Acme",
        "sandbox": True,
        "clock": "clk_a",
        "clock_now": sales.now.isoformat(),
        "legal_entities": [main, {**main, "key": "second", "invoice_prefix": "SEC-"}],
    }
    sales.hear(message("foundation", "TenantChanged.v1", data, subject="tenant/ten_a", sequence=2))
    sales.settle()


def test_who_has_no_credit_costs_no_call_more():
    """The balance was read before there was credit; it still is, in one query of the same price."""
    with Wire().listening() as wire:
        sales = Sales(wire)
        sales.open_tenant()
        sell(sales)
        ada = {"name": "Ada Byron", "email": "ada@example.com", "external_id": "ada"}
        sales.ask("POST", "/sales/customers", ada)
        order(sales, trial=False)
        plain = numbering(wire)
        give(sales, 1000)
        order(sales, trial=False)

    assert (plain.reads, plain.writes) == (5, 23)  # as before there was such a thing
    drawn = numbering(wire)
    assert (drawn.reads - plain.reads, drawn.writes - plain.writes) == (6, 27)


def numbering(wire):
    """What the numbering of all invoices so far was billed."""
    asked = [call.units for call in wire.calls if call.who == "sales.finalize FinalizeInvoice.v1"]
    return sum(asked, Units())

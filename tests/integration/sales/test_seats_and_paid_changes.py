"""Seats given to people, and changes that wait for their money: literal instants and amounts."""

from datetime import UTC, datetime, timedelta
from fractions import Fraction

import pytest

from billing.aws.changes import Changes
from billing.aws.context import Context
from billing.aws.errors import ConflictError
from billing.aws.table import own_table
from billing.core.plan_change import When, Wish
from sales import plan_changes, seats
from tests.builders import a_catalogue
from tests.integration.sales.test_a_month_of_sales import invoices
from tests.integration.sales.test_subscription_life import day, do, now, order, sell, shown
from tests.integration.sales.test_unpaid_and_credited import step
from tests.integration.world import message


@pytest.fixture
def subscribed(sales):
    sell(sales)
    order(sales, trial=False, seats="2")
    sales.pay(invoices(sales)[0]["id"], 6378)
    return sales


def failed(sales, invoice):
    payment = {
        "payment": "pay_2",
        "invoice": invoice["id"],
        "customer": invoice["customer"],
        "amount_minor": invoice["due"]["minor"],
        "currency": "USD",
        "legal_entity": "main",
        "provider": "stripe",
    }
    data = {"payment": payment, "reason": "insufficient_funds", "advice": "new_method"}
    subject = f"invoice/{invoice['id']}"
    sales.hear(message("payments", "PaymentFailed.v1", data, subject=subject, at=sales.now, clock="clk_a"))
    sales.settle()


def held(sales):
    """Payments answers that no attempt is under way."""
    [asked] = sales.said("CollectionHoldRequested.v1")
    data = {"hold": asked["hold"], "invoice": asked["invoice"]}
    subject = f"invoice/{asked['invoice']}"
    sales.hear(message("payments", "CollectionHeld.v1", data, subject=subject, at=sales.now, clock="clk_a"))
    sales.settle()


def test_seats_are_given_to_people_up_to_the_cap_and_taken_back(subscribed):
    assert do(subscribed, "seats/u_1", method="PUT")["person"] == "u_1"
    do(subscribed, "seats/u_1", method="PUT")
    do(subscribed, "seats/u_2", method="PUT")
    assert do(subscribed, "seats/u_3", 422, method="PUT")["code"] == "no_seat_free"
    assert do(subscribed, "change", 422, seats="1")["code"] == "seats_assigned"
    assert do(subscribed, "seats/a@b", 422, method="PUT")["code"] == "invalid_person"

    do(subscribed, "seats/u_1", method="DELETE")
    assert [each["person"] for each in do(subscribed, "seats", method="GET")] == ["u_2"]
    do(subscribed, "change", seats="1", when="period_end")
    refused = do(subscribed, "seats/u_3", 422, method="PUT")
    assert refused["code"] == "no_seat_free"  # that seat will be gone with the next period
    assert [len(subscribed.said(f"Seat{what}.v1")) for what in ("Assigned", "Revoked")] == [2, 1]


def test_a_change_only_if_paid_is_in_force_once_its_invoice_is_paid(subscribed):
    subscribed.now = day(16)
    made = do(subscribed, "change", plan="pro", when="now", only_if_paid=True)
    assert (made["subscription"]["plan"], made["invoice"]["lines"][0]["amount"]["minor"]) == ("team", -2450)
    [waits] = do(subscribed, "scheduled", method="GET")
    assert (waits["what"], waits["plan"], waits["at"]) == ("change_if_paid", "pro", "2023-11-16T23:00:00Z")
    assert do(subscribed, "change", 422, plan="free")["code"] == "awaits_payment"

    bill = invoices(subscribed)[0]
    subscribed.now = day(16) + timedelta(hours=2)
    subscribed.pay(bill["id"], bill["due"]["minor"], payment="pay_2")

    assert (now(subscribed)["plan"], do(subscribed, "scheduled", method="GET")) == ("pro", [])
    subscribed.advance(datetime(2023, 12, 1, tzinfo=UTC))
    assert shown(subscribed)[2][0] == ("Team, monthly", 14900)
    assert (subscribed.ask("GET", "/sales/books")[1]["sound"], subscribed.dead) == (True, [])


@pytest.mark.parametrize("how", ["failed", "23 hours", "taken back"])
def test_a_change_that_is_not_paid_is_dropped_and_its_invoice_annulled(subscribed, how):
    subscribed.now = day(16)
    do(subscribed, "change", plan="pro", when="now", only_if_paid=True)
    bill = invoices(subscribed)[0]

    if how == "failed":
        failed(subscribed, bill)
    elif how == "taken back":
        [waits] = do(subscribed, "scheduled", method="GET")
        do(subscribed, f"scheduled/{waits['change']}", method="DELETE")
    else:
        subscribed.advance(day(16) + timedelta(hours=23))
    held(subscribed)

    assert (now(subscribed)["plan"], do(subscribed, "scheduled", method="GET")) == ("team", [])
    assert invoices(subscribed)[0]["status"] == "void"
    money = subscribed.ask("GET", "/sales/books")[1]["balances"]["USD"]
    assert (money["receivable"], money.get("customer_balance", 0)) == (0, 0)  # nor is 24.50 given back
    subscribed.advance(datetime(2023, 12, 1, tzinfo=UTC))
    assert shown(subscribed)[2][0] == ("Team, monthly", 4900)
    assert (subscribed.ask("GET", "/sales/books")[1]["sound"], subscribed.dead) == (True, [])


def awaiting(sales):
    """The invoice of a change that waits for its payment, and the change."""
    sales.now = day(16)
    do(sales, "change", plan="pro", when="now", only_if_paid=True)
    [waits] = do(sales, "scheduled", method="GET")
    return invoices(sales)[0]["id"], waits["change"]


def test_an_invoice_that_a_change_waits_for_is_not_credited_the_change_is_taken_back(subscribed):
    bill, change = awaiting(subscribed)
    status, answer = subscribed.ask("POST", f"/sales/invoices/{bill}/credit-notes", {"reason": "Sorry"})
    assert (status, answer["code"]) == (422, "awaits_payment")
    assert f"scheduled/{change}" in answer["detail"]

    do(subscribed, f"scheduled/{change}", method="DELETE")
    held(subscribed)
    assert invoices(subscribed)[0]["status"] == "void"


def test_who_gives_up_on_an_invoice_that_a_change_waits_for_gives_up_the_change(subscribed):
    bill, _ = awaiting(subscribed)
    wish = {"reason": "Asked to"}
    assert subscribed.ask("POST", f"/sales/invoices/{bill}/write-off", wish)[0] == 200
    subscribed.settle()
    held(subscribed)

    assert (now(subscribed)["plan"], do(subscribed, "scheduled", method="GET")) == ("team", [])
    assert invoices(subscribed)[0]["status"] == "void"
    subscribed.advance(datetime(2023, 12, 1, tzinfo=UTC))
    assert shown(subscribed)[2][0] == ("Team, monthly", 4900)
    assert (subscribed.ask("GET", "/sales/books")[1]["sound"], subscribed.dead) == (True, [])


def test_a_subscription_that_dunning_ends_leaves_no_invoice_of_a_change_behind(sales):
    sell(sales)
    order(sales, trial=False, seats="2")
    unpaid = invoices(sales)[0]
    awaiting(sales)

    step(sales, unpaid, "cancel_subscription", 4)
    held(sales)

    assert now(sales)["status"] == "ended"
    assert [each["status"] for each in invoices(sales)] == ["void", "open"]
    assert (sales.ask("GET", "/sales/books")[1]["sound"], sales.dead) == (True, [])


def test_of_two_who_want_the_last_seat_one_is_refused(subscribed):
    do(subscribed, "seats/u_1", method="PUT")
    name = subscribed.path.rsplit("/", 1)[1]
    both = [Changes(own_table(), Context("ten_a", subscribed.now, "test", "r", n)) for n in "ab"]
    for changes, person in zip(both, ("u_2", "u_3"), strict=True):
        seats.assign(changes, name, person)
    both[0].commit()

    with pytest.raises(ConflictError):
        both[1].commit()
    assert len(do(subscribed, "seats", method="GET")) == 2


def test_seats_are_not_lowered_while_one_is_given(subscribed):
    do(subscribed, "seats/u_1", method="PUT")
    name = subscribed.path.rsplit("/", 1)[1]
    lower, give = (Changes(own_table(), Context("ten_a", subscribed.now, "test", "r", n)) for n in "ab")
    plan_changes.change(lower, name, None, Wish(Fraction(1), When.PERIOD_END))
    seats.assign(give, name, "u_2")
    give.commit()

    with pytest.raises(ConflictError):
        lower.commit()


def test_a_seat_that_a_change_will_take_once_it_is_paid_is_not_given_out(sales):
    data = a_catalogue()
    seat = {"key": "seat", "name": "Seat", "cadence": {"unit": "month"}, "source": "seats"}
    small, large = ({"USD": {"kind": "per_unit", "unit_amount": each}} for each in ("10.00", "100.00"))
    free, team = data["plans"]
    team = {**team, "prices": [{**seat, "charges": small}]}
    pro = {**team, "key": "pro", "name": "Pro", "rank": 20, "prices": [{**seat, "charges": large}]}
    assert (
        sales.ask("POST", "/sales/catalogue", {"catalogue": {**data, "plans": [free, team, pro]}})[0] == 200
    )
    order(sales, seats="3")
    for person in ("u_1", "u_2"):
        do(sales, f"seats/{person}", method="PUT")
    sales.now = day(16)

    do(sales, "change", plan="pro", seats="2", when="now", only_if_paid=True)

    assert do(sales, "seats/u_3", 422, method="PUT")["code"] == "no_seat_free"

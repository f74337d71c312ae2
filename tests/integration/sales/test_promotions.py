"""Promotions on the real handlers: without a code, quoted as billed, capped, never in the way of an order."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from billing.aws import clients
from billing.aws.changes import Changes
from billing.aws.context import Context
from billing.aws.table import own_table
from billing.core.ids import customer_id
from sales import subscriptions
from sales.orders import Order
from tests.integration.sales.test_catalogue import apply, catalogue

ADA = customer_id("ten_a", "ada")
START = datetime(2023, 11, 1, tzinfo=UTC)
HALF = {"key": "half", "percent": "50", "periods": 2, "prices": ["base"]}
TENTH = {"key": "tenth", "percent": "10", "prices": ["base"]}
CODE = {"key": "code", "percent": "20", "prices": ["base"]}
AUTUMN = {"key": "autumn", "coupon": "half", "since": "2023-11-01T00:00:00Z", "until": "2023-12-01T00:00:00Z"}
ALWAYS = {"key": "always", "coupon": "tenth", "since": "2023-01-01T00:00:00Z", "rank": 5}


def offer(sales, *promotions, half=None, **more):
    """Publish promotions with their coupons; `half` says more of the coupon of most."""
    coupons = [{**HALF, **(half or {})}, TENTH, CODE]
    apply(sales, catalogue(coupons=coupons, promotions=list(promotions), **more))


def customer(sales, name):
    body = {"name": name, "email": f"{name}@example.com", "external_id": name}
    assert sales.ask("POST", "/sales/customers", body)[0] == 201
    return name


def order(sales, who="ada", expect=201, **more):
    body = {"customer": who, "plan": "team", "currency": "USD", **more}
    status, answer = sales.ask("POST", "/sales/subscriptions", body)
    assert status == expect, answer
    sales.settle()
    return answer


def quoted(sales, **more):
    status, answer = sales.ask(
        "POST", "/sales/subscriptions/preview", {"plan": "team", "currency": "USD", **more}
    )
    assert status == 200, answer
    return answer


def given_by(answer):
    """What gave a subscription its coupons."""
    return [(each["coupon"], each["promotion"]) for each in answer["coupons"]]


def invoices(sales, who="ada"):
    return sales.ask("GET", f"/sales/customers/{who}/invoices")[1]["invoices"]


def base(sales, who="ada"):
    """The amounts of the base price on a customer's invoices, the newest first."""
    lines = [line for invoice in invoices(sales, who) for line in invoice["lines"]]
    return [line["amount"]["minor"] for line in lines if line["name"] == "Team, monthly"]


def meanwhile(*acts):
    """Let each of these happen just before one of the next transactions is sent, whole and one by one."""
    waiting, acting = list(acts), []

    def first(**_):
        if waiting and not acting:
            acting.append(True)
            waiting.pop(0)()
            acting.clear()

    clients.client("dynamodb").meta.events.register("before-call.dynamodb.TransactWriteItems", first)


def an_order(who):
    """An order of a customer, decided and not written yet."""
    changes = Changes(own_table(), Context("ten_a", START, "test", "cor", f"cau {who}", "clk_a"))
    subscriptions.start(changes, customer_id("ten_a", who), Order("team", "USD"), key=f"order of {who}")
    return changes


def test_an_order_without_a_code_gets_the_first_promotion_and_its_finance_sees_which(sales):
    offer(sales, ALWAYS, AUTUMN)

    answer = order(sales)

    assert given_by(answer) == [("half", "autumn")]
    assert (answer["coupons"][0]["since"], answer["coupons"][0]["until"]) == (
        "2023-11-01T00:00:00Z",
        "2024-01-01T00:00:00Z",
    )
    assert base(sales) == [2450]
    _, stored = sales.ask("GET", f"/sales/subscriptions/{answer['subscription']}")
    assert stored["coupons"] == answer["coupons"]
    for month in (datetime(2023, 12, 1, tzinfo=UTC), datetime(2024, 1, 1, tzinfo=UTC)):
        sales.advance(month)
    assert base(sales) == [4900, 2450, 2450]
    assert sales.ask("GET", "/sales/books")[1]["sound"]
    assert sales.dead == []


def test_a_code_goes_instead_of_a_promotion(sales):
    offer(sales, AUTUMN)

    assert given_by(order(sales, coupon="code")) == [("code", None)]
    assert base(sales) == [3920]


@pytest.mark.parametrize(
    ("now", "start_at", "found"),
    [
        ((2023, 10, 31, 23, 59), None, "always"),
        ((2023, 11, 1), None, "autumn"),
        ((2023, 11, 30, 23, 59), None, "autumn"),
        ((2023, 12, 1), None, "always"),
        ((2023, 12, 5), "2023-11-20T00:00:00Z", "autumn"),  # dated back: what was offered then
        ((2023, 11, 20), "2023-10-20T00:00:00Z", "always"),
        ((2023, 11, 20), "2024-02-01T00:00:00Z", "autumn"),  # ahead: what is offered at the order
        ((2023, 10, 20), "2023-11-20T00:00:00Z", "always"),
    ],
)
def test_its_dates_count_at_the_order_or_at_a_start_that_lies_back(sales, now, start_at, found):
    offer(sales, ALWAYS, AUTUMN)
    sales.now = datetime(*now, tzinfo=UTC)
    more = {"start_at": start_at} if start_at else {}

    quote = quoted(sales, customer="ada", **more)
    answer = order(sales, **more)

    assert [name for _, name in given_by(answer)] == [found]
    assert quote["subscription"]["coupons"] == answer["coupons"]


def test_what_costs_nothing_gets_nothing(sales):
    offer(sales, AUTUMN, half={"redemptions": 1, "prices": []})

    assert given_by(order(sales, plan="free")) == []
    assert given_by(order(sales)) == [("half", "autumn")]


def test_one_for_new_customers_is_for_a_first_subscription(sales):
    offer(sales, {**AUTUMN, "new_customers_only": True}, ALWAYS)
    assert given_by(quoted(sales)["subscription"]) == [("half", "autumn")]
    assert given_by(quoted(sales, customer="ada")["subscription"]) == [("half", "autumn")]

    first = order(sales)
    assert given_by(first) == [("half", "autumn")]
    assert given_by(order(sales)) == [("tenth", "always")]
    ended = f"/sales/subscriptions/{first['subscription']}/cancel"
    assert sales.ask("POST", ended, {"when": "now"})[0] == 200
    sales.settle()
    assert given_by(quoted(sales, customer="ada")["subscription"]) == [("tenth", "always")]


def test_behind_a_trial_it_begins_with_the_first_period(sales):
    offer(sales, AUTUMN)

    answer = order(sales, trial_ends_at="2023-11-15T00:00:00Z")

    assert (answer["coupons"][0]["since"], answer["coupons"][0]["until"]) == (
        "2023-11-15T00:00:00Z",
        "2024-01-15T00:00:00Z",
    )


def test_withdrawn_it_gives_no_more_and_takes_nothing_back(sales):
    offer(sales, AUTUMN)
    kept = order(sales)
    offer(sales)

    assert given_by(order(sales, customer(sales, "bob"))) == []
    _, stored = sales.ask("GET", f"/sales/subscriptions/{kept['subscription']}")
    assert given_by(stored) == [("half", "autumn")]


@pytest.mark.parametrize(("others", "found"), [([ALWAYS], [("tenth", "always")]), ([], [])])
def test_of_two_who_take_the_last_of_it_at_once_the_second_gets_the_next_or_none(sales, others, found):
    offer(sales, AUTUMN, *others, half={"redemptions": 1})
    customer(sales, "bob")
    meanwhile(lambda: an_order("bob").commit())

    answer = order(sales)

    assert given_by(answer) == found
    [[theirs], *_] = [
        row["data"]["coupons"] for row in sales.rows("SUBSCRIPTION") if row["data"]["customer"] != ADA
    ]
    assert theirs["promotion"] == "autumn"
    assert [row["count"] for row in sales.rows("USES")] == [1]


def test_a_rush_refuses_nobody_and_never_gives_more_than_there_are(sales):
    """Whoever is beaten four times in a row leaves what is left to others."""
    offer(sales, AUTUMN, half={"redemptions": 5})
    others = [customer(sales, f"c{n}") for n in range(4)]
    meanwhile(*(lambda who=who: an_order(who).commit() for who in others))

    assert given_by(order(sales)) == []

    given = {row["data"]["customer"] for row in sales.rows("SUBSCRIPTION") if row["data"]["coupons"]}
    assert given == {customer_id("ten_a", who) for who in others[:4]}
    assert given_by(order(sales)) == [("half", "autumn")]
    assert given_by(order(sales)) == []
    assert [row["count"] for row in sales.rows("USES")] == [5]


def test_nobody_waits_for_another_where_there_is_no_cap(sales):
    offer(sales, AUTUMN)
    customer(sales, "bob")
    units = [an_order("ada"), an_order("bob")]  # both read before either writes
    for unit in units:
        unit.commit()
    assert (sales.rows("USES"), len(sales.rows("USE#"))) == ([], 2)

    # a cap that comes later counts what was redeemed before
    offer(sales, AUTUMN, half={"redemptions": 3})
    assert given_by(order(sales, customer(sales, "eve"))) == [("half", "autumn")]
    assert given_by(order(sales, customer(sales, "joe"))) == []


def test_of_two_first_orders_of_one_new_customer_at_once_one_gets_it(sales):
    offer(sales, {**AUTUMN, "new_customers_only": True})
    meanwhile(lambda: an_order("ada").commit())

    assert given_by(order(sales)) == []
    assert len([row for row in sales.rows("SUBSCRIPTION") if row["data"]["coupons"]]) == 1


def test_the_same_order_asked_again_meets_its_own_answer_and_takes_no_second_one(sales):
    offer(sales, AUTUMN, half={"redemptions": 2})
    body = {"customer": "ada", "plan": "team", "currency": "USD"}

    answers = [sales.ask("POST", "/sales/subscriptions", body, key="once") for _ in range(2)]

    assert answers[0] == answers[1]
    assert [row["count"] for row in sales.rows("USES")] == [1]


PROMOTIONS = st.lists(
    st.builds(
        lambda coupon, day, days, rank, new: {
            "coupon": coupon,
            "since": f"2023-11-{day:02}T00:00:00Z",
            "until": (datetime(2023, 11, day, tzinfo=UTC) + timedelta(days=days)).isoformat(),
            "rank": rank,
            "new_customers_only": new,
        },
        st.sampled_from(["half", "tenth"]),
        st.integers(1, 10),
        st.integers(1, 20),
        st.integers(0, 2),
        st.booleans(),
    ),
    min_size=1,
    max_size=4,
)


@given(
    promotions=PROMOTIONS,
    orders=st.lists(
        st.tuples(st.integers(0, 3), st.integers(-10, 10), st.booleans()), min_size=1, max_size=4
    ),
)
@settings(
    max_examples=6,
    deadline=None,
    phases=[Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_what_is_quoted_is_what_is_billed(sales, promotions, orders):
    """Over customers old and new, promotions that run or not, starts dated back and ahead, and caps."""
    named = [{**each, "key": f"p{n}"} for n, each in enumerate(promotions)]
    sales.now = datetime(2023, 11, 12, tzinfo=UTC)
    offer(sales, *named, half={"redemptions": 3})
    for who, days, trial in orders:
        if sales.ask("GET", f"/sales/customers/c{who}")[0] == 404:
            customer(sales, f"c{who}")
        more = {"start_at": (sales.now + timedelta(days=days)).isoformat()}
        if trial:
            more["trial_ends_at"] = "2023-12-01T00:00:00Z"
        quote = quoted(sales, customer=f"c{who}", **more)
        before = invoices(sales, f"c{who}")
        answer = order(sales, f"c{who}", **more)

        assert quote["subscription"]["coupons"] == answer["coupons"]
        if quote["invoice"]:
            [made] = [each for each in invoices(sales, f"c{who}") if each not in before]
            assert made["total"] == quote["invoice"]["total"]

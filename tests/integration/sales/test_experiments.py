"""Price experiments on the real handlers: quoted as billed, kept for ever, compared from real invoices.

Which customer falls into which arm was worked out apart from the product: Ada, `c0` and the visitor `v1` into
the dearer one, Bob, Eve and the visitor `v4` into the control.
"""

from datetime import UTC, datetime

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from sales import experiments
from tests.integration.sales.test_catalogue import apply, catalogue, plan
from tests.integration.sales.test_promotions import base, customer, invoices, order, quoted

NOVEMBER, DECEMBER = datetime(2023, 11, 1, tzinfo=UTC), datetime(2023, 12, 1, tzinfo=UTC)
DEARER = {"price": "base", "charges": {"USD": {"kind": "flat", "amount": "59.00"}}}
TRIED = {
    "key": "dearer",
    "plan": "team",
    "arms": [{"key": "control"}, {"key": "dearer", "overrides": [DEARER]}],
}
HALF = {"price": "base", "discount_percent": "50"}


@pytest.fixture
def seller(sales):
    apply(sales, catalogue(experiments=[TRIED]))
    for name in ("bob", "eve", "c0"):
        customer(sales, name)
    return sales


def compared(sales, key="dearer"):
    status, answer = sales.ask("GET", f"/sales/experiments/{key}")
    assert status == 200, answer
    return {each["arm"]: each for each in answer["arms"]}


def usd(minor):
    return {"minor": minor, "currency": "USD"}


def end(sales, subscription):
    path = f"/sales/subscriptions/{subscription}/cancel"
    assert sales.ask("POST", path, {"when": "now"})[0] == 200
    sales.settle()


def test_each_customer_is_quoted_and_billed_the_price_of_their_arm(seller):
    for who, cohort, amount in (("ada", "dearer/dearer", 5900), ("bob", "dearer/control", 4900)):
        quote = quoted(seller, customer=who)
        answer = order(seller, who)

        assert (quote["subscription"]["cohort"], answer["cohort"]) == (cohort, cohort)
        assert base(seller, who) == [amount]
        assert quote["invoice"]["total"] == invoices(seller, who)[0]["total"]
        _, stored = seller.ask("GET", f"/sales/subscriptions/{answer['subscription']}")
        assert stored["cohort"] == cohort
    assert [each["state"]["cohort"] for each in seller.said("SubscriptionStarted.v1")] == [
        "dearer/dearer",
        "dearer/control",
    ]
    seller.advance(DECEMBER)
    assert (base(seller), base(seller, "bob")) == ([5900, 5900], [4900, 4900])


def test_the_price_that_a_visitor_saw_is_the_price_that_is_billed(seller):
    """Bob himself would be in the control, Ada in the dearer arm."""
    for visitor, who, amount in (("v1", "bob", 5900), ("v4", "ada", 4900)):
        seen = quoted(seller, visitor=visitor)
        order(seller, who, visitor=visitor)

        assert base(seller, who) == [amount]
        assert seen["invoice"]["total"] == invoices(seller, who)[0]["total"]
    nobody = quoted(seller)
    assert nobody["subscription"]["cohort"] == "dearer/control"
    assert [row for row in seller.rows() if "v1" in str(row.get("visitor", ""))] == []


def test_a_customer_stays_in_the_arm_of_the_first_subscription(seller):
    order(seller, "ada", visitor="v4")

    for more in ({}, {"visitor": "v1"}):
        assert quoted(seller, customer="ada", **more)["subscription"]["cohort"] == "dearer/control"
        assert order(seller, "ada", **more)["cohort"] == "dearer/control"


def test_what_a_customer_agreed_on_wins_over_the_arm(seller):
    path = "/sales/customers/ada/overrides/team"
    own = {"price": "base", "charges": {"USD": {"kind": "flat", "amount": "29.00"}}}
    assert seller.ask("PUT", path, {"overrides": [own]})[0] == 200

    assert order(seller)["cohort"] == "dearer/dearer"
    assert base(seller) == [2900]


@pytest.mark.parametrize(
    ("now", "start_at", "cohort"),
    [
        ((2023, 10, 31, 23, 59, 59), None, None),
        ((2023, 11, 1), None, "dearer/dearer"),
        ((2023, 12, 1), None, None),
        ((2023, 12, 5), "2023-11-20T00:00:00Z", "dearer/dearer"),
        ((2023, 11, 20), "2024-01-01T00:00:00Z", "dearer/dearer"),
    ],
)
def test_who_orders_while_it_runs_takes_part(sales, now, start_at, cohort):
    dates = {"begins_at": "2023-11-01T00:00:00Z", "ends_at": "2023-12-01T00:00:00Z"}
    apply(sales, catalogue(experiments=[{**TRIED, **dates}]))
    sales.now = datetime(*now, tzinfo=UTC)

    assert order(sales, **({"start_at": start_at} if start_at else {}))["cohort"] == cohort


def test_other_things_published_leave_every_arm_as_it_is_and_its_end_leaves_what_is_had(seller):
    kept = order(seller)["subscription"]
    apply(seller, catalogue("52.00", experiments=[TRIED], coupons=[{"key": "tenth", "percent": "10"}]))
    assert quoted(seller, customer="c0")["subscription"]["cohort"] == "dearer/dearer"
    assert quoted(seller, customer="eve")["subscription"]["cohort"] == "dearer/control"

    apply(seller, catalogue("52.00"))
    assert quoted(seller, customer="c0")["subscription"]["cohort"] is None
    seller.advance(DECEMBER)
    assert base(seller) == [5900, 5900]
    assert seller.ask("GET", f"/sales/subscriptions/{kept}")[1]["cohort"] == "dearer/dearer"
    assert compared(seller)["dearer"]["started"] == 1


def test_its_arms_do_not_change_once_it_is_published(seller):
    other = {**TRIED, "arms": [TRIED["arms"][0], {**TRIED["arms"][1], "weight": 3}]}

    refused = plan(seller, catalogue(experiments=[other]), 422)
    assert (refused["code"], refused["errors"][0]["field"]) == ("experiment_immutable", "experiments.dearer")
    apply(seller, catalogue())
    assert plan(seller, catalogue(experiments=[other]), 422)["code"] == "experiment_immutable"
    [added] = plan(seller, catalogue(experiments=[TRIED]))["changes"]
    assert (added["action"], added["detail"]) == ("added", "control 1, dearer 1 of team")


def test_another_plan_leaves_the_cohort_behind(seller):
    started = order(seller)["subscription"]
    path = f"/sales/subscriptions/{started}/change"
    assert seller.ask("POST", path, {"plan": "free", "when": "period_end"})[0] == 200
    seller.advance(DECEMBER)

    assert seller.ask("GET", f"/sales/subscriptions/{started}")[1]["cohort"] is None
    assert base(seller) == [5900]


def test_a_migration_to_a_newer_version_keeps_the_cohort_and_its_terms(seller):
    """As every agreed term; who is to pay the list price is given no overrides any more."""
    ada, bob = (order(seller, who)["subscription"] for who in ("ada", "bob"))
    apply(seller, catalogue("52.00", experiments=[TRIED]))
    status, foreseen = seller.ask("POST", "/sales/migrations/preview", {"plan": "team"})
    assert status == 200
    assert seller.ask("POST", "/sales/migrations", {"plan": "team"})[0] == 202
    seller.settle()
    seller.advance(DECEMBER)

    assert (base(seller), base(seller, "bob")) == ([5900, 5900], [5200, 4900])
    views = [seller.ask("GET", f"/sales/subscriptions/{each}")[1] for each in (ada, bob)]
    assert [(each["plan_version"], each["cohort"]) for each in views] == [
        (2, "dearer/dearer"),
        (2, "dearer/control"),
    ]
    totals = {each["subscription"]: each["migrated"]["total"] for each in foreseen["subscribers"]}
    assert totals == {ada: invoices(seller)[0]["total"], bob: invoices(seller, "bob")[0]["total"]}

    assert seller.ask("PUT", f"/sales/subscriptions/{ada}/overrides", {"overrides": []})[0] == 200
    seller.settle()
    seller.advance(datetime(2024, 1, 1, tzinfo=UTC))
    assert base(seller)[0] == 5200


def test_the_arms_are_compared_from_real_invoices_less_what_was_credited(seller):
    ada, bob = (order(seller, who)["subscription"] for who in ("ada", "bob"))
    order(seller, "eve")
    order(seller, "eve", trial_ends_at="2024-03-01T00:00:00Z")
    seller.advance(DECEMBER)
    order(seller, "eve", plan="free")  # outside
    [_, first] = invoices(seller, "bob")
    credit(seller, first, {first["lines"][0]["id"]: 900})
    end(seller, ada)

    # Ada: 59.00 twice and 10.00 of set-up. Bob and Eve: 49.00 twice and 10.00 each; Bob's goodwill of 9.00.
    control, dearer = compared(seller).values()
    assert (dearer["started"], dearer["active"], dearer["ended"]) == (1, 0, 1)
    assert dearer["billed"] == [{"started": 1, "net": usd(12800), "average": usd(12800)}]
    assert (control["started"], control["active"], control["ended"]) == (3, 3, 0)
    # 207.00 over three, of whom one is in its trial
    assert control["billed"] == [{"started": 3, "net": usd(20700), "average": usd(6900)}]
    assert (control["weight"], control["arm"]) == (1, "control")
    assert bob in str(seller.rows("SUB#cus"))
    assert seller.ask("GET", "/sales/experiments/nothing")[0] == 404


def test_what_was_billed_in_two_currencies_is_not_one_sum(sales):
    data = catalogue(experiments=[TRIED])
    for price in data["plans"][1]["prices"]:
        price["charges"]["CHF"] = price["charges"]["USD"]
    apply(sales, data)
    customer(sales, "bob")
    bob = order(sales, "bob")["subscription"]
    change = f"/sales/subscriptions/{bob}/change"
    assert sales.ask("POST", change, {"currency": "CHF"})[0] == 200
    sales.settle()

    sales.advance(DECEMBER)

    assert compared(sales)["control"]["billed"] == [
        {"started": 0, "net": {"minor": 4900, "currency": "CHF"}, "average": None},
        {"started": 1, "net": usd(5900), "average": usd(5900)},  # with 10.00 to set it up
    ]


def test_a_comparison_comes_in_pages_that_add_up(seller, monkeypatch):
    monkeypatch.setattr(experiments, "PAGE", 2)
    for who in ("ada", "bob", "eve"):
        order(seller, who)

    pages, cursor = [], ""
    while cursor is not None:
        _, answer = seller.ask("GET", f"/sales/experiments/dearer{cursor}")
        pages.append([(e["started"], [b["net"]["minor"] for b in e["billed"]]) for e in answer["arms"]])
        cursor = f"?cursor={answer['next']}" if answer["next"] else None

    assert len(pages) == 2
    for arm, started, net in ((0, 2, 11800), (1, 1, 6900)):
        assert sum(page[arm][0] for page in pages) == started
        assert sum(sum(page[arm][1]) for page in pages) == net
    assert seller.ask("GET", "/sales/experiments/dearer?cursor=x")[0] == 422


@pytest.mark.parametrize("visitor", ["", "v" * 201, 5])
def test_a_visitor_is_a_short_text(seller, visitor):
    body = {"plan": "team", "currency": "USD", "visitor": visitor}
    status, refused = seller.ask("POST", "/sales/subscriptions/preview", body)
    assert (status, refused["errors"][0]["field"]) == (422, "body.visitor")


def credit(sales, invoice, lines):
    """Give some of an invoice back once it is paid."""
    sales.pay(invoice["id"], invoice["total"]["minor"])
    body = {"reason": "goodwill", "lines": lines}
    assert sales.ask("POST", f"/sales/invoices/{invoice['id']}/credit-notes", body)[0] == 202
    sales.settle()


def test_nobody_outside_of_an_experiment_writes_or_says_anything_of_it(sales):
    apply(sales, catalogue(experiments=[{**TRIED, "plan": "team", "begins_at": "2024-06-01T00:00:00Z"}]))

    assert order(sales)["cohort"] is None
    assert sales.rows("SUB#cus") == []
    [started] = sales.said("SubscriptionStarted.v1")
    assert "cohort" not in started["state"]


@given(
    orders=st.lists(
        st.tuples(st.integers(0, 7), st.sampled_from([None, "v1", "v2", "v4"]), st.booleans()),
        min_size=1,
        max_size=4,
    )
)
@settings(
    max_examples=6,
    deadline=None,
    phases=[Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_what_is_quoted_is_what_is_billed_whoever_asks(seller, orders):
    for who, visitor, own in orders:
        name = f"c{who}"
        if seller.ask("GET", f"/sales/customers/{name}")[0] == 404:
            customer(seller, name)
        if own:
            path = f"/sales/customers/{name}/overrides/team"
            assert seller.ask("PUT", path, {"overrides": [HALF]})[0] == 200
        more = {"visitor": visitor} if visitor else {}
        before = invoices(seller, name)
        quote = quoted(seller, customer=name, **more)
        answer = order(seller, name, **more)

        [made] = [each for each in invoices(seller, name) if each not in before]
        assert quote["invoice"]["total"] == made["total"]
        assert quote["subscription"]["cohort"] == answer["cohort"]

"""A subscription rests, goes on and ends: literal instants and amounts."""

from tests.builders import a_catalogue
from tests.integration.sales.test_a_month_of_sales import invoices
from tests.integration.sales.test_subscription_life import (
    DECEMBER,
    JANUARY,
    day,
    do,
    now,
    offer,
    order,
    sell,
    shown,
    use,
)


def test_a_pause_now_gives_back_what_was_paid_ahead_and_a_resume_begins_anew(sales):
    sell(sales)
    order(sales, trial=False)
    sales.now = day(16)
    use(sales, "before", 3_000_000, "2023-11-10T00:00:00Z")

    foreseen = do(sales, "pause/preview")["invoice"]
    paused = do(sales, "pause", when="now", resume_at="2024-01-10T00:00:00Z")

    assert invoices(sales)[0]["lines"] == foreseen["lines"]
    assert (paused["status"], paused["resumes_at"]) == ("paused", "2024-01-10T00:00:00Z")
    assert shown(sales)[1] == [("Team, monthly", -2450), ("Context tokens", 750), ("Generated tokens", 0)]
    assert do(sales, "change", 200, plan="pro")["treatment"] == "next_period"
    ahead = do(sales, "change/preview", plan="pro")["upcoming"]
    listed = do(sales, "scheduled", method="GET")
    assert [(e["what"], e["at"]) for e in listed] == [
        ("change", "2024-01-10T00:00:00Z"),  # with the resume
        ("resume", "2024-01-10T00:00:00Z"),
    ]
    sales.advance(JANUARY)
    assert len(shown(sales)) == 2
    upcoming = do(sales, "upcoming", method="GET")
    sales.advance(day(10, 1, 2024))

    assert shown(sales)[2] == [("Team, monthly", 14900)]  # what waited is in force; no set-up again
    assert invoices(sales)[0]["total"] == upcoming["total"]
    assert invoices(sales)[0]["lines"] == ahead["lines"]
    state = now(sales)
    assert (state["status"], state["plan"], state["period_end"]) == (
        "active",
        "pro",
        "2024-02-10T00:00:00Z",
    )
    assert [sales.said(f"Subscription{e}.v1")[0]["state"]["status"] for e in ("Paused", "Resumed")] == [
        "paused",
        "active",
    ]
    assert (sales.ask("GET", "/sales/books")[1]["sound"], sales.dead) == (True, [])


def test_a_pause_in_a_short_first_period_gives_back_of_what_a_fixed_coupon_left(sales):
    data = {**a_catalogue(), "coupons": [{"key": "six", "fixed": {"USD": "6.00"}, "prices": ["base"]}]}
    assert sales.ask("POST", "/sales/catalogue", {"catalogue": data})[0] == 200
    order(sales, coupon="six", billing_day=5)
    assert shown(sales) == [[("Team, monthly", 32), ("Set-up", 1000)]]  # 4 of 31 days: 6.32, less 6.00

    sales.now = day(3)
    do(sales, "pause", when="now")

    assert shown(sales)[1][0] == ("Team, monthly", -16)  # half of it is left


def test_a_pause_with_the_period_bills_what_was_used_and_keeps_the_coupons_periods(sales):
    data = offer()
    data["plans"][2].pop("trial")
    data["coupons"] = [{"key": "half", "name": "Half", "percent": "50", "periods": 2, "prices": ["base"]}]
    status, answer = sales.ask("POST", "/sales/catalogue", {"catalogue": data})
    assert status == 200, answer
    order(sales, trial=False, coupon="half")
    do(sales, "pause")
    assert do(sales, "cancel", 422)["code"] == "pause_scheduled"
    sales.advance(DECEMBER)
    assert now(sales)["status"] == "paused"
    sales.now = day(5, 12)

    do(sales, "resume")
    sales.advance(day(5, 1, 2024))
    sales.advance(day(5, 2, 2024))

    assert [lines[0] for lines in shown(sales)] == [
        ("Team, monthly", 2450),
        ("Context tokens", 0),
        ("Team, monthly", 2450),  # the second period of the coupon
        ("Team, monthly", 4900),
        ("Team, monthly", 4900),
    ]


def test_a_subscription_ends_now_or_at_a_date_with_or_without_money_back(sales):
    sell(sales)
    order(sales, trial=False)
    sales.now = day(16)
    assert do(sales, "cancel", when="now", paid="credit")["status"] == "ended"
    assert shown(sales)[1][0] == ("Team, monthly", -2450)

    order(sales, trial=False)
    assert do(sales, "cancel", when="now")["status"] == "ended"
    assert len(shown(sales)) == 3  # forfeited, as the plan says; nothing was used

    order(sales, trial=False)
    at = do(sales, "cancel", at="2024-01-01T00:00:00Z")
    assert (at["status"], at["ends_at"]) == ("canceling", "2024-01-01T00:00:00Z")
    sales.advance(day(16, 12))
    assert now(sales)["status"] == "canceling"
    sales.advance(JANUARY)
    assert now(sales)["status"] == "ended"
    assert sales.ask("GET", "/sales/books")[1]["sound"]
    assert sales.dead == []


def test_a_coupon_for_one_period_does_not_act_on_the_period_a_resume_opens(sales):
    data = offer()
    data["plans"][2].pop("trial")
    data["coupons"] = [{"key": "half", "percent": "50", "periods": 1}]
    assert sales.ask("POST", "/sales/catalogue", {"catalogue": data})[0] == 200
    order(sales, plan="pro", coupon="half")
    sales.now = day(16)
    do(sales, "pause", when="now")
    sales.now = day(20)
    do(sales, "resume")

    assert [sum(amount for _, amount in each) for each in shown(sales)] == [7450, -3725, 14900]


def test_who_ends_with_the_period_can_end_at_once_instead(sales):
    sell(sales)
    order(sales, trial=False)
    sales.now = day(16)
    assert do(sales, "cancel")["ends_at"] == "2023-12-01T00:00:00Z"
    assert do(sales, "cancel", at="2023-12-10T00:00:00Z")["ends_at"] == "2023-12-10T00:00:00Z"

    assert do(sales, "cancel", when="now", paid="credit")["status"] == "ended"

    assert shown(sales)[1][0] == ("Team, monthly", -2450)
    assert (sales.ask("GET", "/sales/books")[1]["sound"], sales.dead) == (True, [])


def test_a_contract_with_an_end_takes_seats_and_plans_until_then(sales):
    sell(sales)
    order(sales, trial=False)
    do(sales, "cancel", at="2024-01-16T00:00:00Z")
    sales.now = day(16)

    previewed = do(sales, "change/preview", plan="pro", when="now")["invoice"]
    do(sales, "change", plan="pro", when="now")
    assert invoices(sales)[0]["lines"] == previewed["lines"]
    assert shown(sales)[1][:2] == [("Team, monthly", -2450), ("Team, monthly", 7450)]
    state = now(sales)
    assert (state["plan"], state["status"], state["ends_at"]) == ("pro", "canceling", "2024-01-16T00:00:00Z")

    refused = do(sales, "change", 422, plan="team", at="2024-01-16T00:00:00Z")
    assert (refused["code"], refused["errors"][0]["field"]) == ("ends_by_then", "when")
    do(sales, "change", plan="team", when="period_end")
    sales.advance(DECEMBER)
    assert shown(sales)[2][0] == ("Team, monthly", 4900)  # December
    sales.advance(JANUARY)
    sales.advance(day(16, 1, 2024))

    assert now(sales)["status"] == "ended"
    assert (sales.ask("GET", "/sales/books")[1]["sound"], sales.dead) == (True, [])

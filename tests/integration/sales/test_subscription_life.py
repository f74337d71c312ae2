"""The life of a subscription beside its renewals: trial, pause, dates; literal instants and amounts."""

from datetime import UTC, datetime

import pytest

from tests.builders import a_catalogue
from tests.integration.sales.test_a_month_of_sales import an_event, invoices
from tests.integration.world import message

NOVEMBER, DECEMBER, JANUARY = (datetime(2023, m, 1, tzinfo=UTC) for m in (11, 12, 1))
JANUARY = JANUARY.replace(year=2024)
TRIED = datetime(2023, 11, 15, tzinfo=UTC)


def day(number, month=11, year=2023):
    return datetime(year, month, number, tzinfo=UTC)


def offer(**more):
    """Team and Pro with fourteen days free; no set-up fee asked of Pro."""
    data = a_catalogue()
    free, team = data["plans"]
    team = {**team, "trial": {"length": {"unit": "day", "count": 14}}, **more}
    base = {**team["prices"][0], "charges": {"USD": {"kind": "flat", "amount": "149.00"}}}
    pro = {**team, "key": "pro", "name": "Pro", "rank": 20, "prices": [base, *team["prices"][1:3]]}
    return {**data, "plans": [free, team, {**pro, "trial": None}]}


def sell(sales, **more):
    data = offer(**more)
    data["plans"][2].pop("trial")
    status, answer = sales.ask("POST", "/sales/catalogue", {"catalogue": data})
    assert status == 200, answer


def order(sales, expect=201, **more):
    body = {"customer": "ada", "plan": "team", "currency": "USD", **more}
    status, answer = sales.ask("POST", "/sales/subscriptions", body)
    assert status == expect, answer
    sales.settle()
    sales.path = f"/sales/subscriptions/{answer.get('subscription')}"
    return answer


def do(sales, what, expect=200, method="POST", **body):
    status, answer = sales.ask(method, f"{sales.path}/{what}", body or None)
    assert status == expect, answer
    sales.settle()
    return answer


def now(sales):
    return sales.ask("GET", sales.path)[1]


def shown(sales):
    """Every invoice, oldest first: the day it is of, and its lines."""
    found = reversed(invoices(sales))
    return [[(line["name"], line["amount"]["minor"]) for line in each["lines"]] for each in found]


def save_method(sales):
    customer = sales.ask("GET", "/sales/customers/ada")[1]["id"]
    data = {"customer": customer, "method": "pm_1", "rail": "card", "label": "Visa ending in 4242"}
    subject = f"customer/{customer}"
    sales.hear(message("payments", "PaymentMethodSaved.v1", data, subject=subject, at=sales.now))
    sales.settle()


def use(sales, name, tokens, time):
    event = an_event(name, context=tokens, time=time)
    assert sales.ask("POST", "/sales/usage", {"events": [event]})[0] == 200
    sales.settle()


def test_a_trial_is_free_told_of_before_its_end_and_converts_at_the_very_instant(sales):
    sell(sales)
    wish = {"plan": "team", "currency": "USD"}
    quoted = sales.ask("POST", "/sales/subscriptions/preview", wish)[1]
    assert (quoted["invoice"], quoted["first_invoice"]["total"]["minor"]) == (None, 6378)
    begun = order(sales)
    assert (begun["status"], begun["trial_ends_at"]) == ("trialing", "2023-11-15T00:00:00Z")
    assert shown(sales) == []
    save_method(sales)
    sales.now = day(10)
    use(sales, "in the trial", 5_000_000, "2023-11-09T12:00:00Z")
    upcoming = do(sales, "upcoming", method="GET")

    sales.advance(day(12))
    [told] = sales.said("SubscriptionTrialEnding.v1")
    assert (told["ends_at"], told["outcome"], told["amount_minor"]) == (
        "2023-11-15T00:00:00Z",
        "charge",
        6378,
    )
    sales.advance(TRIED)

    assert shown(sales) == [[("Team, monthly", 4900), ("Set-up", 1000)]]
    assert invoices(sales)[0]["total"] == upcoming["total"]
    state = now(sales)
    assert (state["status"], state["period_start"], state["period_end"]) == (
        "active",
        "2023-11-15T00:00:00Z",
        "2023-12-15T00:00:00Z",
    )
    sales.now = day(20)
    use(sales, "paid", 3_000_000, "2023-11-20T00:00:00Z")
    sales.advance(day(15, 12))
    assert shown(sales)[1] == [("Team, monthly", 4900), ("Context tokens", 600), ("Generated tokens", 0)]
    assert len(sales.said("SubscriptionTrialEnding.v1")) == 1
    assert (sales.ask("GET", "/sales/books")[1]["sound"], sales.dead) == (True, [])


def test_an_outage_over_the_end_of_a_trial_leaves_the_same_behind(sales):
    sell(sales)
    order(sales)
    sales.advance(day(20))
    sales.advance(day(20))  # what the first sweep made due, the next one finds

    assert [each["outcome"] for each in sales.said("SubscriptionTrialEnding.v1")] == ["invoice"]
    assert now(sales)["period_start"] == "2023-11-15T00:00:00Z"
    [first] = invoices(sales)
    assert (first["issued_at"], first["total"]["minor"]) == ("2023-11-15T00:00:00Z", 6378)
    sales.advance(day(15, 12))
    assert len(invoices(sales)) == 2


@pytest.mark.parametrize(
    ("without", "status", "plan", "outcome"),
    [
        ("invoice", "active", "team", "invoice"),
        ("cancel", "ended", "team", "cancel"),
        ("pause", "paused", "team", "pause"),
        ("free_plan", "active", "free", "free_plan"),
    ],
)
def test_without_a_payment_method_a_trial_ends_as_the_plan_says(sales, without, status, plan, outcome):
    trial = {"length": {"unit": "day", "count": 14}, "without_method": without}
    sell(sales, trial={**trial, **({"fallback_plan": "free"} if without == "free_plan" else {})})
    order(sales)

    sales.advance(day(12))
    sales.advance(TRIED)

    [told] = sales.said("SubscriptionTrialEnding.v1")
    assert (told["outcome"], told["amount_minor"]) == (outcome, 6378 if without == "invoice" else 0)
    state = now(sales)
    assert (state["status"], state["plan"], len(shown(sales))) == (status, plan, int(without == "invoice"))
    assert sales.dead == []


def test_a_trial_ends_on_its_free_plan_though_that_is_sold_no_more_under_the_customers_own_terms(sales):
    trial = {"length": {"unit": "day", "count": 14}, "without_method": "free_plan", "fallback_plan": "lite"}
    data = offer(trial=trial)
    data["plans"][2].pop("trial")
    lite = {**data["plans"][2], "key": "lite", "name": "Lite", "rank": 5}
    assert (
        sales.ask("POST", "/sales/catalogue", {"catalogue": {**data, "plans": [*data["plans"], lite]}})[0]
        == 200
    )
    own = {"overrides": [{"price": "base", "charges": {"USD": {"kind": "flat", "amount": "1.00"}}}]}
    assert sales.ask("PUT", "/sales/customers/ada/overrides/lite", own)[0] == 200
    order(sales)
    sell(sales)  # without Lite

    sales.advance(TRIED)
    sales.advance(TRIED)

    assert (now(sales)["plan"], shown(sales), sales.dead) == ("lite", [[("Team, monthly", 100)]], [])


def test_a_trial_can_be_extended_skipped_and_cancelled(sales):
    sell(sales)
    order(sales, trial_ends_at="2023-11-08T00:00:00Z")
    sales.advance(day(5))
    assert do(sales, "trial", ends_at="2023-11-20T00:00:00Z")["trial_ends_at"] == "2023-11-20T00:00:00Z"
    assert do(sales, "trial", 422, ends_at="2023-11-19T00:00:00Z")["code"] == "not_an_extension"
    sales.advance(day(17))
    assert len(sales.said("SubscriptionTrialEnding.v1")) == 2
    assert do(sales, "cancel")["ends_at"] == "2023-11-20T00:00:00Z"
    assert do(sales, "uncancel")["status"] == "trialing"
    do(sales, "cancel")
    sales.advance(day(20))
    assert (now(sales)["status"], shown(sales)) == ("ended", [])

    assert order(sales, trial=False)["status"] == "active"
    assert do(sales, "resume/preview", 422)["code"] == "transition_not_allowed"
    assert shown(sales) == [[("Team, monthly", 4900), ("Set-up", 1000)]]


def test_a_start_in_the_future_is_neither_billed_nor_begun_before(sales):
    sell(sales)
    assert order(sales, trial=False, start_at="2023-12-01T00:00:00Z")["status"] == "scheduled"
    sales.advance(day(20))
    assert (shown(sales), sales.said("SubscriptionStarted.v1")) == ([], [])
    assert "it is scheduled; allowed: cancel, change, redeem" in do(sales, "pause", 422)["detail"]

    sales.advance(DECEMBER)

    assert (now(sales)["status"], shown(sales)) == ("active", [[("Team, monthly", 4900), ("Set-up", 1000)]])
    order(sales, start_at="2024-02-01T00:00:00Z")
    assert do(sales, "cancel")["status"] == "ended"
    sales.advance(day(15, 2, 2024))
    assert len(sales.said("SubscriptionStarted.v1")) == 1


def test_a_start_dated_back_bills_each_missed_period_once_with_todays_date(sales):
    sell(sales)
    sales.now = day(10, 1, 2024)
    wish = {"plan": "team", "currency": "USD", "trial": False, "start_at": "2023-11-01T00:00:00Z"}
    quoted = sales.ask("POST", "/sales/subscriptions/preview", {**wish, "customer": "ada"})[1]
    order(sales, **wish)

    made = list(reversed(invoices(sales)))
    assert [each["lines"][0]["period_start"] for each in made] == [
        "2023-11-01T00:00:00Z",
        "2023-12-01T00:00:00Z",
        "2024-01-01T00:00:00Z",
    ]
    assert {each["issued_at"] for each in made} == {"2024-01-10T00:00:00Z"}
    foreseen = [quoted["invoice"], *quoted["missed"]]
    assert [each["total"] for each in foreseen] == [each["total"] for each in made]
    assert now(sales)["period_end"] == "2024-02-01T00:00:00Z"
    refused = order(sales, 422, start_at="2022-11-01T00:00:00Z")
    assert refused["code"] == "start_out_of_range"


def test_a_change_at_a_date_is_listed_and_settled_as_its_preview_said(sales):
    sell(sales)
    order(sales, trial=False)

    waiting = do(sales, "change", plan="pro", at="2023-11-16T00:00:00Z")
    assert (waiting["invoice"], waiting["subscription"]["plan"]) == (None, "team")
    do(sales, "change", seats="3", at="2024-01-05T00:00:00Z")
    listed = do(sales, "scheduled", method="GET")
    assert [(e["at"], e["plan"], e["seats"]) for e in listed] == [
        ("2023-11-16T00:00:00Z", "pro", None),
        ("2024-01-05T00:00:00Z", None, "3"),
    ]
    upcoming = do(sales, "upcoming", method="GET")
    assert do(sales, f"scheduled/{listed[1]['change']}", method="DELETE")["plan"] == "team"
    assert do(sales, "scheduled/chg_x", 404, method="DELETE")["code"] == "change_not_found"
    sales.advance(day(16))

    assert shown(sales)[1][:2] == [("Team, monthly", -2450), ("Team, monthly", 7450)]
    assert invoices(sales)[0]["total"] == upcoming["total"]
    assert (now(sales)["plan"], do(sales, "scheduled", method="GET")) == ("pro", [])
    assert sales.ask("GET", "/sales/books")[1]["sound"]

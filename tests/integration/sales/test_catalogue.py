"""The catalogue as code: a plan shows what an apply publishes, and whom it leaves on which version."""

from tests.builders import a_catalogue
from tests.integration.sales.test_a_month_of_sales import an_event, subscribe


def catalogue(amount="49.00", *, plans=("free", "team"), **more):
    data = a_catalogue()
    data["plans"][1]["prices"][0]["charges"]["USD"]["amount"] = amount
    return {**data, "plans": [plan for plan in data["plans"] if plan["key"] in plans], **more}


def plan(sales, data, status=200):
    found, body = sales.ask("POST", "/sales/catalogue/plan", {"catalogue": data})
    assert found == status, body
    return body


def apply(sales, data, status=200, **more):
    found, body = sales.ask("POST", "/sales/catalogue", {"catalogue": data, **more})
    assert found == status, body
    sales.settle()
    return body


def subscribers(sales, of="team"):
    return sales.ask("GET", f"/sales/plans/{of}/subscribers")[1]


def another(sales, external, wanted="team"):
    body = {"name": external, "email": f"{external}@example.com", "external_id": external}
    assert sales.ask("POST", "/sales/customers", body)[0] == 201
    order = {"customer": external, "plan": wanted, "currency": "USD"}
    status, answer = sales.ask("POST", "/sales/subscriptions", order)
    assert status == 201, answer
    sales.settle()
    return answer["subscription"]


def test_a_plan_shows_each_field_and_who_keeps_which_version(sales):
    subscribe(sales)
    apply(sales, catalogue("59.00"))
    another(sales, "bob")
    another(sales, "eve")

    shown = plan(sales, catalogue("69.00"))

    [change] = shown["changes"]
    assert (change["action"], change["key"], change["from_version"], change["version"]) == (
        "changed",
        "team",
        2,
        3,
    )
    assert change["fields"] == [{"field": "prices.base.charges.USD.amount", "old": "59.00", "new": "69.00"}]
    assert change["subscribers"] == {"1": 1, "2": 2}
    assert shown["plans"] == {"free": 1, "team": 3}
    assert plan(sales, catalogue("59.00"))["changes"] == []


def test_apply_publishes_exactly_what_plan_showed_or_nothing(sales):
    shown = plan(sales, catalogue("59.00"))

    refused = apply(sales, catalogue("58.00"), 409, plan=shown["hash"])
    assert (refused["code"], refused["errors"][0]["field"]) == ("catalogue_moved", "plan")

    made = apply(sales, catalogue("59.00"), plan=shown["hash"])
    assert (made["changes"], made["plans"]) == (
        [{**change, "subscribers": {}} for change in shown["changes"]],
        shown["plans"],
    )

    again = plan(sales, catalogue("69.00"))
    apply(sales, catalogue("59.00", features=[*a_catalogue()["features"], {"key": "x", "name": "X"}]))
    assert apply(sales, catalogue("69.00"), 409, plan=again["hash"])["code"] == "catalogue_moved"
    assert plan(sales, catalogue("59.00"))["plans"]["team"] == 2


def test_a_plan_that_the_file_no_longer_names_is_withdrawn_and_its_subscribers_keep_it(sales):
    one = subscribe(sales)
    without = catalogue(plans=("free",))

    [change] = plan(sales, without)["changes"]
    assert (change["action"], change["key"], change["subscribers"]) == ("removed", "team", {"1": 1})
    apply(sales, without)

    assert plan(sales, without)["changes"] == []  # it is done, not pending for ever
    order = {"customer": "ada", "plan": "team", "currency": "USD"}
    assert sales.ask("POST", "/sales/subscriptions", order)[1]["code"] == "unknown_plan"
    assert sales.ask("GET", f"/sales/subscriptions/{one}")[1]["plan_version"] == 1
    assert subscribers(sales) == {"plan": "team", "latest": 1, "on_sale": False, "subscribers": {"1": 1}}
    [said] = sales.said("PlanWithdrawn.v1")
    assert said == {"plan": "team", "plan_version": 1}


def test_a_withdrawn_plan_comes_back_as_the_version_it_was_or_as_the_next(sales):
    apply(sales, catalogue(plans=("free",)))
    assert apply(sales, catalogue())["plans"]["team"] == 1
    apply(sales, catalogue(plans=("free",)))
    assert apply(sales, catalogue("59.00"))["plans"]["team"] == 2

    of_team = [e for e in sales.events if e["subject"] == "plan/team"]
    assert [(e["type"].split(".")[0], e["data"]["plan_version"], e["sequence"]) for e in of_team] == [
        ("PlanPublished", 1, 1),
        ("PlanWithdrawn", 1, 2),
        ("PlanPublished", 1, 3),
        ("PlanWithdrawn", 1, 4),
        ("PlanPublished", 2, 5),
    ]


def test_a_withdrawn_meter_goes_on_counting_and_a_withdrawn_coupon_is_given_no_more(sales):
    tenth = {"key": "tenth", "percent": "10"}
    apply(sales, catalogue(coupons=[tenth]))
    one = subscribe(sales)
    apply(sales, {"features": a_catalogue()["features"], "plans": a_catalogue()["plans"][:1]})

    status, refused = sales.ask("POST", f"/sales/subscriptions/{one}/coupons", {"coupon": "tenth"})
    assert (status, refused["code"]) == (422, "coupon_withdrawn")
    event = an_event("late", context=2_000_000, time="2023-11-01T00:00:00Z")
    assert sales.ask("POST", "/sales/usage", {"events": [event]})[0] == 200
    sales.settle()
    upcoming = sales.ask("GET", f"/sales/subscriptions/{one}/upcoming")[1]
    amounts = {line["name"]: line["amount"]["minor"] for line in upcoming["lines"]}
    assert amounts["Context tokens"] == 300


def test_the_list_of_subscribers_follows_a_change_and_an_end(sales):
    one = subscribe(sales)
    other = another(sales, "bob")
    path = "/sales/plans/team/versions/1/subscribers"
    listed = sales.ask("GET", path)[1]["subscribers"]
    assert sorted(item["subscription"] for item in listed) == sorted([one, other])

    sales.ask("POST", f"/sales/subscriptions/{one}/change", {"plan": "free", "when": "now"})
    sales.settle()

    assert [i["subscription"] for i in sales.ask("GET", path)[1]["subscribers"]] == [other]
    assert subscribers(sales, "free")["subscribers"] == {"1": 1}
    sales.ask("POST", f"/sales/subscriptions/{one}/cancel")
    sales.settle()
    assert subscribers(sales, "free")["subscribers"] == {"1": 1}  # until it ends
    period_end = sales.ask("GET", f"/sales/subscriptions/{one}")[1]["period_end"]
    sales.advance(type(sales.now).fromisoformat(period_end))
    assert subscribers(sales, "free")["subscribers"] == {}
    assert sales.ask("GET", "/sales/plans/gold/subscribers")[0] == 404


def test_another_tenant_sees_nobody(sales):
    subscribe(sales)
    sales.open_tenant("ten_b")
    status, body = sales.ask("GET", "/sales/plans/team/versions/1/subscribers", tenant="ten_b")
    assert (status, body["subscribers"]) == (200, [])
    assert sales.ask("GET", "/sales/plans/team/subscribers", tenant="ten_b")[0] == 404

"""Add-ons and bundles from the order to the books: literal dates and amounts."""

from datetime import UTC, datetime

import pytest

from tests.integration.sales.test_a_month_of_sales import an_event, invoices
from tests.integration.sales.test_plan_changes import change, shown, with_pro
from tests.unit.core.test_add_ons import with_add_ons

SIXTEENTH, DECEMBER = datetime(2023, 11, 16, tzinfo=UTC), datetime(2023, 12, 1, tzinfo=UTC)
JANUARY, FEBRUARY = datetime(2024, 1, 1, tzinfo=UTC), datetime(2024, 2, 1, tzinfo=UTC)


def catalogue():
    """Team and Pro, and beside them storage, support, scans and a seal; a bundle of Team with two of them."""
    storage, *others = with_add_ons()["add_ons"]
    cheaper = {"price": "base", "charges": {"USD": {"kind": "flat", "amount": "39.00"}}}
    plus = {
        "key": "team_plus",
        "name": "Team Plus",
        "plan": "team",
        "add_ons": [{"key": "storage", "quantity": 2}, {"key": "support"}],
        "overrides": [cheaper, {"price": "support.fee", "discount_percent": "50"}],
    }
    return {**with_pro(), "add_ons": [storage, *others], "bundles": [plus]}


def order(sales, expect=201, **body):
    status, answer = sales.ask("POST", "/sales/subscriptions", {"customer": "ada", "currency": "USD", **body})
    assert status == expect, answer
    sales.settle()
    return answer


def has(answer):
    return {each["add_on"]: each["quantity"] for each in answer["add_ons"]}


@pytest.fixture
def seller(sales):
    assert sales.ask("POST", "/sales/catalogue", {"catalogue": catalogue()})[0] == 200
    sales.settle()
    return sales


@pytest.fixture
def customer(seller):
    seller.subscription = order(seller, plan="team", add_ons=[{"add_on": "storage", "quantity": 2}])[
        "subscription"
    ]
    return seller


def test_an_order_with_add_ons_costs_what_its_quote_said_and_is_told(seller):
    wanted = {"plan": "team", "currency": "USD", "add_ons": [{"add_on": "storage", "quantity": 2}]}
    quoted = seller.ask("POST", "/sales/subscriptions/preview", wanted)[1]
    made = order(seller, plan="team", add_ons=wanted["add_ons"])

    [first] = invoices(seller)
    assert shown(first) == [
        ("Team, monthly", None, 4900),
        ("Set-up", None, 1000),
        ("Storage", None, 1200),
    ]
    assert shown(first) == shown(quoted["invoice"])
    assert (has(made), has(quoted["subscription"])) == ({"storage": 2}, {"storage": 2})
    [said] = seller.said("SubscriptionStarted.v1")
    assert said["state"]["add_ons"] == [{"add_on": "storage", "add_on_version": 1, "quantity": 2}]
    published = {each["add_on"]: each for each in seller.said("AddOnPublished.v1")}
    assert published["storage"]["entitlements"][0]["limit"] == "500000"
    assert published["scans"]["plans"] == ["team"]


def test_one_more_in_the_middle_of_the_month_is_previewed_billed_and_renewed(customer):
    customer.now = SIXTEENTH
    wish = {"add_ons": [{"add_on": "storage", "quantity": 3}, {"add_on": "support", "quantity": 1}]}
    preview = change(customer, path="change/preview", **wish)
    change(customer, **wish)

    settled, _ = invoices(customer)
    assert shown(settled) == [
        ("Storage", "credit", -600),  # half of two at 6.00
        ("Storage", "charge", 900),
        ("Support", "charge", 1500),
        ("Introduction", None, 1500),
    ]
    assert settled["lines"] == preview["invoice"]["lines"]
    upcoming = customer.ask("GET", f"/sales/subscriptions/{customer.subscription}/upcoming")[1]
    customer.advance(DECEMBER)
    december, *_ = invoices(customer)
    assert shown(december)[:3] == [
        ("Team, monthly", None, 4900),
        ("Storage", None, 1800),
        ("Support", None, 3000),
    ]
    assert december["lines"] == upcoming["lines"]
    assert customer.ask("GET", "/sales/books")[1]["sound"]
    assert customer.dead == []


def test_usage_of_an_add_on_is_rated_beside_that_of_the_plan_and_corrected_when_late(customer):
    customer.now = SIXTEENTH
    change(customer, add_ons=[{"add_on": "support"}, {"add_on": "scans"}])
    early = an_event("a", context=500_000, time="2023-11-10T00:00:00Z")
    event = an_event("b", context=1_000_000, time="2023-11-20T00:00:00Z")
    customer.now = datetime(2023, 11, 20, 1, tzinfo=UTC)
    customer.ask("POST", "/sales/usage", {"events": [early, event]})
    customer.settle()
    customer.advance(DECEMBER)
    december, *_ = invoices(customer)
    # scans since the 16th: a million less half of what is free; the plan's own: 1.5 million less a million
    assert [line for line in shown(december) if "token" in line[0].lower()] == [
        ("Context tokens", None, 150),
        ("Generated tokens", None, 0),
        ("Scanned tokens", None, 950),
    ]
    late = an_event("c", context=1_000_000, time="2023-11-30T00:00:00Z")
    customer.ask("POST", "/sales/usage", {"events": [late]})
    customer.settle()
    change(customer, add_ons=[{"add_on": "scans", "quantity": 0}], when="now")  # its terms are found again
    customer.advance(JANUARY)
    january, *_ = invoices(customer)
    corrections = [(line["name"], line["amount"]["minor"]) for line in january["lines"] if line["reason"]]
    assert sorted(corrections) == [("Context tokens", 300), ("Scanned tokens", 1000)]
    assert customer.dead == []


def test_fewer_wait_for_the_month_to_end_are_listed_and_can_be_taken_back(customer):
    path = f"/sales/subscriptions/{customer.subscription}"
    waiting = change(customer, add_ons=[{"add_on": "storage", "quantity": 1}])
    assert (waiting["treatment"], has(waiting["subscription"])) == ("next_period", {"storage": 2})
    [listed] = customer.ask("GET", f"{path}/scheduled")[1]
    assert (listed["at"], has(listed)) == ("2023-12-01T00:00:00Z", {"storage": 1})
    assert customer.ask("DELETE", f"{path}/scheduled/{listed['change']}")[0] == 200
    customer.settle()

    change(customer, add_ons=[{"add_on": "storage", "quantity": 0}])
    customer.advance(DECEMBER)
    december, *_ = invoices(customer)
    assert [name for name, _, _ in shown(december)] == ["Team, monthly", "Context tokens", "Generated tokens"]
    assert has(customer.ask("GET", path)[1]) == {}


def test_at_a_date_it_is_settled_as_if_asked_then(customer):
    asked = change(customer, add_ons=[{"add_on": "storage", "quantity": 4}], at="2023-11-16T00:00:00Z")
    assert asked["invoice"] is None
    customer.advance(SIXTEENTH)

    settled, _ = invoices(customer)
    assert shown(settled) == [("Storage", "credit", -600), ("Storage", "charge", 1200)]


def test_a_year_paid_ahead_comes_and_goes_with_a_month(customer):
    change(customer, add_ons=[{"add_on": "seal"}], when="period_end")
    customer.advance(DECEMBER)
    december, *_ = invoices(customer)
    assert ("Seal, a year", "charge", 33600) in shown(december)  # 336 of 366 days, to 1 November
    change(customer, add_ons=[{"add_on": "seal", "quantity": 0}])
    customer.advance(JANUARY)
    january, *_ = invoices(customer)
    assert ("Seal, a year", "credit", -30500) in shown(january)  # 305 days
    assert customer.ask("GET", "/sales/books")[1]["sound"]


def test_a_plan_that_cannot_have_an_add_on_is_refused_or_it_is_given_up(customer):
    customer.now = SIXTEENTH
    refused = change(customer, 422, plan="pro")
    assert (refused["code"], refused["errors"][0]["field"]) == ("add_on_not_for_plan", "body.add_ons")
    assert "not for pro: give it up with it" in refused["detail"]

    made = change(customer, plan="pro", give_up_unfitting=True)
    assert (made["subscription"]["plan"], has(made["subscription"])) == ("pro", {})
    assert ("Storage", "credit", -600) in shown(made["invoice"])


def test_an_add_on_that_goes_with_both_plans_is_not_touched_by_a_change_of_plan(customer):
    change(customer, add_ons=[{"add_on": "support"}, {"add_on": "storage", "quantity": 0}], when="now")
    customer.now = SIXTEENTH
    made = change(customer, plan="pro")
    assert [name for name, _, _ in shown(made["invoice"]) if name == "Support"] == []
    assert has(made["subscription"]) == {"support": 1}


def test_a_bundle_is_a_plan_with_add_ons_under_terms_of_its_own(seller):
    made = order(seller, bundle="team_plus", add_ons=[{"add_on": "storage", "quantity": 3}])

    assert (made["plan"], made["bundle"], has(made)) == ("team", "team_plus@1", {"storage": 3, "support": 1})
    [first] = invoices(seller)
    assert shown(first) == [
        ("Team, monthly", None, 3900),
        ("Set-up", None, 1000),
        ("Storage", None, 1800),
        ("Support", None, 1500),
        ("Introduction", None, 1500),
    ]
    seller.advance(DECEMBER)
    december, *_ = invoices(seller)
    assert shown(december)[:3] == [
        ("Team, monthly", None, 3900),
        ("Storage", None, 1800),
        ("Support", None, 1500),
    ]


def test_who_has_an_add_on_keeps_its_version_who_takes_it_gets_the_new_one(customer):
    dearer = catalogue()
    dearer["add_ons"][0]["prices"][0]["charges"]["USD"]["unit_amount"] = "8.00"
    assert customer.ask("POST", "/sales/catalogue", {"catalogue": dearer})[0] == 200
    customer.settle()

    more = change(customer, add_ons=[{"add_on": "storage", "quantity": 3}])
    assert more["subscription"]["add_ons"][0]["add_on_version"] == 1
    new = order(customer, plan="team", add_ons=[{"add_on": "storage", "quantity": 1}])
    assert new["add_ons"][0]["add_on_version"] == 2
    withdrawn = {**dearer, "add_ons": dearer["add_ons"][1:], "bundles": []}
    assert customer.ask("POST", "/sales/catalogue", {"catalogue": withdrawn})[0] == 200
    customer.settle()
    assert order(customer, 404, plan="team", add_ons=[{"add_on": "storage"}])["code"] == "unknown_add_on"
    customer.advance(DECEMBER)
    storage = [
        amount for each in invoices(customer)[:2] for name, _, amount in shown(each) if name == "Storage"
    ]
    assert sorted(storage) == [800, 1800]


def test_an_add_on_only_if_paid_is_had_once_its_invoice_is_paid(customer):
    [first] = invoices(customer)
    customer.pay(first["id"], first["due"]["minor"])
    customer.now = SIXTEENTH
    asked = change(customer, add_ons=[{"add_on": "storage", "quantity": 4}], when="now", only_if_paid=True)
    path = f"/sales/subscriptions/{customer.subscription}"
    assert has(customer.ask("GET", path)[1]) == {"storage": 2}
    [waits] = customer.ask("GET", f"{path}/scheduled")[1]
    assert has(waits) == {"storage": 4}

    customer.pay(asked["invoice"]["id"], 649, payment="pay_2")  # half of two more at 6.00, and 8.1 %
    assert has(customer.ask("GET", path)[1]) == {"storage": 4}
    customer.advance(DECEMBER)
    assert ("Storage", None, 2400) in shown(invoices(customer)[0])
    assert customer.dead == []


def test_a_trial_grants_an_add_on_and_its_end_asks_for_it(seller):
    data = catalogue()
    data["plans"][1]["trial"] = {"length": {"unit": "day", "count": 14}}
    assert seller.ask("POST", "/sales/catalogue", {"catalogue": data})[0] == 200
    made = order(seller, plan="team", add_ons=[{"add_on": "support"}])
    assert (has(made), made["status"]) == ({"support": 1}, "trialing")
    assert invoices(seller) == []
    seller.subscription = made["subscription"]
    change(seller, add_ons=[{"add_on": "storage", "quantity": 2}])
    for day in (12, 15):  # the reminder, the end
        seller.advance(SIXTEENTH.replace(day=day))
    [first] = invoices(seller)
    assert [line for line in shown(first) if line[0] in {"Storage", "Support", "Introduction"}] == [
        ("Support", None, 3000),
        ("Introduction", None, 1500),
        ("Storage", None, 1200),
    ]


def test_a_coupon_can_be_for_an_add_on_alone(customer):
    data = catalogue()
    data["coupons"] = [{"key": "half", "name": "Half", "percent": "50", "prices": ["storage.space"]}]
    assert customer.ask("POST", "/sales/catalogue", {"catalogue": data})[0] == 200
    path = f"/sales/subscriptions/{customer.subscription}/coupons"
    assert customer.ask("POST", path, {"coupon": "half"})[0] == 200
    customer.settle()
    customer.advance(DECEMBER)
    assert shown(invoices(customer)[0])[:2] == [("Team, monthly", None, 4900), ("Storage", None, 600)]


def test_what_is_asked_for_wrongly_says_why(customer):
    twice = [{"add_on": "storage"}, {"add_on": "storage", "quantity": 2}]
    assert change(customer, 422, add_ons=twice)["code"] == "duplicate_key"
    assert change(customer, 404, add_ons=[{"add_on": "gold"}])["code"] == "unknown_add_on"
    assert change(customer, 422, add_ons=[{"add_on": "support", "quantity": 0}])["code"] == "add_on_not_had"
    assert (
        change(customer, 422, add_ons=[{"add_on": "storage", "quantity": 11}])["code"] == "too_many_of_add_on"
    )
    assert change(customer, 422, add_ons=[{"add_on": "scans"}])["code"] == "add_on_required"
    assert order(customer, 422, plan="team", bundle="team_plus")["code"] == "plan_or_bundle"
    assert order(customer, 422, plan="free", add_ons=[{"add_on": "seal"}])["code"] == "add_on_not_for_plan"
    none = order(customer, 422, plan="team", add_ons=[{"add_on": "storage", "quantity": 0}])
    assert none["errors"][0]["field"] == "body.add_ons[0].quantity"


def test_a_quota_that_an_add_on_brings_is_rolled_up(seller):
    data = catalogue()
    data["features"].append({"key": "writing", "name": "Writing"})
    writing = {"feature": "writing", "kind": "quota", "meter": "generated_tokens", "limit": "100"}
    data["add_ons"][1]["entitlements"] = [writing]
    assert seller.ask("POST", "/sales/catalogue", {"catalogue": data})[0] == 200
    order(seller, plan="team", add_ons=[{"add_on": "support"}])
    seller.now = datetime(2023, 11, 2, tzinfo=UTC)
    event = an_event("a", generated=70, time="2023-11-01T12:00:00Z")
    seller.ask("POST", "/sales/usage", {"events": [event]})
    seller.settle()

    *_, told = seller.said("UsageRolledUp.v1")
    assert told["used"]["generated_tokens"] == "70"


def test_a_migration_leaves_those_alone_whose_add_on_the_new_plan_cannot_have(customer):
    wish = {"plan": "team", "into": "pro", "versions": [1]}
    [seen] = customer.ask("POST", "/sales/migrations/preview", wish)[1]["subscribers"]
    assert (seen["subscription"], seen["skipped"]) == (customer.subscription, "add_on_not_for_plan")

    change(customer, add_ons=[{"add_on": "storage", "quantity": 0}], when="now")
    [seen] = customer.ask("POST", "/sales/migrations/preview", wish)[1]["subscribers"]
    assert seen["skipped"] is None


def test_an_add_on_comes_to_a_free_plan_at_its_date(sales):
    fee = {"key": "fee", "name": "Help", "cadence": {"unit": "month"}}
    help_ = {
        "key": "help",
        "name": "Help",
        "prices": [{**fee, "charges": {"USD": {"kind": "flat", "amount": "9.00"}}}],
    }
    assert sales.ask("POST", "/sales/catalogue", {"catalogue": {**with_pro(), "add_ons": [help_]}})[0] == 200
    sales.subscription = order(sales, plan="free")["subscription"]
    assert change(sales, add_ons=[{"add_on": "help"}], at="2023-11-16T00:00:00Z")["treatment"] == "prorate"

    sales.advance(SIXTEENTH)

    assert shown(invoices(sales)[0]) == [("Help", "charge", 450)]
    assert sales.dead == []


def test_an_add_on_goes_to_its_newest_version_where_that_is_asked_for(customer):
    data = catalogue()
    dearer = {"USD": {"kind": "per_unit", "unit_amount": "8.00"}}
    storage, *others = data["add_ons"]
    newer = {**storage, "prices": [{**storage["prices"][0], "charges": dearer}]}
    assert (
        customer.ask("POST", "/sales/catalogue", {"catalogue": {**data, "add_ons": [newer, *others]}})[0]
        == 200
    )
    customer.now = SIXTEENTH
    kept = change(customer, path="change/preview", add_ons=[{"add_on": "storage", "quantity": 3}])
    assert kept["subscription"]["add_ons"][0]["add_on_version"] == 1

    wish = {"add_ons": [{"add_on": "storage", "quantity": 2, "newest": True}], "when": "now"}
    preview = change(customer, path="change/preview", **wish)
    change(customer, **wish)

    # half a month of two at 6.00 is given back, at 8.00 it is asked
    assert shown(invoices(customer)[0]) == [("Storage", "credit", -600), ("Storage", "charge", 800)]
    assert invoices(customer)[0]["lines"] == preview["invoice"]["lines"]
    state = customer.ask("GET", f"/sales/subscriptions/{customer.subscription}")[1]
    assert state["add_ons"] == [{"add_on": "storage", "add_on_version": 2, "quantity": 2}]
    customer.advance(DECEMBER)
    assert ("Storage", None, 1600) in shown(invoices(customer)[0])

"""Several changes at one instant of a test clock, which stands still between them: literal amounts."""

from tests.builders import a_catalogue
from tests.integration.sales.test_a_month_of_sales import an_event, invoices
from tests.integration.sales.test_add_ons import catalogue, has
from tests.integration.sales.test_plan_changes import shown
from tests.integration.sales.test_subscription_life import day, do, now, order, use

MONTH = {"unit": "month"}


def publish(sales, data):
    status, answer = sales.ask("POST", "/sales/catalogue", {"catalogue": data})
    assert status == 200, answer
    sales.settle()


def sound(sales):
    return (sales.ask("GET", "/sales/books")[1]["sound"], sales.dead) == (True, [])


def test_an_add_on_comes_goes_and_comes_again(sales):
    publish(sales, catalogue())
    order(sales)
    sales.now = day(16)
    for quantity in (1, 0, 1):
        do(sales, "change", add_ons=[{"add_on": "storage", "quantity": quantity}], when="now")

    third, second, first, _ = invoices(sales)
    assert (shown(first), shown(third)) == ([("Storage", "charge", 300)], [("Storage", "charge", 300)])
    assert shown(second) == [("Storage", "credit", -300)]
    assert (has(now(sales)), sound(sales)) == ({"storage": 1}, True)


def test_an_upgrade_is_taken_back_and_made_again(sales):
    publish(sales, catalogue())
    order(sales)
    sales.now = day(16)
    for plan in ("pro", "team", "pro"):
        do(sales, "change", plan=plan, when="now")

    changes = [sum(line["amount"]["minor"] for line in each["lines"]) for each in invoices(sales)[:-1]]
    assert sorted(changes) == [-5000, 5000, 5000]
    assert (now(sales)["plan"], sound(sales)) == ("pro", True)


def test_usage_of_two_add_ons_is_billed_and_corrected_where_both_are_given_up(sales):
    charge = {"USD": {"kind": "per_unit", "unit_amount": "0.00001"}}
    usage = {"cadence": MONTH, "timing": "arrears", "meter": "context_tokens", "charges": charge}
    one = {"key": "one", "name": "One", "prices": [{"key": "use", "name": "Use of one", **usage}]}
    two = {"key": "two", "name": "Two", "prices": [{"key": "use", "name": "Use of two", **usage}]}
    publish(sales, {**a_catalogue(), "add_ons": [one, two]})
    order(sales, add_ons=[{"add_on": "one"}, {"add_on": "two"}])
    sales.now = day(16)
    use(sales, "a", 1_000_000, "2023-11-10T00:00:00Z")
    for key in ("one", "two"):
        do(sales, "change", add_ons=[{"add_on": key, "quantity": 0}], when="now")

    given_up = [shown(each) for each in invoices(sales)[:2]]
    assert sorted(given_up) == [[("Use of one", None, 1000)], [("Use of two", None, 1000)]]
    use(sales, "late", 500_000, "2023-11-15T00:00:00Z")
    sales.advance(day(1, 12))
    late = [line["name"] for line in invoices(sales)[0]["lines"] if line["reason"] == "late_usage"]
    assert (sorted(late), sound(sales)) == (["Use of one", "Use of two"], True)


def test_an_upgrade_at_the_end_of_a_month_closes_the_usage_of_its_quarter(sales):
    data = a_catalogue()
    free, team = data["plans"]
    team["prices"][1]["cadence"] = {"unit": "quarter"}
    publish(sales, {**data, "plans": [free, team, {**team, "key": "pro", "name": "Pro", "rank": 20}]})
    order(sales)
    sales.now = day(20)
    event = an_event("a", context=3_000_000, generated=1_000_000, time="2023-11-19T00:00:00Z")
    sales.ask("POST", "/sales/usage", {"events": [event]})
    sales.settle()
    sales.advance(day(1, 12))
    do(sales, "change", plan="pro", when="now")

    closed, december = invoices(sales)[:2]
    assert shown(december) == [("Team, monthly", None, 4900), ("Generated tokens", None, 1500)]
    # three million less 30 of 92 days' share of one million, at 0.000003
    assert shown(closed) == [("Context tokens", None, 802)]
    assert sound(sales)

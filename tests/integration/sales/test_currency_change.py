"""A subscription goes on in another currency: literal dates and amounts, by hand."""

from datetime import UTC, datetime

import pytest

from tests.builders import a_catalogue, tiers
from tests.integration.sales.test_a_month_of_sales import invoices
from tests.integration.sales.test_subscription_life import DECEMBER, JANUARY, day, do, now, order, use

FEBRUARY = datetime(2024, 2, 1, tzinfo=UTC)


def flat(usd, chf=None):
    charges = {"USD": {"kind": "flat", "amount": usd}}
    return charges | ({"CHF": {"kind": "flat", "amount": chf}} if chf else {})


def in_two_currencies():
    """Team: 49 dollars or 45 francs a month, support by the year, tokens behind. Solo in dollars only."""
    data = a_catalogue()
    team = data["plans"][1]
    base, context, _, setup = team["prices"]
    usage = {"USD": tiers((None, "0.000003")), "CHF": tiers((None, "0.0000025"))}
    tokens = {**context, "charges": usage}
    year = {"unit": "year"}
    support = {"key": "support", "name": "Support", "cadence": year, "charges": flat("120.00", "108.00")}
    monthly = {**base, "charges": flat("49.00", "45.00")}
    once = {**setup, "charges": flat("10.00", "9.00")}
    pro = {**team, "key": "pro", "name": "Pro", "rank": 20}
    solo = {**team, "key": "solo", "name": "Solo", "rank": 5, "prices": [base]}
    team["prices"] = [monthly, support, tokens, once]
    pro["prices"] = [{**base, "name": "Pro, monthly", "charges": flat("149.00", "139.00")}, tokens]
    storage = {"key": "storage", "name": "Storage", "plans": ["solo"]}
    storage["prices"] = [{**base, "key": "space", "name": "Space", "charges": flat("7.00")}]
    coupons = [
        {"key": "tenth", "name": "A tenth", "percent": "10"},
        {"key": "dollars", "name": "Five dollars", "fixed": {"USD": "5"}},
        {"key": "both", "name": "Five dollars, four francs", "fixed": {"USD": "5", "CHF": "4"}},
    ]
    return {**data, "plans": [data["plans"][0], team, pro, solo], "add_ons": [storage], "coupons": coupons}


@pytest.fixture
def sold(sales):
    status, answer = sales.ask("POST", "/sales/catalogue", {"catalogue": in_two_currencies()})
    assert status == 200, answer
    return sales


def shown(invoice):
    lines = [(line["name"], line["amount"]["minor"]) for line in invoice["lines"] if line["amount"]["minor"]]
    return invoice["total"]["currency"], lines


def made(sales, behind=0):
    """Every invoice behind the first ones, oldest first."""
    return [shown(each) for each in reversed(invoices(sales))][behind:]


def sound(sales):
    return (sales.ask("GET", "/sales/books")[1]["sound"], sales.dead) == (True, [])


TURN = [
    ("USD", [("Support", -11016), ("Context tokens", 900)]),  # 336 of 366 days of 120.00
    ("CHF", [("Team, monthly", 4500), ("Support", 9915)]),  # and of 108.00
]


def test_what_closes_is_billed_in_the_old_currency_and_what_opens_in_the_new_one(sold):
    order(sold)
    sold.now = day(17)
    use(sold, "november", 4_000_000, "2023-11-16T12:00:00Z")

    foreseen = do(sold, "change/preview", currency="CHF")["upcoming"]
    changed = do(sold, "change", currency="CHF")
    assert (changed["treatment"], changed["invoice"]) == ("next_period", None)
    state = changed["subscription"]
    assert (state["currency"], state["pending_currency"], state["pending_plan"]) == ("USD", "CHF", "team")
    [listed] = do(sold, "scheduled", method="GET")
    assert (listed["at"], listed["currency"], listed["plan"]) == ("2023-12-01T00:00:00Z", "CHF", None)
    upcoming = do(sold, "upcoming", method="GET")
    assert upcoming == foreseen
    sold.advance(DECEMBER)

    assert made(sold, 1) == TURN
    francs, dollars, _ = invoices(sold)
    # 9.00 - 110.16 = -101.16, less 8.19 of tax; 144.15 and 11.68 of tax
    assert (dollars["total"]["minor"], francs["total"]["minor"]) == (-10935, 15583)
    assert (upcoming["total"], upcoming["lines"]) == (dollars["total"], dollars["lines"])
    assert upcoming["also"]["lines"] == francs["lines"]
    assert {dollars["number"], francs["number"]} == {"INV-000002", "INV-000003"}
    said = sold.said("SubscriptionChanged.v1")[-1]["state"]
    assert (said["currency"], said.get("pending_currency")) == ("CHF", None)
    listed = {row["pk"].partition("#")[2]: row for row in sold.rows("SUB#")}
    assert {row["currency"] for row in listed.values()} == {"CHF"}  # among its customer's, and the plan's
    [mark] = sold.rows("BILLED#2023-12")
    assert (mark["invoice"], mark["left"]) == (francs["id"], dollars["id"])

    sold.now = day(6, 12)
    use(sold, "december", 3_000_000, "2023-12-05T00:00:00Z")
    sold.advance(JANUARY)
    assert made(sold, 3) == [("CHF", [("Team, monthly", 4500), ("Context tokens", 500)])]
    [balance] = sold.rows("BALANCE#")
    assert (balance["sk"], balance["minor"]) == ("BALANCE#USD", 10935)  # it stays what it is
    assert sound(sold)


def test_an_outage_over_the_change_leaves_the_same_behind(sold):
    order(sold)
    sold.now = day(17)
    use(sold, "november", 4_000_000, "2023-11-16T12:00:00Z")
    do(sold, "change", currency="CHF", at="2023-12-01T00:00:00Z")

    sold.advance(day(20, 12))
    sold.advance(day(20, 12))

    assert made(sold, 1) == TURN
    assert now(sold)["period_end"] == "2024-01-01T00:00:00Z"


def test_a_change_of_plan_and_one_of_currency_for_one_instant_are_one(sold):
    order(sold)
    do(sold, "change", currency="CHF")
    do(sold, "change", plan="pro", when="period_end")
    [both] = do(sold, "scheduled", method="GET")
    assert (both["plan"], both["currency"]) == ("pro", "CHF")

    sold.advance(DECEMBER)

    assert made(sold, 1) == [
        ("USD", [("Support", -11016)]),
        ("CHF", [("Pro, monthly", 13900)]),
    ]
    assert sound(sold)


def test_an_upgrade_at_once_leaves_the_currency_that_waits(sold):
    order(sold)
    do(sold, "change", currency="CHF")
    sold.now = day(16)

    do(sold, "change", plan="pro", when="now")

    [waits] = do(sold, "scheduled", method="GET")
    assert (waits["currency"], waits["plan"]) == ("CHF", None)
    sold.advance(DECEMBER)
    assert [currency for currency, _ in made(sold, 1)] == ["USD", "USD", "CHF"]
    assert made(sold)[-1] == ("CHF", [("Pro, monthly", 13900)])


def test_usage_that_comes_late_is_corrected_in_the_currency_it_was_billed_in(sold):
    order(sold)
    sold.now = day(17)
    use(sold, "november", 4_000_000, "2023-11-16T12:00:00Z")
    sold.advance(DECEMBER)
    do(sold, "change", currency="CHF")
    sold.now = day(20, 12)
    use(sold, "december", 2_000_000, "2023-12-19T12:00:00Z")
    use(sold, "late november", 1_000_000, "2023-11-29T12:00:00Z")
    sold.advance(JANUARY)
    turn = made(sold, 2)
    # a million of December beyond what is free, and one more of November; 305 of 366 days of support
    assert turn[0] == ("USD", [("Support", -10000), ("Context tokens", 300), ("Context tokens", 300)])
    assert turn[1] == ("CHF", [("Team, monthly", 4500), ("Support", 9000)])

    sold.now = day(3, 1, 2024)
    use(sold, "late december", 5_000_000, "2023-12-31T12:00:00Z")
    use(sold, "later november", 7_000_000, "2023-11-30T12:00:00Z")
    sold.advance(FEBRUARY)
    assert made(sold, 4) == [("CHF", [("Team, monthly", 4500)])]
    sold.advance(day(6, 2, 2024))

    correction = invoices(sold)[0]
    assert shown(correction) == ("USD", [("Context tokens", 2100), ("Context tokens", 1500)])
    assert {line["reason"] for line in correction["lines"]} == {"late_usage"}
    sold.advance(day(1, 3, 2024))
    assert made(sold, 6) == [("CHF", [("Team, monthly", 4500)])]
    assert [row for row in sold.rows("RATED#") if "work" in row] == []
    assert sound(sold)


def test_behind_a_plan_without_usage_what_came_late_before_it_is_billed_too(sold):
    order(sold)
    sold.now = day(16)
    do(sold, "change", plan="solo", when="now")
    do(sold, "cancel")
    sold.advance(DECEMBER)
    before = len(invoices(sold))
    sold.now = day(10, 12)
    use(sold, "late", 2_000_000, "2023-11-15T12:00:00Z")

    sold.advance(day(6, 1, 2024))

    # half of the month, so half a million of it is free
    assert made(sold, before) == [("USD", [("Context tokens", 450)])]


def test_before_anything_is_billed_it_is_at_once_or_with_the_first_invoice(sold):
    order(sold, trial_ends_at="2023-11-15T00:00:00Z")
    at_once = do(sold, "change", currency="CHF", when="now")
    assert (at_once["treatment"], at_once["subscription"]["currency"]) == ("none", "CHF")
    do(sold, "change", currency="USD", plan="pro", when="period_end")
    upcoming = do(sold, "upcoming", method="GET")
    sold.advance(day(12))
    [told] = sold.said("SubscriptionTrialEnding.v1")
    assert (told["amount_minor"], told["currency"], told["state"]["currency"]) == (16107, "USD", "CHF")
    sold.advance(day(15))
    assert made(sold) == [("USD", [("Pro, monthly", 14900)])]
    assert (upcoming["total"]["minor"], upcoming["also"]) == (16107, None)

    order(sold, start_at="2023-12-01T00:00:00Z")
    do(sold, "change", currency="CHF")
    sold.advance(DECEMBER)
    assert made(sold, 1) == [("CHF", [("Team, monthly", 4500), ("Support", 10800), ("Set-up", 900)])]


def test_in_a_pause_it_waits_for_the_resume(sold):
    order(sold, plan="pro")
    sold.now = day(16)
    use(sold, "in time", 1_500_000, "2023-11-15T12:00:00Z")
    do(sold, "pause", when="now")
    assert made(sold, 1) == [("USD", [("Pro, monthly", -7450), ("Context tokens", 300)])]
    refused = do(sold, "change", 422, currency="CHF", at="2023-12-01T00:00:00Z")
    assert (refused["code"], refused["errors"][0]["field"]) == ("currency_at_period_end", "at")
    assert do(sold, "change", currency="CHF", when="now")["treatment"] == "next_period"
    sold.now = day(20)
    use(sold, "late", 1_000_000, "2023-11-14T12:00:00Z")
    foreseen = do(sold, "resume/preview")["invoice"]

    do(sold, "resume")

    assert made(sold, 2) == [
        ("USD", [("Context tokens", 300)]),
        ("CHF", [("Pro, monthly", 13900)]),
    ]
    francs, dollars, *_ = invoices(sold)
    assert (foreseen["lines"], foreseen["also"]["lines"]) == (dollars["lines"], francs["lines"])
    sold.now = day(22)
    use(sold, "later", 1_000_000, "2023-11-14T13:00:00Z")
    sold.advance(day(22, 12))
    assert sorted(made(sold, 4)) == [
        ("CHF", [("Pro, monthly", 13900)]),
        ("USD", [("Context tokens", 300)]),
    ]
    assert sound(sold)


def test_of_several_on_one_invoice_each_currency_has_one(sold):
    ada = {"name": "Ada Byron", "email": "ada@example.com", "external_id": "ada", "consolidate": True}
    sold.ask("PUT", "/sales/customers/ada", ada)
    for currency in ("USD", "CHF"):
        order(sold, plan="pro", currency=currency)
    for _ in range(2):
        order(sold, plan="team")
        do(sold, "change", currency="CHF")

    sold.advance(DECEMBER)

    francs, dollars = sorted((currency, sorted(lines)) for currency, lines in made(sold, 4))
    teams = [("Support", 9915)] * 2 + [("Team, monthly", 4500)] * 2
    assert dollars == ("USD", [("Pro, monthly", 14900), *[("Support", -11016)] * 2])
    assert francs == ("CHF", [("Pro, monthly", 13900), *teams])
    assert sound(sold)


@pytest.mark.parametrize(
    ("coupon", "stopping", "dollars", "francs", "january"),
    [
        # a tenth less was paid for support: 108.00 dollars, 97.20 francs
        ("tenth", [], [-9915, 810], [4050, 8923], 4050),
        # five dollars less were, so 115.00; the last five are of tokens
        ("dollars", ["dollars"], [-10557, 400], [4500, 9915], 4500),
        # once at the change: four francs of the month; 104.00 a year for support, as 115.00 were given back
        ("both", [], [-10557, 900], [4100, 9548], 4100),
    ],
)
def test_a_coupon_goes_on_where_it_has_an_amount(sold, coupon, stopping, dollars, francs, january):
    order(sold, coupon=coupon)
    sold.now = day(17)
    use(sold, "november", 4_000_000, "2023-11-16T12:00:00Z")
    assert do(sold, "change", currency="CHF")["coupons_stopping"] == stopping

    sold.advance(DECEMBER)
    sold.advance(JANUARY)

    turn = [(currency, [minor for _, minor in lines]) for currency, lines in made(sold, 1)]
    assert turn == [("USD", dollars), ("CHF", francs), ("CHF", [january])]


def test_dropped_it_leaves_no_trace(sold):
    order(sold)
    [before] = [row["data"] for row in sold.rows("SUBSCRIPTION")]
    upcoming = do(sold, "upcoming", method="GET")
    do(sold, "change", currency="CHF", plan="pro", when="period_end")
    [waits] = do(sold, "scheduled", method="GET")

    do(sold, f"scheduled/{waits['change']}", method="DELETE")

    assert [row["data"] for row in sold.rows("SUBSCRIPTION")] == [before]
    assert do(sold, "upcoming", method="GET") == upcoming
    do(sold, "change", currency="CHF")
    assert do(sold, "change", method="DELETE")["pending_currency"] is None
    sold.advance(DECEMBER)
    assert made(sold, 1) == [("USD", [("Team, monthly", 4900)])]


def test_what_cannot_be_is_refused_with_the_remedy(sold):
    order(sold)
    within, by_date = "currency_at_period_end", {"currency": "CHF", "at": "2023-11-20T00:00:00Z"}
    for asked, code, field, remedy in [
        ({"currency": "CHF", "when": "now"}, within, "when", "name period_end"),
        (by_date, within, "at", "2023-12-01T00:00:00Z"),
        ({"currency": "CHF", "only_if_paid": True}, within, "body.only_if_paid", "leave"),
        ({"currency": "EUR"}, "currency_not_offered", "currency", "USD, CHF"),
        ({"currency": "CHF", "plan": "solo"}, "currency_not_offered", "currency", "sold in USD"),
        ({"currency": "francs"}, "invalid", "body.currency", ""),
        ({"currency": "USD"}, "nothing_to_change", "body.currency", "it is billed in USD"),
    ]:
        refused = do(sold, "change", 422, **asked)
        assert (refused["code"], refused["errors"][0]["field"]) == (code, field)
        assert remedy in refused["detail"]
    do(sold, "change", currency="CHF")
    assert do(sold, "change", 422, plan="solo", when="period_end")["code"] == "currency_not_offered"
    assert do(sold, "change", 422, plan="solo", when="now")["code"] == "currency_not_offered"


def test_overrides_without_an_amount_in_it_are_put_first(sold):
    order(sold)
    dollars = {"price": "base", "charges": flat("39.00")}
    do(sold, "overrides", method="PUT", overrides=[dollars])
    refused = do(sold, "change", 422, currency="CHF")
    assert (refused["code"], refused["errors"][0]["field"]) == ("currency_not_offered", "currency")
    assert "put the overrides with an amount in CHF first" in refused["detail"]

    do(sold, "overrides", method="PUT", overrides=[{**dollars, "charges": flat("39.00", "36.00")}])
    do(sold, "change", currency="CHF")
    assert do(sold, "overrides", 422, method="PUT", overrides=[dollars])["code"] == "currency_not_offered"
    sold.advance(DECEMBER)
    assert made(sold, 1)[1] == ("CHF", [("Team, monthly", 3600), ("Support", 9915)])

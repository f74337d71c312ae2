"""Offers beyond tiers on the real handlers: capped coupons, the calendar, the invoice as previewed."""

from datetime import UTC, datetime

import pytest

from billing.aws.changes import Changes
from billing.aws.context import Context
from billing.aws.errors import ConflictError
from billing.aws.table import own_table
from sales import subscriptions
from tests.builders import a_catalogue
from tests.integration.sales.test_a_month_of_sales import an_event, invoices

START, DECEMBER = datetime(2023, 11, 16, tzinfo=UTC), datetime(2023, 12, 1, tzinfo=UTC)


def usage_price(key, charge, **settings):
    return {
        "key": key,
        "name": key,
        "cadence": {"unit": "month"},
        "timing": "arrears",
        "meter": "context_tokens",
        "charges": {"USD": charge},
        **settings,
    }


def offers():
    data = a_catalogue()
    base = {
        "key": "base",
        "name": "base",
        "cadence": {"unit": "month"},
        "charges": {"USD": {"kind": "flat", "amount": "30.00"}},
    }
    by_model = {
        "kind": "matrix",
        "dimensions": ["model"],
        "cells": [{"values": ["*"], "unit_amount": "0.01"}, {"values": ["large"], "unit_amount": "0.03"}],
    }
    plan = {
        "key": "every",
        "name": "Every way",
        "anchoring": "calendar",
        "change": {"basis": "day"},
        "prices": [
            base,
            usage_price("models", by_model),
            usage_price("fee", {"kind": "percentage", "rate_percent": "1", "fixed_amount": "0.05"}),
            usage_price("packs", {"kind": "package", "size": "250", "amount": "1.00"}, maximum={"USD": "2"}),
            usage_price("floor", {"kind": "per_unit", "unit_amount": "0"}, minimum={"USD": "10"}),
        ],
    }
    coupons = [
        {"key": "welcome", "percent": "50", "periods": 1, "redemptions": 1},
        {"key": "ten", "percent": "10"},
    ]
    return {**data, "plans": [*data["plans"], plan], "coupons": coupons}


def subscribe(sales, expect=201, **more):
    body = {"customer": "ada", "plan": "every", "currency": "USD", **more}
    status, answer = sales.ask("POST", "/sales/subscriptions", body)
    assert status == expect, answer
    sales.settle()
    return answer


def amounts(invoice):
    return {line["name"]: line["amount"]["minor"] for line in invoice["lines"]}


@pytest.fixture
def offered(sales):
    assert sales.ask("POST", "/sales/catalogue", {"catalogue": offers()})[0] == 200
    sales.settle()
    sales.now = START
    return sales


def test_half_a_month_of_the_calendar_with_a_coupon_and_then_as_previewed(offered):
    started = subscribe(offered, coupon="welcome")
    assert (started["period_start"], started["period_end"]) == (
        "2023-11-16T00:00:00Z",
        "2023-12-01T00:00:00Z",
    )
    [first] = invoices(offered)
    [line] = first["lines"]
    assert (line["amount"]["minor"], line["discounts"]) == (
        750,  # 15 of 30 days, and half of that
        [{"coupon": "welcome", "credit": None, "amount": {"minor": 750, "currency": "USD"}}],
    )

    events = [an_event(f"e{n}", context=400, time="2023-11-20T00:00:00Z") for n in range(2)]
    events[1]["data"]["model"] = "large"
    offered.now = datetime(2023, 11, 20, 1, tzinfo=UTC)
    assert offered.ask("POST", "/sales/usage", {"events": events})[0] == 200
    offered.settle()
    _, preview = offered.ask("GET", f"/sales/subscriptions/{started['subscription']}/upcoming")

    offered.advance(DECEMBER)

    second, _ = invoices(offered)
    assert amounts(second) == {
        "base": 3000,
        "models": 1600,  # 400 at 0.01 and 400 at 0.03
        "fee": 810,  # 1 % of 800 and twice 0.05
        "packs": 100,  # four packs, cut to the maximum of half a month
        "floor": 500,  # the minimum of half a month
    }
    assert (preview["lines"], preview["total"]) == (second["lines"], second["total"])


@pytest.mark.parametrize("order", [{}, {"coupon": "ten"}, {"coupon": "welcome", "billing_day": 20}])
def test_a_quote_for_somebody_new_is_the_invoice_that_follows(offered, order):
    wanted = {"plan": "every", "currency": "USD", **order}

    status, quoted = offered.ask("POST", "/sales/subscriptions/preview", wanted)
    assert (status, invoices(offered)) == (200, [])

    subscribe(offered, **order)
    [made] = invoices(offered)
    priced = [{**line, "id": None} for line in quoted["invoice"]["lines"]]
    assert priced == [{**line, "id": None} for line in made["lines"]]
    assert quoted["invoice"]["total"] == made["total"]


def test_a_coupon_is_redeemed_as_often_as_its_cap_says(offered):
    subscribe(offered, coupon="welcome")

    refused = subscribe(offered, 422, coupon="welcome")

    assert (refused["code"], len(invoices(offered))) == ("coupon_used_up", 1)
    unknown = subscribe(offered, 404, coupon="nothing")
    assert unknown["code"] == "coupon_not_found"


def test_of_two_who_redeem_the_last_coupon_at_once_one_is_refused(offered):
    body = {"customer": "ada", "plan": "every", "currency": "USD"}
    two = [offered.ask("POST", "/sales/subscriptions", body)[1]["subscription"] for _ in range(2)]
    context = Context("ten_a", START, "test", "cor", "cau", "clk_a")
    units = [Changes(own_table(), context) for _ in two]
    for unit, subscription in zip(units, two, strict=True):  # both read before either writes
        subscriptions.redeem(unit, subscription, "welcome")

    units[0].commit()

    with pytest.raises(ConflictError, match="coupon welcome"):
        units[1].commit()


def test_a_coupon_may_come_later_and_acts_from_the_next_period(offered):
    started = subscribe(offered, billing_day=20)
    assert started["period_end"] == "2023-11-20T00:00:00Z"
    path = f"/sales/subscriptions/{started['subscription']}/coupons"

    assert offered.ask("POST", path, {"coupon": "ten"})[0] == 200
    offered.settle()
    offered.advance(datetime(2023, 11, 20, tzinfo=UTC))

    second, first = invoices(offered)
    assert (amounts(first)["base"], amounts(second)["base"]) == (387, 2700)  # 4 of 31 days; a tenth off


def test_an_offer_that_cannot_be_priced_is_refused_whole(offered):
    data = offers()
    data["coupons"][0]["plans"] = ["free"]

    status, refused = offered.ask("POST", "/sales/catalogue", {"catalogue": data})

    assert (status, refused["code"]) == (422, "coupon_never_applies")


def test_a_quote_in_a_zone_that_does_not_exist_is_refused(offered):
    wanted = {"plan": "every", "currency": "USD", "zone": "Mars/Olympus"}

    status, refused = offered.ask("POST", "/sales/subscriptions/preview", wanted)

    assert (status, refused["code"]) == (422, "unknown_zone")

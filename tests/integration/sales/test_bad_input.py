"""What callers get wrong: a clear answer, nothing written, nothing of another tenant shown."""

import pytest

ADA = {"name": "Ada Byron", "email": "ada@example.com"}


def answer(world, *args, **more):
    status, body = world.ask(*args, **more)
    return status, body.get("code")


def test_a_write_without_a_key_is_refused(sales):
    assert answer(sales, "POST", "/sales/customers", ADA, headers={"idempotency-key": ""}) == (
        400,
        "idempotency_key_required",
    )


def test_the_same_key_gives_the_same_answer_and_one_customer(sales):
    first = sales.ask("POST", "/sales/customers", ADA, key="k1")
    again = sales.ask("POST", "/sales/customers", ADA, key="k1")

    assert first[0] == 201
    assert again == first
    assert len(sales.rows("CUSTOMER")) == 2  # the fixture's and this one


def test_the_same_key_with_another_body_is_an_error(sales):
    sales.ask("POST", "/sales/customers", ADA, key="k1")

    other = {**ADA, "name": "Other"}
    assert answer(sales, "POST", "/sales/customers", other, key="k1") == (422, "idempotency_key_reused")


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        ('{"name": ', "json_invalid"),
        ('{"name": "A", "name": "B", "email": "a@example.com"}', "json_invalid"),
        ('{"name": NaN}', "json_invalid"),
        ("[" * 100_000, "json_invalid"),
        ('{"name": "Ada \\ud800", "email": "ada@example.com"}', "json_invalid"),
    ],
)
def test_what_is_not_strict_json_is_a_400(sales, raw, code):
    assert answer(sales, "POST", "/sales/customers", raw=raw) == (400, code)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"colour": "red"}, "body.colour"),
        ({"email": "nobody"}, "body.email"),
        ({"email": "a@b.ch\r\nBcc: x@y.ch"}, "body.email"),
        ({"name": "Ada\x00"}, "body.name"),
        ({"name": 5}, "body.name"),
        ({"zone": "Mars/Olympus"}, "zone"),
        ({"locale": "de_CH"}, "body.locale"),
        ({"country": "UK"}, "body.country"),
        ({"address": {"country": "ZZ"}}, "body.address.country"),
    ],
)
def test_a_wrong_field_is_named_and_its_value_not_repeated(sales, change, field):
    status, body = sales.ask("POST", "/sales/customers", {**ADA, **change})

    assert status == 422
    assert [error["field"] for error in body["errors"]] == [field]
    assert body["type"].startswith("urn:billing:problem:")
    assert "Bcc" not in str(body)


@pytest.mark.parametrize("cursor", ["x", "é", "QVVESVQj", "%00"])
def test_a_cursor_of_no_list_is_refused_by_name(sales, cursor):
    status, body = sales.ask("GET", f"/sales/customers/ada/invoices?cursor={cursor}")

    assert (status, body["errors"][0]["field"]) == (422, "cursor")


def test_an_address_longer_than_any_id_is_not_found(sales):
    assert answer(sales, "GET", f"/sales/invoices/inv_{'x' * 2100}") == (404, "not_found")


def test_a_body_of_a_megabyte_is_a_413(sales):
    assert answer(sales, "POST", "/sales/customers", raw='{"name": "' + "x" * 2**20) == (413, "too_large")


def test_another_content_type_is_a_415(sales):
    headers = {"content-type": "text/xml"}

    assert answer(sales, "POST", "/sales/customers", raw="<a/>", headers=headers)[0] == 415


def test_a_credential_without_the_scope_is_a_403(sales):
    assert answer(sales, "POST", "/sales/customers", ADA, scopes="sales:read") == (403, "scope_missing")


def test_an_unknown_plan_and_a_foreign_currency_are_refused(sales):
    order = {"customer": "ada", "plan": "gold", "currency": "USD"}
    assert answer(sales, "POST", "/sales/subscriptions", order) == (404, "unknown_plan")

    order = {"customer": "ada", "plan": "team", "currency": "CHF"}
    assert answer(sales, "POST", "/sales/subscriptions", order) == (422, "currency_not_offered")


def test_nothing_of_another_tenant_is_shown(sales):
    _, mine = sales.ask(
        "POST", "/sales/subscriptions", {"customer": "ada", "plan": "team", "currency": "USD"}
    )
    sales.settle()
    _, listed = sales.ask("GET", "/sales/customers/ada/invoices")
    [invoice] = listed["invoices"]
    sales.open_tenant("ten_b")

    for path in (
        f"/sales/subscriptions/{mine['subscription']}",
        f"/sales/customers/{mine['customer']}",
        f"/sales/invoices/{invoice['id']}",
    ):
        assert sales.ask("GET", path, tenant="ten_b")[0] == 404
    assert sales.ask("GET", f"/sales/customers/{mine['customer']}/invoices", tenant="ten_b")[1] == {
        "invoices": [],
        "next": None,
    }


def test_an_unknown_version_and_a_malformed_event_become_dead_letters_with_their_reason(sales):
    from tests.integration.world import message  # noqa: PLC0415

    later = message("payments", "PaymentSucceeded.v9", {}, subject="invoice/inv_1")
    sales.put_on_queue("sales.on_payment_events", {"detail": later})
    broken = message("payments", "PaymentSucceeded.v1", {"payment": {"payment": 1}}, subject="invoice/inv_1")
    sales.put_on_queue("sales.on_payment_events", {"detail": broken})
    sales.settle()

    reasons = sorted(letter["reason"] for letter in sales.dead)
    assert reasons[0].startswith("MalformedEventError: PaymentSucceeded.v1: payment.payment: string_type")
    assert reasons[1] == "UnknownEventError: PaymentSucceeded.v9"


def test_an_event_that_counted_for_nobody_does_not_hide_the_one_sent_after_it(sales):
    good = {"id": "1", "source": "acme.app", "type": "llm.request", "subject": "ada"}
    good |= {"time": "2023-11-01T00:00:00Z", "data": {"context_tokens": 1, "generated_tokens": 1}}

    _, body = sales.ask("POST", "/sales/usage", {"events": [good | {"subject": "nobody"}, good, good]})

    verdicts = [receipt["verdict"] for receipt in body["receipts"]]
    assert verdicts == ["unmatched", "accepted", "duplicate"]


def test_an_event_of_a_day_to_come_is_not_there_yet(sales):
    path = "/sales/usage/events/1?source=acme.app&subject=ada&day="

    assert sales.ask("GET", f"{path}2023-11-02")[1]["fate"] == "not_yet"
    assert sales.ask("GET", f"{path}9999-12-31")[1]["fate"] == "not_yet"
    assert sales.ask("GET", f"{path}0001-01-01")[1]["fate"] == "not_yet"


def test_what_is_asked_for_is_not_longer_than_an_id(sales):
    path = f"/sales/usage/events/1?source=acme.app&day=2023-11-01&subject=cus_{'x' * 2100}"

    assert answer(sales, "GET", path) == (422, "invalid")


def test_half_a_character_in_usage_is_refused_and_a_whole_one_is_not(sales):
    event = '{"events": [{"id": "%s", "source": "acme.app", "type": "t", "subject": "ada"}]}'

    assert answer(sales, "POST", "/sales/usage", raw=event % r"\ud83d")[0] == 400
    assert answer(sales, "POST", "/sales/usage", raw=event % r"\ud83d\ude00")[0] == 200


def test_two_bad_events_of_one_id_are_kept_as_one(sales):
    event = {"id": "1", "source": "acme.app", "type": "llm.request", "subject": "nobody"}
    dated = event | {"time": "2023-11-01T00:00:00Z", "data": {"context_tokens": 1, "generated_tokens": 1}}

    status, body = sales.ask("POST", "/sales/usage", {"events": [event, dated]})

    assert status == 200
    assert [receipt["verdict"] for receipt in body["receipts"]] == ["rejected", "unmatched"]
    [kept] = sales.rows("EVENT#")
    assert kept["reason"] == "unknown_customer"

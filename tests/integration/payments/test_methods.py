"""Payment methods through the API: the hosted page, the default, the end of one, and bad input."""

SETUP = "/payments/customers/cus_ada/setup"
METHODS = "/payments/customers/cus_ada/methods"
BODY = {"return_url": "https://acme.test/account"}


def test_the_same_request_gives_the_same_page_and_one_customer_at_the_provider(payments):
    first = payments.ask("POST", SETUP, BODY, key="one")
    again = payments.ask("POST", SETUP, BODY, key="one")
    other = payments.ask("POST", SETUP, BODY, key="two")

    assert first == again
    assert first[1]["url"] != other[1]["url"]
    assert len(payments.provider.payers) == 1
    assert "currency=USD" in first[1]["url"]


def test_a_customer_is_known_by_the_sellers_own_name_too(payments):
    assert payments.ask("POST", "/payments/customers/ada/setup", BODY)[0] == 201
    [customer] = [row["pk"] for row in payments.rows("CUSTOMER") if "customer/" in row["pk"]]

    assert customer.startswith("T#ten_a#customer/cus_")
    assert payments.ask("GET", "/payments/customers/ada/methods") == (200, {"methods": [], "next": None})


def test_the_newest_method_is_the_default_until_another_is_chosen(payments):
    payments.save_card("pm_visa")
    payments.save_card("pm_other")
    assert [(m["id"], m["default"]) for m in payments.ask("GET", METHODS)[1]["methods"]] == [
        ("pm_other", True),
        ("pm_visa", False),
    ]

    status, chosen = payments.ask("POST", f"{METHODS}/pm_visa/default")
    payments.settle()

    assert (status, chosen["default"]) == (200, True)
    assert [m["id"] for m in payments.ask("GET", METHODS)[1]["methods"] if m["default"]] == ["pm_visa"]
    assert [saved["method"] for saved in payments.said("PaymentMethodSaved.v1")] == [
        "pm_visa",
        "pm_other",
        "pm_visa",
    ]


def test_choosing_a_method_collects_what_is_open_and_choosing_it_again_does_not(payments):
    payments.save_card("pm_visa")
    payments.save_card("pm_declined_1")
    payments.finalize()
    assert payments.attempts() == [(1, "failed")]

    payments.ask("POST", f"{METHODS}/pm_visa/default")
    payments.settle()
    payments.ask("POST", f"{METHODS}/pm_visa/default")
    payments.settle()

    assert payments.attempts() == [(1, "failed"), (2, "succeeded")]


def test_a_removed_default_gives_way_to_the_newest_of_the_others(payments):
    payments.save_card("pm_visa")
    payments.save_card("pm_other")

    assert payments.ask("DELETE", f"{METHODS}/pm_other")[0] == 200

    assert [(m["id"], m["default"]) for m in payments.ask("GET", METHODS)[1]["methods"]] == [
        ("pm_visa", True)
    ]
    assert payments.provider.detached == ["pm_other"]
    payments.ask("DELETE", f"{METHODS}/pm_visa")
    payments.finalize()
    assert payments.attempts() == []  # it waits for a method


def test_a_setup_that_was_told_twice_saves_one_method(payments):
    told = payments.provider.saves(payments.begin_setup(), "pm_visa")
    twin = payments.provider.saves(payments.begin_setup(), "pm_visa")

    payments.deliver(told)
    payments.deliver(twin)
    payments.settle()

    assert len(payments.ask("GET", METHODS)[1]["methods"]) == 1
    assert len(payments.said("PaymentMethodSaved.v1")) == 1


def test_a_setup_of_a_payer_we_do_not_know_saves_nothing(payments):
    payments.deliver(payments.provider.saves("cus_of_somebody", "pm_visa"))
    payments.settle()

    assert payments.said("PaymentMethodSaved.v1") == []
    assert payments.dead == []


def test_a_return_address_that_leads_nowhere_safe_is_refused(payments):
    for body in (
        {},
        {"return_url": "http://acme.test/"},
        {"return_url": "javascript:alert(1)"},
        {"return_url": "https://acme.test/ a"},
        {"return_url": "https://acme.test/" + "a" * 2000},
        {"return_url": 1},
        BODY | {"tenant": "ten_b"},
    ):
        status, answer = payments.ask("POST", SETUP, body)

        assert (status, answer["code"]) == (422, "invalid")
        assert answer["errors"][0]["field"].startswith("body.")
    assert payments.provider.calls == []


def test_nothing_of_another_tenant_is_shown(payments):
    payments.save_card()
    payments.finalize()
    payments.open_tenant("ten_b", clock="clk_b")

    assert payments.ask("GET", METHODS, tenant="ten_b")[1]["methods"] == []
    assert payments.ask("GET", "/payments/invoices/inv_1", tenant="ten_b")[0] == 404
    assert payments.ask("DELETE", f"{METHODS}/pm_visa", tenant="ten_b")[0] == 404
    assert payments.ask("POST", f"{METHODS}/pm_visa/default", tenant="ten_b")[0] == 404
    assert payments.ask("GET", "/payments/books", tenant="ten_b")[1]["balances"] == {}


def test_scopes_are_asked_for(payments):
    assert payments.ask("POST", SETUP, BODY, scopes="payments:read")[0] == 403
    assert payments.ask("GET", METHODS, scopes="sales:read")[0] == 403
    assert payments.ask("GET", "/payments/reconciliation", scopes="payments:read")[0] == 200


def test_methods_come_page_by_page_newest_first(payments, monkeypatch):
    monkeypatch.setattr("payments.routes.methods.PAGE", 1)
    payments.save_card("pm_visa")
    payments.save_card("pm_other")
    whole = payments.ask("GET", METHODS)[1]

    behind = payments.ask("GET", f"{METHODS}?cursor={whole['next']}")[1]

    assert len(whole["methods"] + behind["methods"]) == 2
    assert {method["id"] for method in whole["methods"] + behind["methods"]} == {"pm_visa", "pm_other"}
    assert behind["next"] is None
    assert payments.ask("GET", f"{METHODS}?cursor=abc")[1]["code"] == "cursor_invalid"

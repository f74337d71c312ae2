"""The link in a mail about an invoice, opened without a credential."""

PAY = "/payments/pay/ten_a/inv_1"


def follow(payments, path):
    """Open a link as a browser does."""
    event = {
        "version": "2.0",
        "rawPath": path,
        "rawQueryString": "",
        "headers": {},
        "requestContext": {"requestId": "r-1", "stage": "$default", "http": {"method": "GET", "path": path}},
        "body": None,
        "isBase64Encoded": False,
    }
    answer = payments._handler("api")(event, None)
    return answer["statusCode"], answer.get("headers", {}).get("Location"), answer["body"]


def test_the_link_leads_to_the_providers_page_and_what_is_saved_there_pays(payments):
    payments.finalize()

    status, url, _ = follow(payments, PAY)
    assert (status, "payer=" in url) == (303, True)

    payer = url.split("payer=")[1].split("&")[0]
    assert payments.deliver(payments.provider.saves(payer, "pm_visa")) == 200
    payments.settle()
    assert payments.attempts() == [(1, "succeeded")]


def test_a_settled_invoice_asks_for_nothing(payments):
    payments.save_card("pm_visa")
    payments.finalize()

    status, url, page = follow(payments, PAY)

    assert (status, url) == (200, None)
    assert "Nothing is due on this invoice any more." in page


def test_the_way_back_thanks_and_a_link_that_is_none_shows_nothing(payments):
    payments.finalize()

    assert "Your receipt comes by mail." in follow(payments, f"{PAY}/thanks")[2]
    for path in (
        "/payments/pay/ten_b/inv_1",
        "/payments/pay/ten_a/inv_2",
        "/payments/pay/ten_b/inv_1/thanks",
    ):
        assert follow(payments, path)[0] == 404


def test_a_bank_that_waits_for_its_customer_comes_first(payments):
    payments.save_card("pm_3ds_1")
    payments.finalize()

    assert follow(payments, PAY)[:2] == (303, "https://pay.example.test/pi_1")

"""The link in a mail leads to where one can pay, and tells whoever guesses nothing."""


def open_link(payments, tenant="ten_a", invoice="inv_1"):
    event = {
        "version": "2.0",
        "rawPath": f"/payments/pay/{tenant}/{invoice}",
        "rawQueryString": "",
        "headers": {},
        "requestContext": {
            "requestId": "req-pay",
            "stage": "$default",
            "http": {"method": "GET", "path": f"/payments/pay/{tenant}/{invoice}"},
        },
        "isBase64Encoded": False,
    }
    answer = payments._handler("api")(event, None)
    payments.settle()
    return answer["statusCode"], answer["headers"].get("Location")


def test_it_leads_to_the_hosted_page_and_saving_there_pays(payments):
    payments.finalize()

    status, url = open_link(payments)
    assert status == 303
    assert open_link(payments) == (303, url)
    payer = url.split("payer=")[1].split("&")[0]
    payments.deliver(payments.provider.saves(payer, "pm_visa"))
    payments.settle()

    assert payments.collection()["status"] == "collected"
    assert open_link(payments) == (404, None)


def test_it_leads_to_the_bank_where_that_is_what_is_missing(payments):
    payments.save_card("pm_3ds_1")
    payments.finalize()

    assert open_link(payments) == (303, "https://pay.example.test/pi_1")


def test_a_guess_reads_one_answer(payments):
    payments.finalize()

    for tenant, invoice in [("ten_a", "inv_9"), ("ten_b", "inv_1"), ("nobody", "inv_1"), ("ten_a", "..")]:
        assert open_link(payments, tenant, invoice) == (404, None)

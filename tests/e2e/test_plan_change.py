"""The product asks for what the plan lacks: a refusal, one offer, an upgrade in the middle of the month."""

from datetime import UTC, datetime

GOOD = "4242424242424242"
SIXTEENTH = datetime(2023, 11, 16, tzinfo=UTC)


def test_a_refusal_an_offer_an_upgrade_and_access(seller, subscribe):
    ada, client = subscribe("Ada", card=GOOD), seller.client

    # refused, twice: one offer
    answer = client.may_use("ada", "fine_tuning")
    assert (answer["allowed"], answer["lifts"]) == (False, "scale")
    client.may_use("ada", "fine_tuning")
    seller.settle()
    assert [mail["subject"] for mail in ada.mails("offer")] == [
        "The Scale plan of Acme AG includes fine tuning"
    ]
    refusals = [event for event in seller.events() if event["type"] == "AccessDenied.v1"]
    assert [event["data"]["feature"] for event in refusals] == ["fine_tuning"]

    # half of November is over when she accepts: half of either month, settled at once
    seller.advance(SIXTEENTH)
    path, wish = f"/sales/subscriptions/{ada.subscription}/change", {"plan": "scale"}
    preview = client.send(f"{path}/preview", wish)
    client.send(path, wish)
    seller.settle()

    first, second = client.invoices(ada.id)
    amounts = [(line["name"], line["amount"]["minor"]) for line in second["lines"] if line["amount"]["minor"]]
    assert [minor for _, minor in amounts] == [-2450, 7450]
    assert (second["status"], second["total"]["minor"]) == ("paid", 5405)  # 50.00 + 8.1 %
    assert second["lines"] == preview["invoice"]["lines"]
    assert ada.charges() == [(6378, "succeeded"), (5405, "succeeded")]
    assert client.may_use("ada", "fine_tuning")["allowed"]
    assert len(ada.mails("plan_changed")) == 1
    assert client.ask("/sales/books")["sound"]
    assert first["status"] == "paid"


def test_an_answer_of_the_provider_that_is_lost_charges_nobody_twice(seller, subscribe):
    ada = subscribe("Ada", card=GOOD)

    seller.misfortune("lose_answer", "POST /v1/payment_intents")
    seller.misfortune("duplicate_notification", "payment_intent.*")
    seller.advance(datetime(2023, 12, 1, tzinfo=UTC))

    assert ada.invoices == [("INV-000001", "paid", 0), ("INV-000002", "paid", 0)]
    assert ada.charges() == [(6378, "succeeded"), (5297, "succeeded")]
    assert seller.client.ask("/payments/reconciliation") == {"agrees": True, "matched": 2, "differences": []}

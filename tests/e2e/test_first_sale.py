"""The first sale, as a diary: real functions, deployed as they will be, nothing but events between them."""

from datetime import UTC, datetime, timedelta

from local.demo.story import CATALOGUE
from local.waiting import eventually

NOVEMBER_16, DECEMBER = datetime(2023, 11, 16, 20, tzinfo=UTC), datetime(2023, 12, 1, tzinfo=UTC)
TEN_O_CLOCK = datetime(2023, 11, 16, 10, tzinfo=UTC)


def an_event(seller, n, subject="ada", **more):
    return {
        "specversion": "1.0",
        "id": f"req-{n}",
        "source": seller.source,
        "type": "llm.request",
        "subject": subject,
        "time": (TEN_O_CLOCK + timedelta(seconds=n)).isoformat().replace("+00:00", "Z"),
        "data": {"context_tokens": 75_000, "generated_tokens": 1_000},
        **more,
    }


def on_the_bus(event):
    """The same event as a product puts it on the bus: attributes and properties side by side."""
    return event["type"], {**{name: event[name] for name in ("id", "subject", "time")}, **event["data"]}


def subjects(seller, email):
    return [mail["subject"] for mail in seller.mails(email)]


def test_from_an_offer_to_money_in_the_bank(seller):
    client, email = seller.client, f"ada@{seller.tenant.replace('_', '-')}.example.com"

    # 1 November 2023: the seller publishes a catalogue; the same file once more changes nothing
    assert client.publish(CATALOGUE)["plans"] == {"free": 1, "team": 1, "scale": 1}
    assert client.publish(CATALOGUE)["changes"] == []

    # Ada comes and saves a card on the provider's own page: no card number ever reaches us
    ada = client.create_customer("Ada Byron", email, "ada")["id"]
    seller.settle()
    assert seller.save_card(ada).startswith(seller.cloud.mailbox)
    [card] = eventually(lambda: client.methods(ada))
    assert (card["rail"], card["label"], card["default"]) == ("card", "Visa ending in 4242", True)
    assert client.may_use("ada", "completions")["allowed"] is False

    # she subscribes: access at once, the month ahead and the set-up fee charged, a welcome mail
    subscription = client.subscribe("ada", "team", "USD")["subscription"]
    seller.settle()
    assert client.may_use("ada", "completions")["allowed"]
    [first] = client.invoices(ada)
    assert (first["number"], first["status"], first["issued_at"]) == (
        "INV-000001",
        "paid",
        "2023-11-01T00:00:00Z",
    )
    assert [(line["name"], line["amount"]["minor"]) for line in first["lines"]] == [
        ("Team, monthly", 4900),
        ("Set-up", 1000),
    ]
    assert first["total"] == {"minor": 6378, "currency": "USD"}  # 59.00 + 8.1 %
    assert sorted(subjects(seller, email)) == [
        "Invoice INV-000001 from Acme AG: $63.78",
        "Receipt for invoice INV-000001: $63.78",
        "Welcome to Acme AG: your Team plan is active",
    ]

    # 16 November: her product reports 240 requests, through both doors, some of them through each
    seller.advance(NOVEMBER_16)
    events = [an_event(seller, n) for n in range(240)]
    assert seller.put_on_bus([on_the_bus(event) for event in events[:60]]) == 0
    for start in (40, 140):
        receipts = client.report(events[start : start + 100])
        assert {receipt["verdict"] for receipt in receipts} == {"accepted"}
    odd = client.report(
        [
            an_event(seller, 1, subject="nobody"),
            an_event(seller, 2, type="page.view"),
            an_event(seller, 3, time="2023-09-01T00:00:00Z"),
            an_event(seller, 4),
            an_event(seller, 4),
        ]
    )
    assert [(receipt["verdict"], receipt["reason"]) for receipt in odd] == [
        ("unmatched", "unknown_customer"),
        ("unmatched", "no_meter"),
        ("rejected", "outside_window"),
        ("accepted", None),
        ("duplicate", None),
    ]
    kept = client.unmatched("2023-11-16")
    assert {(row["event"], row["reason"]) for row in kept} == {
        ("req-1", "unknown_customer"),
        ("req-2", "no_meter"),
        ("req-3", "outside_window"),
    }
    seller.settle()
    assert eventually(lambda: client.upcoming(subscription)["lines"][1]["quantity"] == "18000000", within=60)

    # the product asks, and hears what remains of the 20 million
    answer = eventually(lambda: _if_used(client.may_use("ada", "completions", 1000), "18000000"))
    assert (answer["allowed"], answer["limit"], answer["remaining"]) == (True, "20000000", "2000000")
    preview = client.upcoming(subscription)

    # 1 December: the month ends; what was previewed is billed, charged off session and paid
    seller.advance(DECEMBER)
    second = client.invoices(ada)[-1]
    assert (second["number"], second["status"], second["issued_at"]) == (
        "INV-000002",
        "paid",
        "2023-12-01T00:00:00Z",
    )
    assert [(line["name"], line["quantity"], line["amount"]["minor"]) for line in second["lines"]] == [
        ("Team, monthly", "1", 4900),
        ("Context tokens", "18000000", 3900),  # 1 million free; 5 million at 3, 12 million at 2 a million
        ("Generated tokens", "240000", 290),  # 100,000 at 15, 140,000 at 10 a million
    ]
    assert (second["net"]["minor"], second["tax"]["minor"], second["total"]["minor"]) == (9090, 736, 9826)
    assert second["lines"] == preview["lines"]
    assert sorted(subjects(seller, email))[1::2] == [
        "Invoice INV-000002 from Acme AG: $98.26",
        "Receipt for invoice INV-000002: $98.26",
    ]

    # the books agree with each other, with the invoices, and with the provider
    sales, payments = client.ask("/sales/books"), client.ask("/payments/books")
    assert sales == {
        "sound": True,
        "balances": {
            "USD": {
                "receivable": 0,
                "tax_payable": -1214,  # 4.78 + 7.36
                "deferred_revenue": -9800,
                "revenue": -5190,  # 10.00 + 39.00 + 2.90
                "collections": 16204,
            }
        },
        "open_invoices": {"USD": 0},
        "numbering_gaps": [],
    }
    assert payments == {
        "sound": True,
        "balances": {"USD": {"provider_clearing": 16204, "collections": -16204}},
    }
    charges = seller.provider_list("charges")
    assert [(c["amount"], c["currency"], c["status"]) for c in charges] == [
        (9826, "usd", "succeeded"),
        (6378, "usd", "succeeded"),
    ]
    assert client.ask("/payments/reconciliation") == {"agrees": True, "matched": 2, "differences": []}
    assert {webhook["state"] for webhook in seller.webhooks()} == {"delivered"}


def test_every_step_of_it_was_an_event_and_the_clock_saw_all_of_them(seller):
    seller.client.publish(CATALOGUE)
    seller.client.create_customer("Ada Byron", "ada@example.com", "ada")
    seller.client.subscribe("ada", "free", "USD")
    seller.advance(DECEMBER)
    seller.quiet()

    said = {event["type"] for event in seller.events()}
    assert said >= {
        "TenantChanged.v1",
        "SourceRegistered.v1",
        "PlanPublished.v1",
        "CustomerChanged.v1",
        "SubscriptionStarted.v1",
        "AccessGranted.v1",
        "NoticeSent.v1",
        "ClockAdvanced.v1",
        "SubscriptionRenewed.v1",
    }
    [customer] = [e for e in seller.events() if e["type"] == "CustomerChanged.v1"]
    assert set(customer["data"]["person"]) == {"encrypted"}
    clock = seller.client.clock()
    assert (clock["now"], clock["status"], clock["open"]) == ("2023-12-01T00:00:00+00:00", "idle", [])


def _if_used(answer, used):
    return answer if answer["used"] == used else None

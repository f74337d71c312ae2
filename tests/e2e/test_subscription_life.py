"""A diary: tried, reminded, charged; paused and resumed; changed at a date, and once it is paid."""

from copy import deepcopy
from datetime import UTC, datetime

from local.demo.story import CATALOGUE
from local.waiting import eventually

GOOD = "4242424242424242"


def day(number, month=11, year=2023):
    return datetime(year, month, number, tzinfo=UTC)


def test_a_trial_is_reminded_of_and_becomes_a_paid_month(seller):
    client, email = seller.client, f"ada.{seller.tenant.removeprefix('ten_')}@example.com"
    catalogue = deepcopy(CATALOGUE)
    team = next(plan for plan in catalogue["plans"] if plan["key"] == "team")
    team["trial"] = {"length": {"unit": "day", "count": 14}, "without_method": "cancel"}
    client.publish(catalogue)
    ada = client.create_customer("Ada", email, "ada")["id"]
    seller.settle()
    seller.save_card(ada, GOOD)
    eventually(lambda: client.methods(ada))
    path = f"/sales/subscriptions/{client.subscribe(ada, 'team', 'USD')['subscription']}"
    seller.settle()

    # 1 November: everything is on, nothing is asked
    assert client.ask(path)["status"] == "trialing"
    assert client.may_use("ada", "completions")["allowed"]
    assert client.invoices(ada) == []

    # 12 November: three days before the end she is told what it will bring
    seller.advance(day(12))
    [told] = [mail for mail in seller.mails(email) if mail["tags"]["template"] == "trial_ending"]
    assert told["subject"] == "Your trial of Team ends on November 15, 2023"
    assert "$63.78 will be charged" in told["text"]
    foreseen = client.ask(f"{path}/upcoming")

    # 15 November: the first paid month begins at the very instant
    seller.advance(day(15))
    [first] = client.invoices(ada)
    assert (first["status"], first["total"]["minor"], first["lines"]) == ("paid", 6378, foreseen["lines"])
    state = client.ask(path)
    assert (state["status"], state["period_end"]) == ("active", "2023-12-15T00:00:00Z")
    assert client.ask("/sales/books")["sound"]


def test_a_pause_switches_off_and_a_resume_begins_anew(seller, subscribe):
    ada, client = subscribe("Ada", card=GOOD), seller.client
    path = f"/sales/subscriptions/{ada.subscription}"

    # 16 November: she pauses until the new year; half of the month is hers again
    seller.advance(day(16))
    paused = client.send(f"{path}/pause", {"when": "now", "resume_at": "2024-01-10T00:00:00Z"})
    seller.settle()
    assert (paused["status"], paused["resumes_at"]) == ("paused", "2024-01-10T00:00:00Z")
    assert not client.may_use("ada", "completions")["allowed"]
    assert client.invoices(ada.id)[1]["lines"][0]["amount"]["minor"] == -2450
    assert "January 10, 2024" in ada.mails("paused")[0]["text"]

    # 10 January: it goes on by itself; her balance pays what it can
    seller.advance(day(10, 1, 2024))
    assert client.may_use("ada", "completions")["allowed"]
    january = client.invoices(ada.id)[2]
    assert (january["lines"][0]["amount"]["minor"], january["status"]) == (4900, "paid")
    assert [minor for minor, _ in ada.charges()] == [6378, 2649]  # 52.97 less the 26.48 she had
    assert client.ask(path)["period_end"] == "2024-02-10T00:00:00Z"
    assert client.ask("/sales/books")["sound"]


def test_a_change_has_a_date_a_seat_has_a_person_and_an_upgrade_waits_for_its_money(seller, subscribe):
    ada, client = subscribe("Ada", card=GOOD), seller.client
    path = f"/sales/subscriptions/{ada.subscription}"
    assert client.send(f"{path}/seats/u_1", method="PUT")["person"] == "u_1"

    # 1 November: for the 16th she asks for the larger plan, and sees it listed
    client.send(f"{path}/change", {"plan": "scale", "at": "2023-11-16T00:00:00Z"})
    seller.settle()
    [waits] = client.ask(f"{path}/scheduled")
    assert (waits["what"], waits["plan"], waits["at"]) == ("change", "scale", "2023-11-16T00:00:00Z")
    seller.advance(day(16))
    assert client.ask(path)["plan"] == "scale"
    assert client.invoices(ada.id)[1]["total"]["minor"] == 5405

    # 20 November: back at once, and up again only if it is paid: her card is charged, then it is in force
    seller.advance(day(20))
    client.send(f"{path}/change", {"plan": "team", "when": "now"})
    seller.settle()
    client.send(f"{path}/change", {"plan": "scale", "when": "now", "only_if_paid": True})
    seller.settle()
    eventually(lambda: client.ask(path)["plan"] == "scale", within=60)
    assert client.ask(f"{path}/scheduled") == []
    assert client.ask("/sales/books")["sound"]

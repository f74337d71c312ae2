"""Due work that cannot succeed as things stand: parked with its reason, listed, lifted, and then done."""

from datetime import UTC, datetime, timedelta

import pytest

from billing.aws.items import pack
from billing.aws.table import own_table
from tests.integration.sales.conftest import Sales, a_catalogue

DECEMBER = datetime(2023, 12, 1, tzinfo=UTC)
REASON = "NotFoundError: plan_not_found: there is no such plan"


class Broken:
    """Sales with a subscription whose plan's version is lost."""

    def __init__(self, *, wall=False):
        self.sales = sales = Sales()
        sales.open_tenant(wall=wall)
        if wall:
            sales.now -= timedelta(days=70)
        sales.ask("POST", "/sales/catalogue", {"catalogue": a_catalogue()})
        customer = {"name": "Ada", "email": "ada@example.com", "external_id": "ada"}
        sales.ask("POST", "/sales/customers", customer)
        wanted = {"customer": "ada", "plan": "team", "currency": "USD"}
        assert sales.ask("POST", "/sales/subscriptions", wanted)[0] == 201
        sales.settle()
        self.subscription = sales.said("SubscriptionStarted.v1")[0]["state"]["subscription"]
        self.plans = [row for row in sales.rows("VERSION#") if row["pk"].endswith("#plan/team")]
        for row in self.plans:
            sales._dynamodb.delete_item(
                TableName=own_table().name, Key={"pk": {"S": row["pk"]}, "sk": {"S": row["sk"]}}
            )

    def mend(self):
        for row in self.plans:
            self.sales._dynamodb.put_item(TableName=own_table().name, Item=pack(row))

    def minute(self):
        self.sales.tick()
        self.sales.settle()

    def parked(self, **more):
        return self.sales.ask("GET", "/sales/parked", **more)[1]["parked"]

    def invoices(self):
        return self.sales.ask("GET", "/sales/customers/ada/invoices")[1]["invoices"]


@pytest.fixture
def broken():
    return Broken(wall=True)


def test_what_cannot_succeed_makes_one_dead_letter_however_many_ticks(broken):
    for _ in range(3):
        broken.minute()

    assert [letter["reason"] for letter in broken.sales.dead] == [REASON]


def test_it_is_listed_with_its_reason(broken):
    broken.minute()

    [parked] = broken.parked()
    assert (parked["subject"], parked["work"]) == (f"subscription/{broken.subscription}", "SUBSCRIPTION")
    assert parked["reason"] == REASON
    assert broken.parked(tenant="ten_b") == []


def test_its_letter_redriven_lifts_it_and_it_is_done(broken):
    broken.minute()
    before = len(broken.invoices())
    broken.mend()

    broken.sales.redrive("work")

    assert (broken.parked(), broken.sales.dead) == ([], [])
    assert len(broken.invoices()) == before + 1
    broken.minute()  # the next period was due as well
    assert len(broken.invoices()) == before + 2


def test_lifted_by_hand_it_is_done_at_the_next_tick_though_its_letter_is_gone(broken):
    broken.minute()
    before = len(broken.invoices())
    broken.mend()
    [parked] = broken.parked()

    status, lifted = broken.sales.ask(
        "POST", "/sales/parked/lift", {"subject": parked["subject"], "work": parked["work"]}
    )
    assert (status, lifted["reason"]) == (200, REASON)
    broken.minute()

    assert broken.parked() == []
    assert len(broken.invoices()) == before + 1


def test_lifted_before_it_is_mended_it_is_parked_again(broken):
    broken.minute()

    broken.sales.redrive("work")

    assert [p["reason"] for p in broken.parked()] == [REASON]
    assert len(broken.sales.dead) == 1


def test_what_is_not_parked_cannot_be_lifted(broken):
    answer = broken.sales.ask(
        "POST", "/sales/parked/lift", {"subject": "subscription/sub_x", "work": "SUBSCRIPTION"}
    )

    assert (answer[0], answer[1]["code"]) == (404, "parked_not_found")


def test_the_list_needs_its_scope(broken):
    assert broken.sales.ask("GET", "/sales/parked", scopes="sales:read")[0] == 403


@pytest.mark.parametrize("cursor", ["eA", "OXxhfGI", "!"])
def test_a_foreign_cursor_is_refused(broken, cursor):
    status, answer = broken.sales.ask("GET", f"/sales/parked?cursor={cursor}")

    assert (status, answer["code"]) == (422, "cursor_invalid")


def test_under_a_clock_the_advance_fails_by_name_and_what_is_parked_is_no_longer_due():
    broken = Broken()
    broken.sales.advance(DECEMBER)

    [failure] = broken.sales.said("WorkFailed.v1")
    assert (failure["consumer"], failure["reason"]) == ("sales.work", REASON)
    key = f"T#ten_a#subscription/{broken.subscription}|SUBSCRIPTION"
    told = [due for receipt in broken.sales.receipts for due in receipt["due"] if due["key"] == key]
    assert "at" not in told[-1]

    broken.mend()
    broken.sales.redrive("work")

    assert (broken.parked(), broken.sales.dead) == ([], [])
    assert len(broken.invoices()) == 2
    assert [consumer for _, consumer in broken.sales.unsettled() if consumer == "sales.work"] == []

"""Subscribers of an older version are taken to another: foreseen, scheduled, in force, taken back."""

from datetime import UTC, datetime

import pytest

from sales import migrations
from tests.integration.sales.test_a_month_of_sales import invoices, subscribe
from tests.integration.sales.test_catalogue import another, apply, catalogue, subscribers

DECEMBER, JANUARY = datetime(2023, 12, 1, tzinfo=UTC), datetime(2024, 1, 1, tzinfo=UTC)
FEBRUARY = datetime(2024, 2, 1, tzinfo=UTC)


def foresee(sales, status=200, **wish):
    found, body = sales.ask("POST", "/sales/migrations/preview", {"plan": "team", **wish})
    assert found == status, body
    return body


def migrate(sales, status=202, **wish):
    found, body = sales.ask("POST", "/sales/migrations", {"plan": "team", **wish})
    assert found == status, body
    sales.settle()
    return body if status != 202 else standing(sales, body["migration"])


def standing(sales, migration):
    return sales.ask("GET", f"/sales/migrations/{migration}")[1]


def cancel(sales, migration, status=202):
    found, body = sales.ask("POST", f"/sales/migrations/{migration}/cancel", {})
    assert found == status, body
    sales.settle()
    return standing(sales, migration) if status == 202 else body


def of(sales, subscription):
    return sales.ask("GET", f"/sales/subscriptions/{subscription}")[1]


@pytest.fixture
def dearer(sales):
    """Ada and two more pay 49.00 for version 1; version 2 costs 59.00."""
    sales.ada = subscribe(sales)
    sales.bob, sales.eve = another(sales, "bob"), another(sales, "eve")
    apply(sales, catalogue("59.00"))
    return sales


def test_what_was_foreseen_is_what_is_billed(dearer):
    seen = foresee(dearer)
    assert (seen["versions"], seen["into"], seen["version"], seen["next"]) == ([1], "team", 2, None)
    [ada] = [each for each in seen["subscribers"] if each["subscription"] == dearer.ada]
    assert (ada["at"], ada["skipped"]) == ("2023-12-01T00:00:00Z", None)
    assert (ada["without"]["total"]["minor"], ada["migrated"]["total"]["minor"]) == (5297, 6378)  # 8.1 %

    made = migrate(dearer)

    assert (made["stage"], made["scheduled"], made["skipped"]) == ("scheduled", 3, {})
    assert of(dearer, dearer.ada)["plan_version"] == 1
    assert dearer.ask("GET", f"/sales/subscriptions/{dearer.ada}/upcoming")[1]["total"]["minor"] == 6378
    dearer.advance(DECEMBER)

    december, *_ = invoices(dearer)
    assert (december["total"], december["lines"]) == (ada["migrated"]["total"], ada["migrated"]["lines"])
    assert of(dearer, dearer.ada)["plan_version"] == 2
    assert subscribers(dearer)["subscribers"] == {"2": 3}
    assert dearer.ask("GET", "/sales/books")[1]["sound"]
    assert dearer.dead == []


def test_a_date_leaves_the_periods_alone_that_begin_before_it(dearer):
    seen = foresee(dearer, not_before="2023-12-15T00:00:00Z")
    [ada] = [each for each in seen["subscribers"] if each["subscription"] == dearer.ada]
    assert (ada["at"], ada["without"]["total"]["minor"]) == ("2024-01-01T00:00:00Z", 5297)
    assert ada["migrated"]["total"]["minor"] == 6378
    migrate(dearer, not_before="2023-12-15T00:00:00Z")

    dearer.advance(DECEMBER)
    assert invoices(dearer)[0]["total"]["minor"] == 5297
    dearer.advance(JANUARY)
    assert invoices(dearer)[0]["total"]["minor"] == 6378
    assert subscribers(dearer)["subscribers"] == {"2": 3}


def test_it_is_taken_back_where_it_is_not_in_force(dearer):
    made = migrate(dearer)

    canceled = cancel(dearer, made["migration"])

    assert (canceled["stage"], canceled["taken_back"]) == ("canceled", 3)
    said = [len(each["scheduled"]) for each in dearer.said("SubscriptionScheduleChanged.v1")]
    assert said == [1, 1, 1, 0, 0, 0]
    assert dearer.said("SubscriptionChanged.v1") == []  # nobody is told of what did not come
    dearer.advance(DECEMBER)
    assert subscribers(dearer)["subscribers"] == {"1": 3}
    assert invoices(dearer)[0]["total"]["minor"] == 5297
    assert cancel(dearer, made["migration"], 422)["code"] == "transition_not_allowed"

    again = migrate(dearer)
    assert again["scheduled"] == 3
    dearer.advance(JANUARY)
    back = cancel(dearer, again["migration"])
    assert (back["stage"], back["taken_back"]) == ("canceled", 0)  # in force for ever


def test_who_goes_to_another_plan_or_ends_is_left_alone_with_the_reason(dearer):
    dearer.ask("POST", f"/sales/subscriptions/{dearer.bob}/change", {"plan": "free", "when": "period_end"})
    dearer.ask("POST", f"/sales/subscriptions/{dearer.eve}/cancel")
    dearer.settle()

    reasons = {dearer.bob: "plan_changes_anyway", dearer.eve: "ends_by_then", dearer.ada: None}
    seen = foresee(dearer)["subscribers"]
    assert {each["subscription"]: each["skipped"] for each in seen} == reasons
    made = migrate(dearer)

    assert (made["scheduled"], made["skipped"]) == (
        1,
        {"plan_changes_anyway": 1, "ends_by_then": 1},
    )
    listed = dearer.ask("GET", f"/sales/migrations/{made['migration']}/subscribers")[1]["subscribers"]
    assert {each["subscription"]: each["skipped"] for each in listed} == reasons
    dearer.advance(DECEMBER)
    assert subscribers(dearer)["subscribers"] == {"2": 1}
    assert subscribers(dearer, "free")["subscribers"] == {"1": 1}


def test_seats_that_wait_for_the_next_period_come_with_the_new_version(dearer):
    body = {"seats": "3", "when": "period_end"}
    assert dearer.ask("POST", f"/sales/subscriptions/{dearer.ada}/change", body)[0] == 200
    dearer.settle()
    made = migrate(dearer)

    assert made["scheduled"] == 3
    canceled = cancel(dearer, made["migration"])
    assert canceled["taken_back"] == 3
    migrate(dearer)
    dearer.advance(DECEMBER)

    after = of(dearer, dearer.ada)
    assert (after["plan_version"], after["seats"]) == (2, "3")


def test_many_are_scheduled_in_pieces_each_once(dearer):
    for n in range(migrations.PIECE):
        another(dearer, f"more{n}")  # on the version on sale: not concerned
    apply(dearer, catalogue("69.00"))
    first = foresee(dearer)
    assert (first["versions"], len(first["subscribers"])) == ([1, 2], migrations.PAGE)
    second = foresee(dearer, cursor=first["next"])
    seen = [each["subscription"] for each in first["subscribers"] + second["subscribers"]]
    assert (len(seen), len(set(seen)), second["next"]) == (18, 18, None)

    made = migrate(dearer)

    assert (made["stage"], made["scheduled"]) == ("scheduled", 18)
    assert dearer.unsettled() == set()
    [listed] = dearer.ask("GET", "/sales/migrations")[1]["migrations"]
    assert listed == made
    changed = [e["subject"] for e in dearer.events if e["type"] == "SubscriptionScheduleChanged.v1"]
    assert (len(changed), len(set(changed))) == (18, 18)


def test_subscribers_of_a_withdrawn_plan_go_to_another(dearer):
    apply(dearer, catalogue(plans=("free",)))

    assert foresee(dearer, 404)["code"] == "unknown_plan"  # nowhere to go
    made = migrate(dearer, into="free")

    assert (made["into"], made["scheduled"]) == ("free", 3)
    dearer.advance(DECEMBER)
    assert subscribers(dearer, "free")["subscribers"] == {"1": 3}


@pytest.mark.parametrize(
    ("wish", "status", "code"),
    [
        ({"plan": "gold"}, 404, "plan_not_found"),
        ({"into": "gold"}, 404, "unknown_plan"),
        ({"versions": [2]}, 422, "nothing_to_migrate"),
        ({"versions": [1, 7]}, 404, "unknown_version"),
        ({"plan": "free"}, 422, "nothing_to_migrate"),
        ({"not_before": "2023-12-15T00:00:00"}, 422, "invalid"),
        ({"cursor": "x"}, 422, "invalid"),
    ],
)
def test_what_cannot_be_migrated_says_why(dearer, wish, status, code):
    assert migrate(dearer, status, **wish)["code"] == code
    assert dearer.rows("MIGRATION#") == []


def test_a_cursor_that_no_page_gave_is_refused(dearer):
    assert foresee(dearer, 422, cursor="x")["code"] == "invalid_cursor"


def test_another_tenant_finds_no_migration_of_ours(dearer):
    made = migrate(dearer)
    dearer.open_tenant("ten_b")

    assert dearer.ask("GET", f"/sales/migrations/{made['migration']}", tenant="ten_b")[0] == 404
    assert dearer.ask("GET", "/sales/migrations", tenant="ten_b")[1]["migrations"] == []


def test_it_waits_for_the_end_of_a_period_that_a_pause_has_shifted(dearer):
    dearer.now = datetime(2023, 11, 10, tzinfo=UTC)
    path = f"/sales/subscriptions/{dearer.ada}"
    assert dearer.ask("POST", f"{path}/pause", {"when": "now", "resume_at": "2023-12-20T00:00:00Z"})[0] == 200
    dearer.settle()
    migrate(dearer, not_before="2024-01-15T00:00:00Z")
    for at in (datetime(2023, 12, 20, tzinfo=UTC), datetime(2024, 1, 20, tzinfo=UTC), FEBRUARY):
        dearer.advance(at)
    before = len(invoices(dearer))
    assert (of(dearer, dearer.ada)["plan_version"], invoices(dearer)[0]["net"]["minor"]) == (1, 4900)

    dearer.advance(datetime(2024, 2, 20, tzinfo=UTC))

    assert (of(dearer, dearer.ada)["plan_version"], len(invoices(dearer))) == (2, before + 1)
    assert invoices(dearer)[0]["net"]["minor"] == 5900

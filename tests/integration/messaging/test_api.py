"""The routes of messaging: pages, scopes and bad input."""

import pytest

from tests.integration.messaging.conftest import ADA, DECEMBER, customer, started

NOTICES = f"/messaging/customers/{ADA}/notices"


def test_notices_are_listed_newest_first_page_by_page(world):
    for n in range(52):
        world.hear(started(id_=f"evt_{n:02}", at=DECEMBER.replace(minute=n)))
    world.settle()

    _, first = world.call("GET", NOTICES)
    _, second = world.call("GET", f"{NOTICES}?cursor={first['next']}")

    assert (len(first["notices"]), len(second["notices"]), second.get("next")) == (50, 2, None)
    times = [notice["at"] for notice in first["notices"] + second["notices"]]
    assert times == sorted(times, reverse=True)
    assert world.call("GET", f"{NOTICES}?cursor=U1VCIzE")[1]["code"] == "cursor_invalid"


def test_a_notice_tells_what_became_of_it_and_no_address(world):
    world.tell(started())
    [listed] = world.call("GET", NOTICES)[1]["notices"]

    status, notice = world.call("GET", f"/messaging/notices/{listed['id']}")

    assert (status, notice) == (200, listed)
    assert (notice["category"], notice["channel"], notice["status"]) == ("account", "email", "sent")
    assert "ada@example.com" not in str(notice)


def test_a_customer_is_known_by_the_sellers_own_name_too(world):
    world.tell(customer(id_="cus_tkfoeovuy3bfhwqdu7jlvyql2d"))  # as sales names its "ada"

    wanted = {"account": True, "offers": True}
    assert world.call("GET", "/messaging/customers/ada/preferences") == (200, wanted)
    assert world.call("GET", "/messaging/customers/nobody/preferences")[0] == 404
    assert world.call("PUT", "/messaging/customers/nobody/preferences", {})[0] == 404


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", NOTICES, None),
        ("PUT", f"/messaging/customers/{ADA}/preferences", {}),
        ("POST", "/messaging/suppressions", {"address": "ada@example.com"}),
        ("DELETE", "/messaging/suppressions/adr_x", None),
        ("POST", "/messaging/notices/ntc_x/resend", None),
    ],
)
def test_a_credential_of_another_subsystem_is_refused(world, method, path, body):
    status, answer = world.call(method, path, body, scopes="sales:* access:check")

    assert (status, answer["code"]) == (403, "scope_missing")


@pytest.mark.parametrize(
    "address",
    ["", "ada", "ada@", "@example.com", "a b@example.com", "a@b\r\nBcc: eve@example.com", "x" * 300],
)
def test_what_is_no_address_is_refused_by_name_and_not_repeated(world, address):
    status, answer = world.call("POST", "/messaging/suppressions", {"address": address})

    assert (status, answer["errors"][0]["field"]) == (422, "body.address")
    assert "Bcc" not in str(answer)


def test_a_suppression_that_is_none_cannot_be_lifted(world):
    assert world.call("DELETE", "/messaging/suppressions/adr_none")[1]["code"] == "suppression_not_found"


def test_suppressing_twice_is_suppressing_once_and_said_once(world):
    body = {"address": "ada@example.com", "cause": "complaint"}

    first, second = (world.call("POST", "/messaging/suppressions", body)[1]["id"] for _ in range(2))
    world.settle()

    assert first == second
    assert world.said("AddressSuppressed.v1") == [{"address": first, "cause": "complaint"}]

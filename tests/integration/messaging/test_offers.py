"""An offer after a refusal: once, in time, and with a way out that needs no password."""

from datetime import UTC, datetime, timedelta

import pytest
from botocore.exceptions import ReadTimeoutError

from billing.aws import clients
from tests.integration.messaging.conftest import ADA, DECEMBER, customer, denied, plan, started, subscription

API = "https://api.acme.example"


@pytest.fixture(autouse=True)
def public(monkeypatch, world):
    monkeypatch.setenv("PUBLIC_URL", API)
    return world


def test_a_refusal_becomes_an_offer_that_names_the_plan_and_its_price(world):
    world.tell(denied("data_export"))

    (mail,) = world.mails
    assert mail.subject == "The Pro plan of Acme includes data export"
    assert "You wanted to use data export, which is not part of your present plan.\n" in mail.text
    assert "Plan: Pro\nPrice: $99.00\n" in mail.text


def test_a_used_up_allowance_is_told_as_what_it_is(world):
    world.tell(customer(locale="de", sequence=2), denied("tokens", reason="limit_reached"))

    assert "Sie haben von tokens alles verbraucht, was Ihr jetziger Tarif enthält.\n" in world.mails[0].text


def test_the_second_refusal_of_a_month_is_not_another_mail(world):
    second = denied(at=DECEMBER + timedelta(days=29), sequence=2)
    other = denied("reports", at=DECEMBER + timedelta(days=1))
    later = denied(at=DECEMBER + timedelta(days=30), sequence=3)

    world.tell(denied())
    world.tell(denied(), second, other)
    assert [mail.subject.rsplit(" ", 1)[1] for mail in world.mails] == ["export", "reports"]

    world.tell(later)
    assert len(world.mails) == 3


def test_without_a_plan_that_lifts_the_refusal_there_is_no_offer(world):
    world.tell(denied(offer=None), denied("reports", reason="ended"), denied("api", reason="restricted"))

    assert world.mails == []


def test_an_offer_taken_meanwhile_is_not_sent(world):
    upgraded = subscription("Changed", plan="pro", sequence=2)
    world.tell(plan("Pro", "pro"), started(), upgraded)

    world.tell(denied())

    assert ("offer", "dropped", "stale_offer_taken") in world.notices()


def test_an_offer_that_comes_late_is_not_sent(world):
    world.tell(denied(recorded=datetime.now(UTC) - timedelta(days=2, minutes=1)))

    assert world.notices() == [("offer", "dropped", "stale_too_old")]


def test_an_offer_carries_its_way_out_and_nothing_else_does(world):
    world.tell(denied(), started())

    offer, welcome = world.mail("offer"), world.mail("welcome")
    link = offer.headers["List-Unsubscribe"].strip("<>")
    assert link.startswith(f"{API}/messaging/unsubscribe/")
    assert offer.headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert f"Get no more offers: {link}\n" in offer.text
    assert welcome.headers == {}
    assert "nsubscribe" not in welcome.text + welcome.html.lower()


def test_one_click_ends_offers_and_only_offers(world):
    world.tell(denied())
    path = world.mails[0].headers["List-Unsubscribe"].strip("<>").removeprefix(API)

    asked, page = world.open(path)
    assert (asked, world.call("GET", f"/messaging/customers/{ADA}/preferences")[1]["offers"]) == (200, True)
    assert "Get no more offers" in page
    assert "Ada" not in page

    for _ in range(2):
        done, page = world.open(path, method="POST", body="List-Unsubscribe=One-Click")
        assert (done, "You get no more offers" in page) == (200, True)

    world.tell(denied("reports"), started())
    assert ("offer", "dropped", "not_wanted") in world.notices()
    assert world.mail("welcome")


def test_a_link_that_is_none_shows_nothing(world):
    assert world.open("/messaging/unsubscribe/abc")[0] == 404
    assert world.open("/messaging/unsubscribe/%00%0a", method="POST")[0] == 404


def test_without_a_public_address_there_is_no_offer(world, monkeypatch):
    monkeypatch.setenv("PUBLIC_URL", "")

    world.tell(denied())

    assert world.notices() == [("offer", "dropped", "no_way_to_unsubscribe")]


def test_an_offer_whose_outcome_nobody_knows_is_not_sent_again(world):
    def lost(**_):
        raise ReadTimeoutError(endpoint_url="ses")

    clients.client("sesv2", tries=1).meta.events.register("after-call.sesv2.SendEmail", lost)
    world.tell(denied())

    assert len(world.mails) == 1
    assert world.notices() == [("offer", "lost", "outcome_unknown")]
    assert world.dead == []

"""Once, not stale, not against anybody's will: what happens between a notice and its mail."""

from datetime import UTC, datetime, timedelta

import pytest
from botocore.exceptions import ClientError, ReadTimeoutError

from billing.aws import clients
from messaging import sending
from tests.integration.messaging.conftest import (
    ADA,
    customer,
    failed,
    finalized,
    paid,
    said,
    started,
    to_confirm,
    voided,
)


class KilledError(BaseException):
    """The function ended here: nothing in it can hold that up."""


def breaking(world, point, error, times=1):
    """Let calls to the mail service fail at a point of their way, for some times."""
    left = [times]

    def fail(**_):
        if left[0]:
            left[0] -= 1
            raise error

    clients.client("sesv2", tries=1).meta.events.register(f"{point}.sesv2.SendEmail", fail)


def refusal(code):
    return ClientError({"Error": {"Code": code, "Message": "ada@example.com"}}, "SendEmail")


def test_an_event_that_comes_again_is_one_mail(world):
    world.tell(started(), started(), finalized(), finalized())
    world.tell(started(), finalized())

    assert sorted(mail.tags["template"] for mail in world.mails) == ["invoice", "welcome"]


def test_a_send_command_that_comes_again_is_one_mail(world):
    world.tell(finalized())
    notice = world.mails[0].tags["notice"]
    command = said(
        "messaging", "SendNotice.v1", {"notice": notice}, subject=f"notice/{notice}", id_="evt_again"
    )

    world.put_on_queue("send", command)
    world.settle()

    assert len(world.mails) == 1


def test_a_customer_who_arrives_after_their_subscription_is_welcomed(world):
    late = "cus_late"
    event = started()
    event["data"]["state"]["customer"] = late

    world.tell(event, customer("Late", "late@example.com", id_=late))

    assert [mail.to for mail in world.mails] == ["late@example.com"]
    assert world.dead == []


def test_a_failed_payment_of_an_invoice_paid_meanwhile_is_not_told(world):
    world.tell(finalized())
    world.tell(failed(), to_confirm(sequence=2), paid())

    assert [mail.tags["template"] for mail in world.mails] == ["invoice", "receipt"]
    assert sorted(world.notices())[:1] == [("action_required", "dropped", "stale_invoice_paid")]


def test_a_voided_invoice_is_not_asked_for(world):
    world.tell(voided(), finalized())

    assert world.mails == []
    assert world.notices() == [("invoice", "dropped", "stale_invoice_void")]


def test_old_news_of_a_replay_is_not_told(world):
    world.tell(started(recorded=datetime.now(UTC) - timedelta(days=8)))

    assert world.mails == []
    assert world.notices() == [("welcome", "dropped", "stale_too_old")]


def test_who_does_not_want_to_be_welcomed_still_gets_invoices(world):
    path = f"/messaging/customers/{ADA}/preferences"
    assert world.call("PUT", path, {"account": False}) == (200, {"account": False, "offers": True})

    world.tell(started(), finalized())

    assert [mail.tags["template"] for mail in world.mails] == ["invoice"]
    assert world.call("GET", path) == (200, {"account": False, "offers": True})


def test_money_matters_cannot_be_switched_off(world):
    status, answer = world.call("PUT", f"/messaging/customers/{ADA}/preferences", {"billing": False})

    assert (status, answer["errors"][0]["field"]) == (422, "body.billing")


def test_a_suppressed_address_gets_nothing_until_it_is_allowed_again(world):
    body = {"address": "ADA@example.com", "cause": "bounce"}
    status, suppressed = world.call("POST", "/messaging/suppressions", body)
    assert status == 201

    world.tell(finalized())
    assert world.notices() == [("invoice", "dropped", "address_suppressed")]
    assert "example.com" not in str(world.rows("SUPPRESSED"))

    assert world.call("DELETE", f"/messaging/suppressions/{suppressed['id']}")[0] == 200
    world.tell(paid())
    assert [mail.tags["template"] for mail in world.mails] == ["receipt"]


def test_a_notice_is_sent_again_on_request(world):
    world.tell(finalized())
    notice = world.mails[0].tags["notice"]

    status, answer = world.call("POST", f"/messaging/notices/{notice}/resend", key="again")
    world.call("POST", f"/messaging/notices/{notice}/resend", key="again")
    world.settle()

    assert (status, answer["status"]) == (202, "waiting")
    assert [mail.tags["notice"] for mail in world.mails] == [notice, notice]


def test_a_lost_answer_is_one_more_mail_at_most(world):
    breaking(world, "after-call", ReadTimeoutError(endpoint_url="ses"))

    world.tell(finalized())

    assert len(world.mails) == 2  # nobody knows of the first: money matters are told at least once
    assert world.notices() == [("invoice", "sent", None)]
    assert len(world.said("NoticeSent.v1")) == 1


def test_a_function_killed_while_sending_holds_its_notice_for_the_lease(world):
    again = _killed_while_sending(world)

    world.put_on_queue("send", again)
    world.settle()

    assert len(world.mails) == 1
    assert world.notices() == [("invoice", "sending", None)]
    assert [letter["reason"] for letter in world.dead] == ["NotYetError: somebody is sending this notice"]


def test_after_the_lease_the_notice_of_a_killed_function_is_sent(world, monkeypatch):
    monkeypatch.setattr(sending, "LEASE", timedelta(0))
    again = _killed_while_sending(world)

    world.put_on_queue("send", again)
    world.settle()

    assert len(world.mails) == 2
    assert world.notices() == [("invoice", "sent", None)]
    assert world.dead == []


def _killed_while_sending(world):
    """End the function between the mail and its mark; returns the message that comes again."""
    breaking(world, "after-call", KilledError())
    with pytest.raises(KilledError):
        world.tell(finalized())
    notice = world.mails[0].tags["notice"]
    return said("messaging", "SendNotice.v1", {"notice": notice}, subject=f"notice/{notice}")


@pytest.mark.parametrize("code", ["TooManyRequestsException", "SendingPausedException"])
def test_a_throttled_mail_comes_again(world, code):
    breaking(world, "before-call", refusal(code), times=2)

    world.tell(finalized())

    assert len(world.mails) == 1
    assert world.notices() == [("invoice", "sent", None)]
    assert world.dead == []


def test_a_refused_mail_fails_with_its_reason_and_no_address(world):
    breaking(world, "before-call", refusal("MessageRejected"))

    world.tell(finalized())

    assert world.mails == world.dead == []
    assert world.notices() == [("invoice", "failed", "MessageRejected")]


def test_a_sender_the_service_does_not_know_fails_every_notice(world, monkeypatch):
    monkeypatch.setenv("SENDER", "nobody@elsewhere.example")

    world.tell(finalized())

    assert world.notices() == [("invoice", "failed", "MessageRejected")]


def test_an_address_that_cannot_be_written_to_fails_its_notice(world):
    world.tell(customer(email="ädä@example.com", sequence=2), finalized())

    assert world.notices() == [("invoice", "failed", "AddressInvalid")]


def test_no_personal_data_leaves_but_in_the_mail(world):
    world.tell(started(), finalized(), paid(), failed())

    kept = [row for row in world.rows() if row["sk"] != "CUSTOMER"]
    for place in (kept, world.events, world.dead):
        assert "ada@example.com" not in str(place)
        assert "Ada Byron" not in str([e for e in place if e.get("type") != "CustomerChanged.v1"])


def test_another_tenants_notices_are_nobodys(world):
    world.tell(finalized())
    notice = world.mails[0].tags["notice"]

    assert world.call("GET", f"/messaging/customers/{ADA}/notices", tenant="ten_b")[0] == 404
    assert world.call("GET", f"/messaging/notices/{notice}", tenant="ten_b")[0] == 404
    assert world.call("POST", f"/messaging/notices/{notice}/resend", tenant="ten_b")[0] == 404


def test_under_a_clock_every_message_leaves_its_receipt(world):
    events = [started(clock="clk_a"), finalized(clock="clk_a"), paid(clock="clk_a")]

    world.tell(*events)

    expected = {(event["id"], "messaging.on_billing_events") for event in events}
    assert world.unsettled() == expected  # nobody here emitted those three; everything else is counted

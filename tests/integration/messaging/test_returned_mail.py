"""Bounces and complaints, as the mail service tells of them over EventBridge."""

import json

import pytest

from billing.aws.observability import logger
from tests.integration.world import World

ADA = "ada@example.com"


@pytest.fixture
def world():
    return World("messaging", queues={"send": "send", "returned_mail": "returned_mail"})


def returned(kind, told, *, tenant="ten_a", feedback="fb-1"):
    """An event of SES: the fields of its documented notifications."""
    type_ = {"bounce": "Email Bounced", "complaint": "Email Complaint Received"}[kind]
    tags = {"ses:configuration-set": ["billing"], "ses:caller-identity": ["send"], "notice": ["ntc_1"]}
    return {
        "version": "0",
        "id": "12345678-1234-1234-1234-111122223333",
        "detail-type": type_,
        "source": "aws.ses",
        "account": "111122223333",
        "time": "2024-03-05T16:10:00Z",
        "region": "us-east-1",
        "resources": [],
        "detail": {
            "eventType": kind.title(),
            kind: {"feedbackId": feedback, "timestamp": "2024-03-05T16:09:58.000Z", **told},
            "mail": {
                "timestamp": "2024-03-05T16:09:50.000Z",
                "source": "Acme <billing@example.com>",
                "sendingAccountId": "111122223333",
                "messageId": "EXAMPLE7c191be45-e9aedb9a-02f9-4d12-a87d-dd0099a07f8a-000000",
                "destination": [ADA],
                "headersTruncated": False,
                "tags": tags | ({"tenant": [tenant]} if tenant else {}),
            },
        },
    }


def bounce(type_, **more):
    recipient = {"emailAddress": ADA, "action": "failed", "status": "5.1.1", "diagnosticCode": f"no {ADA}"}
    told = {"bounceType": type_, "bounceSubType": "General", "bouncedRecipients": [recipient]}
    return returned("bounce", told, **more)


def complaint():
    told = {"complainedRecipients": [{"emailAddress": ADA}], "complaintFeedbackType": "abuse"}
    return returned("complaint", told)


def hear(world, *events):
    for event in events:
        world.put_on_queue("returned_mail", event)
    world.settle()


@pytest.mark.parametrize(("event", "cause"), [(bounce("Permanent"), "bounce"), (complaint(), "complaint")])
def test_an_address_that_takes_no_mail_or_complained_is_suppressed_and_said(world, event, cause):
    hear(world, event)

    [said] = world.said("AddressSuppressed.v1")
    assert said["cause"] == cause
    [row] = world.rows("SUPPRESSED")
    assert row["cause"] == cause
    assert ADA not in json.dumps([world.events, world.rows()], default=str)
    assert world.dead == []


def test_told_twice_it_is_said_once(world):
    hear(world, bounce("Permanent"), bounce("Permanent"), bounce("Permanent", feedback="fb-2"))

    assert len(world.said("AddressSuppressed.v1")) == 1
    assert world.dead == []


@pytest.mark.parametrize("type_", ["Transient", "Undetermined"])
def test_what_comes_back_only_for_now_is_counted(world, type_):
    hear(world, bounce(type_), bounce(type_), bounce(type_, feedback="fb-2"))

    assert world.said("AddressSuppressed.v1") == []
    assert [row["count"] for row in world.rows("RETURNED")] == [2]


def test_it_is_suppressed_for_its_tenant_alone(world):
    hear(world, bounce("Permanent"))

    assert [row["pk"].split("#")[1] for row in world.rows("SUPPRESSED")] == ["ten_a"]


@pytest.mark.parametrize(
    ("event", "reason"),
    [
        (bounce("Permanent", tenant=None), "MalformedEventError: detail.mail.tags.tenant: missing"),
        (bounce("Permanent") | {"source": "acme.app"}, "MalformedEventError: source: not aws.ses"),
        (bounce("Permanent") | {"detail": {"mail": {}}}, "MalformedEventError: detail.mail.tags: missing"),
        (bounce("Permanent") | {"detail": {"mail": {"tags": {"tenant": ["t"]}}}}, "UnknownEventError"),
    ],
)
def test_what_is_no_return_of_ours_is_set_aside_and_names_no_address(world, caplog, event, reason):
    logger.addHandler(caplog.handler)
    try:
        hear(world, event)
    finally:
        logger.removeHandler(caplog.handler)

    [letter] = world.dead
    assert letter["reason"].startswith(reason)
    assert ADA not in letter["reason"] + caplog.text + str([vars(line) for line in caplog.records])

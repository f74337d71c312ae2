"""Dead letters come back to the queue they left, once, and those of other stages stay where they are."""

import boto3
import pytest
from rich.console import Console

from local.console import Screen, UserError
from local.redrive import DeadLetters, redrive


@pytest.fixture
def sqs():
    return boto3.client("sqs")


@pytest.fixture
def screen():
    return Screen(console=Console(quiet=True))


def queue(sqs, name):
    fifo = {"FifoQueue": "true"} if name.endswith(".fifo") else {}
    return sqs.create_queue(QueueName=name, Attributes=fifo)["QueueUrl"]


def set_aside(sqs, url, body, **more):
    reason = {"reason": {"DataType": "String", "StringValue": "RuleError: no plan"}}
    sqs.send_message(QueueUrl=url, MessageBody=body, MessageAttributes=reason, **more)


def bodies(sqs, url):
    found = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", [])
    return sorted(message["Body"] for message in found)


def test_letters_go_back_to_their_queue(sqs):
    work, dead = queue(sqs, "billing-dev-sales-work"), queue(sqs, "billing-dev-sales-work-dead")
    for number in range(12):
        set_aside(sqs, dead, f"letter {number:02}")

    reasons = DeadLetters(sqs, "dev").bring_back("sales-work")

    assert reasons == ["RuleError: no plan"] * 12
    assert bodies(sqs, work) + bodies(sqs, work) == [f"letter {number:02}" for number in range(12)]
    assert bodies(sqs, dead) == []


def test_a_letter_goes_back_with_its_reason(sqs):
    work, dead = queue(sqs, "billing-dev-sales-work"), queue(sqs, "billing-dev-sales-work-dead")
    set_aside(sqs, dead, "letter")

    DeadLetters(sqs, "dev").bring_back("sales-work")

    [back] = sqs.receive_message(QueueUrl=work, MessageAttributeNames=["All"])["Messages"]
    assert back["MessageAttributes"]["reason"]["StringValue"] == "RuleError: no plan"


def test_an_ordered_letter_goes_back_into_its_line(sqs):
    line = queue(sqs, "billing-dev-sales-finalize.fifo")
    dead = queue(sqs, "billing-dev-sales-finalize-dead.fifo")
    set_aside(sqs, dead, "number it", MessageGroupId="ten_a.main", MessageDeduplicationId="1")

    DeadLetters(sqs, "dev").bring_back("sales-finalize")

    [back] = sqs.receive_message(QueueUrl=line, AttributeNames=["All"])["Messages"]
    assert (back["Body"], back["Attributes"]["MessageGroupId"]) == ("number it", "ten_a.main")


def test_another_stage_is_left_alone(sqs):
    queue(sqs, "billing-dev-sales-work-dead")
    queue(sqs, "billing-prod-sales-work-dead")

    assert list(DeadLetters(sqs, "dev").urls.values()) == [queue(sqs, "billing-dev-sales-work-dead")]


def test_without_a_name_nothing_is_moved(sqs, screen):
    queue(sqs, "billing-dev-sales-work")
    dead = queue(sqs, "billing-dev-sales-work-dead")
    set_aside(sqs, dead, "letter")

    assert redrive(screen, DeadLetters(sqs, "dev"), []) == 0

    assert bodies(sqs, dead) == ["letter"]


def test_a_wrong_name_is_answered_with_those_there_are(sqs, screen):
    queue(sqs, "billing-dev-sales-work-dead")

    with pytest.raises(UserError, match=r"No dead letters are kept for sales-worx\."):
        redrive(screen, DeadLetters(sqs, "dev"), ["sales.worx"])

"""The consumer of a queue: what becomes of a message, whatever is wrong with it."""

import json
import logging
import os

import boto3
import pytest

from billing.aws.observability import logger
from billing.aws.queue import Consumer, NotYetError
from billing.core.errors import RuleError
from events.payments import PaymentFailedV1, PaymentSucceededV1
from tests.integration.world import World, message

PART = {
    "payment": "pay_1",
    "invoice": "inv_1",
    "customer": "cus_1",
    "amount_minor": 100,
    "currency": "CHF",
    "legal_entity": "main",
    "provider": "stripe",
}


def paid(payment="pay_1", **more):
    data = {"payment": {**PART, "payment": payment}}
    return message(
        "payments", "PaymentSucceeded.v1", data, subject="invoice/inv_1", id_=f"evt_{payment}", **more
    )


def record(body, n=1, receives=1, group=None):
    attributes = {"ApproximateReceiveCount": str(receives)} | ({"MessageGroupId": group} if group else {})
    text = body if isinstance(body, str) else json.dumps(body)
    return {"messageId": f"m{n}", "receiptHandle": f"r{n}", "body": text, "attributes": attributes}


class Desk:
    """A consumer that does what a test says for each payment."""

    def __init__(self, *, ordered=False):
        self.world = World("sales", queues={"work": "work"})
        os.environ["DEAD_LETTER_URL"] = self.world._dead_letters["finalize-dead" if ordered else "dead"]
        self.consumer = Consumer("sales.on_payment_events", ordered=ordered)
        self.acts = {}
        self.handled = []
        self.consumer.on(PaymentSucceededV1)(self.handle)

    def handle(self, event, _message, changes):
        payment = event.payment.payment
        self.handled.append(payment)
        if payment in self.acts:
            self.acts[payment]()
        changes.put({"pk": f"T#ten_a#payment/{payment}", "sk": "PAID"}, seen=None)

    def receive(self, *records):
        answer = self.consumer({"Records": list(records)}, None)
        return [item["itemIdentifier"] for item in answer["batchItemFailures"]]

    def dead(self):
        self.world._take_dead_letters()
        return [letter["reason"] for letter in self.world.dead]

    def stored(self):
        return sorted(row["pk"].rpartition("/")[2] for row in self.world.rows("PAID"))


@pytest.fixture
def desk():
    return Desk()


def raising(error):
    def act():
        raise error

    return act


def test_a_fact_told_twice_counts_once(desk):
    assert desk.receive(record(paid(), 1), record(paid(), 2)) == []
    assert desk.receive(record(paid(), 3)) == []
    assert (desk.stored(), desk.handled) == (["pay_1"], ["pay_1"])


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("{", "StrictJsonError: not JSON"),
        ('{"id": 1, "id": 2}', "StrictJsonError: the field 'id' stands twice"),
        ("[]", "MalformedEventError: envelope: not an object"),
        (json.dumps({"detail": '{"a": NaN}'}), "StrictJsonError: NaN is not a number we accept"),
        (json.dumps({"detail": "no json"}), "StrictJsonError: not JSON"),
        (json.dumps({"detail": ["x"]}), "MalformedEventError: envelope"),
        ({}, "MalformedEventError: envelope: id: missing"),
        (paid() | {"data": {"payment": {"secret": "4242"}}}, "MalformedEventError: PaymentSucceeded.v1"),
        (paid() | {"type": "PaymentSucceeded.v2"}, "UnknownEventError: PaymentSucceeded.v2"),
        (paid() | {"type": "Nonsense"}, "UnknownEventError: Nonsense"),
        (paid() | {"specversion": "2.0"}, "UnknownEventError: an envelope of version 2.0"),
    ],
)
def test_what_can_never_work_is_set_aside_at_once_with_its_reason(desk, body, reason):
    assert desk.receive(record(body, 1), record(paid("pay_2"), 2)) == []

    [said] = desk.dead()
    assert said.startswith(reason)
    assert "4242" not in said
    assert desk.stored() == ["pay_2"]


def test_an_event_that_claims_another_sender_is_set_aside(desk):
    forged = {"source": "billing.messaging", "detail-type": "PaymentSucceeded.v1", "detail": paid()}

    assert desk.receive(record(forged)) == []

    assert desk.dead() == ["MalformedEventError: envelope: source: not the one it was sent from"]
    assert desk.stored() == []


def test_a_rule_that_refuses_is_no_reason_to_try_again(desk):
    desk.acts["pay_1"] = raising(RuleError("unknown_plan", "there is no such plan"))

    assert desk.receive(record(paid(), 1), record(paid("pay_2"), 2)) == []

    assert desk.dead() == ["RuleError: unknown_plan: there is no such plan"]
    assert desk.stored() == ["pay_2"]


@pytest.mark.parametrize("error", [NotYetError("wait"), TimeoutError(), KeyError("ada@example.com")])
def test_one_message_that_fails_comes_again_alone(desk, error):
    desk.acts["pay_1"] = raising(error)

    assert desk.receive(record(paid(), 1), record(paid("pay_2"), 2)) == ["m1"]

    assert (desk.stored(), desk.dead()) == (["pay_2"], [])
    del desk.acts["pay_1"]
    assert desk.receive(record(paid(), 1, receives=2)) == []
    assert desk.stored() == ["pay_1", "pay_2"]


def test_the_last_try_sets_a_message_aside_and_repeats_no_personal_data(desk, caplog):
    desk.acts["pay_1"] = raising(KeyError("ada@example.com"))

    logger.addHandler(caplog.handler)
    logger.setLevel(logging.INFO)
    try:
        assert desk.receive(record(paid(), 1, receives=5)) == []
    finally:
        logger.setLevel(logging.CRITICAL)
        logger.removeHandler(caplog.handler)

    [said] = desk.dead()
    assert said.startswith("KeyError in test_queue.py:")
    assert "ada" not in said + caplog.text + str([vars(line) for line in caplog.records])
    assert "dead letter" in caplog.text


def test_under_a_clock_a_dead_letter_is_reported_once(desk):
    desk.acts["pay_1"] = raising(RuleError("no", "no"))

    for n in (1, 2):
        assert desk.receive(record(paid(clock="clk_a"), n)) == []
    desk.world.settle()

    [said] = {json.dumps(event) for event in desk.world.said("WorkFailed.v1")}
    assert json.loads(said)["reason"] == "RuleError: no: no"


def test_a_letter_that_cannot_be_written_keeps_its_message_and_lets_the_others_pass(desk, monkeypatch):
    monkeypatch.setenv("DEAD_LETTER_URL", "https://sqs.us-east-1.amazonaws.com/123456789012/nowhere")

    assert desk.receive(record("{", 1), record(paid("pay_2"), 2)) == ["m1"]

    assert desk.stored() == ["pay_2"]


def test_an_ordered_queue_stops_at_the_first_failure_and_all_of_it_comes_again_soon():
    desk = Desk(ordered=True)
    sqs = boto3.client("sqs")
    url = desk.world._queue("finalize-own")
    os.environ["OWN_QUEUE_URL"] = url
    for n in (1, 2, 3):
        fifo = {"MessageGroupId": "a", "MessageDeduplicationId": f"d{n}"}
        sqs.send_message(QueueUrl=url, MessageBody=json.dumps(paid(f"pay_{n}")), **fifo)
    batch = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, AttributeNames=["All"])["Messages"]
    records = [
        {
            "messageId": m["MessageId"],
            "receiptHandle": m["ReceiptHandle"],
            "body": m["Body"],
            "attributes": m["Attributes"],
        }
        for m in batch
    ]
    desk.acts["pay_2"] = raising(NotYetError("wait"))

    assert desk.receive(*records) == [records[1]["messageId"], records[2]["messageId"]]

    assert (desk.handled, desk.stored()) == (["pay_1", "pay_2"], ["pay_1"])
    sqs.delete_message(QueueUrl=url, ReceiptHandle=records[0]["receiptHandle"])
    # the third was not tried, but while it is out no message of its group comes
    assert [wait_of(url, r["receiptHandle"]) for r in records[1:]] == [1, 1]


def wait_of(url, handle):
    """For how many seconds a message that was received stays away, as the in-process SQS knows it."""
    from moto.sqs.models import sqs_backends  # noqa: PLC0415

    queue = sqs_backends["123456789012"]["us-east-1"].queues[url.rpartition("/")[2]]
    [message] = [m for m in queue._messages if m.receipt_handle == handle]
    return round((message.visible_at - message.sent_timestamp) / 1000)


def test_two_classes_may_share_a_handler():
    consumer = Consumer("sales.on_payment_events")
    consumer.on(PaymentSucceededV1, PaymentFailedV1)(lambda *_: None)

    assert consumer.classes == (PaymentSucceededV1, PaymentFailedV1)

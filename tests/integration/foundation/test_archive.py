import importlib
import json

import boto3
import pytest

from tests.integration.world import World, message

PERSON = {"name": "Ada Byron", "email": "ada@example.com"}
ADA = "cus_aaaaaaaaaaaaaaaaaaaaaaaaaa"


@pytest.fixture
def world(monkeypatch):
    monkeypatch.setenv("STAGE", "test")
    monkeypatch.setenv("ARCHIVE_BUCKET", "archive")
    boto3.client("s3").create_bucket(Bucket="archive")
    boto3.client("sqs").create_queue(QueueName="billing-test-messaging-on-billing-events")
    return World("foundation", queues={})


def customer_changed():
    data = {"customer": ADA, "person": PERSON}
    return message("sales", "CustomerChanged.v1", data, subject=f"customer/{ADA}")


def archived():
    s3 = boto3.client("s3")
    names = [item["Key"] for item in s3.list_objects_v2(Bucket="archive").get("Contents", [])]
    return {name: s3.get_object(Bucket="archive", Key=name)["Body"].read().decode() for name in names}


def replay(**more):
    order = {
        "consumer": "messaging.on_billing_events",
        "tenant": "ten_a",
        "first": "2026-01-01",
        "last": "2026-01-01",
    }
    return importlib.import_module("foundation.handlers.replay").handler(order | more, None)


def replayed():
    sqs = boto3.client("sqs")
    url = sqs.get_queue_url(QueueName="billing-test-messaging-on-billing-events")["QueueUrl"]
    found = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", [])
    return [json.loads(item["Body"])["detail"] for item in found]


def test_an_event_is_archived_once_and_its_personal_data_only_encrypted(world):
    world.hear(customer_changed())
    world.hear(customer_changed())
    world.settle()

    [(name, text)] = archived().items()
    assert name == f"ten_a/2026/01/01/CustomerChanged.v1/evt_CustomerChanged.v1_customer/{ADA}_1.json"
    assert "Ada" not in text
    assert "ada@example.com" not in text
    assert ADA in text


def test_a_replay_brings_an_event_back_as_it_was(world):
    world.hear(customer_changed())
    world.settle()

    assert replay()["sent"]["CustomerChanged.v1"] == 1
    assert replayed() == [customer_changed() | {"datacontenttype": "application/json"} | _times()]


def test_an_erased_person_is_gone_from_what_was_archived_and_from_what_comes(world):
    world.hear(customer_changed())
    world.settle()

    assert world.call("POST", "/foundation/erasures", {"customer": ADA})[0] == 200
    world.hear(message("sales", "CustomerChanged.v1", {"customer": ADA, "person": PERSON}, subject="c/2"))
    world.settle()
    replay()

    people = [event["data"]["person"] for event in replayed()]
    assert people == [{"name": "erased", "email": "erased@erased.invalid"}] * 2
    assert all("Ada" not in text for text in archived().values())


def test_a_replay_to_nobody_is_refused(world):
    assert replay(consumer="sales.nobody")["code"] == "unknown_consumer"
    assert replay(tenant="ten_a#x")["code"] == "invalid"


def _times():
    return {"time": "2023-11-01T00:00:00Z", "recordedat": "2026-01-01T00:00:00Z"}

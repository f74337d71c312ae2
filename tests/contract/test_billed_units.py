"""Our reading of DynamoDB's bill, write by write beside what the emulator says was consumed."""

import os
import random
import time
import urllib.request
from pathlib import Path

import boto3
import pytest
from botocore.httpsession import URLLib3Session

from local import ports, processes
from tests.wire import Wire

EMULATOR = Path(__file__).parents[2] / ".local" / "emulator" / "bin" / "python"
KEYS = {"pk": "HASH", "sk": "RANGE"}


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    """A fresh emulator on a loopback port of its own."""
    if not EMULATOR.exists():
        pytest.skip("the emulator is not installed: make setup")
    place, port = tmp_path_factory.mktemp("emulator"), ports.free().gateway
    settings = {"GATEWAY_PORT": str(port), "BIND_HOST": "127.0.0.1", "TMPDIR": str(place)}
    command = [str(EMULATOR), "-m", "ministack"]
    running = processes.start(command, env=os.environ | settings, cwd=place, log=place / "log")
    found = f"http://127.0.0.1:{port}"
    try:
        _wait(found, running)
        yield found
    finally:
        processes.end(running)


def _wait(address, running):
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        try:
            urllib.request.urlopen(f"{address}/_ministack/health", timeout=1)  # noqa: S310
        except OSError:
            assert processes.group_alive(running), "the emulator ended"
            time.sleep(processes.POLL_SECONDS)
        else:
            return
    raise TimeoutError("the emulator does not answer")


@pytest.fixture
def wire(address, monkeypatch):
    monkeypatch.setenv("AWS_ENDPOINT_URL", address)
    http = URLLib3Session()
    with Wire(lambda _name, request: http.send(request)).listening() as wire:
        yield wire


def a_table(client, name):
    client.create_table(
        TableName=name,
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": n, "AttributeType": "S"} for n in ("pk", "sk", "work", "at")],
        KeySchema=[{"AttributeName": n, "KeyType": kind} for n, kind in KEYS.items()],
        GlobalSecondaryIndexes=[
            {
                "IndexName": "work",
                "KeySchema": [
                    {"AttributeName": "work", "KeyType": "HASH"},
                    {"AttributeName": "at", "KeyType": "RANGE"},
                ],
                "Projection": {"ProjectionType": "KEYS_ONLY"},
            }
        ],
    )
    return name


def an_item(chance, key):
    numbers = [
        0,
        7,
        -7,
        100,
        12_345_678_901,
        "0.000003",
        "-1.5",
        "1e20",
        "99999999999999999999999999999999999999",
    ]
    item = {
        "pk": {"S": key},
        "sk": {"S": "ITEM"},
        "minor": {"N": str(chance.choice(numbers))},
        "name": {"S": "Zürich 東京 " * chance.randrange(120)},
        "yes": {"BOOL": True},
        "lines": {
            "L": [{"M": {"n": {"N": str(n)}, "none": {"NULL": True}}} for n in range(chance.randrange(40))]
        },
        "tags": {"SS": ["a", "bb"]},
        "raw": {"B": b"\x00" * chance.randrange(500)},
    }
    if chance.random() < 0.6:
        item |= {"work": {"S": "w" * chance.randrange(1, 1500)}, "at": {"S": chance.choice("ab")}}
    return item


def consumed(reply):
    found = reply["ConsumedCapacity"]
    return sum(part["CapacityUnits"] for part in (found if isinstance(found, list) else [found]))


def test_every_write_bills_what_the_emulator_consumes(wire):
    client, chance = boto3.client("dynamodb"), random.Random(7)  # noqa: S311
    table = a_table(client, "writes")
    for _ in range(120):
        keys = chance.sample(["a", "b", "c", "d", "e"], 3)
        kind = chance.choice(["put_item", "update_item", "delete_item", "transact_write_items"])
        if kind == "put_item":
            parameters = {"TableName": table, "Item": an_item(chance, keys[0])}
        elif kind == "update_item":
            parameters = {
                "TableName": table,
                "Key": {"pk": {"S": keys[0]}, "sk": {"S": "ITEM"}},
                "UpdateExpression": "SET more = :more REMOVE minor",
                "ExpressionAttributeValues": {":more": {"S": "x" * chance.randrange(1500)}},
            }
        elif kind == "delete_item":
            parameters = {"TableName": table, "Key": {"pk": {"S": keys[0]}, "sk": {"S": "ITEM"}}}
        else:
            gone = {"TableName": table, "Key": {"pk": {"S": keys[2]}, "sk": {"S": "ITEM"}}}
            puts = [{"Put": {"TableName": table, "Item": an_item(chance, key)}} for key in keys[:2]]
            parameters = {"TransactItems": [*puts, {"Delete": gone}]}
        ask = wire.watched("handler", getattr(client, kind))
        reply = ask(**parameters, ReturnConsumedCapacity="TOTAL")

        assert wire.calls[-1].units.writes == consumed(reply), parameters
    assert len(wire.calls) == 120


def test_single_reads_bill_what_the_emulator_consumes(wire):
    client = boto3.client("dynamodb")
    table = a_table(client, "reads")
    client.put_item(TableName=table, Item={"pk": {"S": "a"}, "sk": {"S": "ITEM"}})
    for consistent in (True, False):
        for key in ("a", "nobody"):
            reply = wire.watched("handler", client.get_item)(
                TableName=table,
                Key={"pk": {"S": key}, "sk": {"S": "ITEM"}},
                ConsistentRead=consistent,
                ReturnConsumedCapacity="TOTAL",
            )
            assert wire.calls[-1].units.reads == consumed(reply)

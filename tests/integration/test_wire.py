"""The hook itself: what it counts, what it bills, how it breaks."""

import boto3
import pytest
from botocore.config import Config

from tests.wire import Crash, Fault, Wire

TABLE = "things"


def an_item(pk, size=0, **more):
    return {"pk": {"S": pk}, "sk": {"S": "A"}, **({"fill": {"S": "x" * size}} if size else {}), **more}


def put(item, **more):
    return {"Put": {"TableName": TABLE, "Item": item, **more}}


class Place:
    """A table with our index, and a handler that makes any call."""

    def __init__(self, wire):
        self.wire = wire
        self.client = boto3.client("dynamodb", config=Config(retries={"mode": "standard"}))
        self.client.create_table(
            TableName=TABLE,
            BillingMode="PAY_PER_REQUEST",
            AttributeDefinitions=[{"AttributeName": n, "AttributeType": "S"} for n in ("pk", "sk", "work")],
            KeySchema=[
                {"AttributeName": "pk", "KeyType": "HASH"},
                {"AttributeName": "sk", "KeyType": "RANGE"},
            ],
            GlobalSecondaryIndexes=[
                {
                    "IndexName": "work",
                    "KeySchema": [{"AttributeName": "work", "KeyType": "HASH"}],
                    "Projection": {"ProjectionType": "KEYS_ONLY"},
                }
            ],
        )

    def ask(self, operation, **parameters):
        return self.wire.watched("handler", getattr(self.client, operation))(**parameters)

    def writes(self, *items):
        return self.ask("transact_write_items", TransactItems=list(items))

    def there(self, pk):
        return "Item" in self.client.get_item(TableName=TABLE, Key=an_item(pk))


@pytest.fixture
def place():
    with Wire().listening() as wire:
        yield Place(wire)


def test_only_what_a_watched_handler_asks_is_counted(place):
    place.client.put_item(TableName=TABLE, Item=an_item("a"))
    place.ask("get_item", TableName=TABLE, Key=an_item("a"))
    place.ask("put_item", TableName=TABLE, Item=an_item("b"))

    assert dict(place.wire.counted()) == {"dynamodb.GetItem": 1, "dynamodb.PutItem": 1}
    assert [str(call) for call in place.wire.calls] == [
        "handler 1 dynamodb.GetItem",
        "handler 2 dynamodb.PutItem",
    ]


def test_writes_bill_started_kilobytes_twice_in_a_transaction(place):
    place.ask("put_item", TableName=TABLE, Item=an_item("a", 1014))  # 2+1 + 2+1 + 4+1014 = 1024 bytes
    assert place.wire.units().writes == 1
    place.ask("put_item", TableName=TABLE, Item=an_item("a", 1015))
    assert place.wire.units().writes == 3
    place.writes(put(an_item("b")), put(an_item("c", 3000)))
    assert place.wire.units().writes == 3 + 2 + 6


def test_an_index_bills_what_comes_moves_and_goes_at_the_plain_price(place):
    bills = []
    for work in ("one", "one", "two", None):
        before = place.wire.units().writes
        place.writes(put(an_item("a", **({"work": {"S": work}} if work else {}))))
        bills.append(place.wire.units().writes - before)

    assert bills == [2 + 1, 2, 2 + 2, 2 + 1]


def test_reads_bill_started_four_kilobytes_half_when_eventually_consistent(place):
    for n in range(5):
        item = an_item("a", 2000) | {"sk": {"S": str(n)}}
        place.client.put_item(TableName=TABLE, Item=item)
    place.ask("get_item", TableName=TABLE, Key=an_item("nobody"))
    assert place.wire.units().reads == 0.5
    query = {"KeyConditionExpression": "pk = :a", "ExpressionAttributeValues": {":a": {"S": "a"}}}
    place.ask("query", TableName=TABLE, ConsistentRead=True, **query)
    assert place.wire.units().reads == 0.5 + 3  # 5 x 2,010 bytes
    place.ask("query", TableName=TABLE, **query)
    assert place.wire.units().reads == 0.5 + 3 + 1.5


def test_a_crash_before_leaves_nothing_a_crash_after_leaves_the_effect(place):
    place.wire.strike("handler", 1, Fault.BEFORE)
    with pytest.raises(Crash):
        place.writes(put(an_item("a")))
    assert not place.there("a")

    place.wire.strike("handler", 2, Fault.AFTER)
    with pytest.raises(Crash):
        place.writes(put(an_item("a")))
    assert place.there("a")


def test_a_lost_answer_to_a_transaction_is_asked_for_again_and_changes_nothing(place):
    place.wire.strike("handler", 1, Fault.LOST)

    place.writes(put(an_item("a"), ConditionExpression="attribute_not_exists(pk)"))

    assert place.there("a")
    assert place.wire.counted()["dynamodb.TransactWriteItems"] == 2


def test_a_lost_answer_to_a_plain_conditional_write_reads_as_somebody_elses(place):
    place.wire.strike("handler", 1, Fault.LOST)

    with pytest.raises(place.client.exceptions.ConditionalCheckFailedException):
        place.ask(
            "put_item",
            TableName=TABLE,
            Item=an_item("a"),
            ConditionExpression="attribute_not_exists(pk)",
        )
    assert place.there("a")


def test_a_throttled_call_is_repeated(place):
    place.wire.strike("handler", 1, Fault.REFUSED)

    place.writes(put(an_item("a")))

    assert place.there("a")
    assert place.wire.struck == ["throttled handler 1"]

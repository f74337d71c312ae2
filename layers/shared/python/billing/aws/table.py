"""Reading one table: by key, or by query on a key or the work index. There is no scan."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TypedDict

from billing.aws.clients import client
from billing.aws.items import Item, pack, pack_value, unpack
from billing.aws.settings import setting
from billing.core.errors import NotFoundError

WORK_INDEX = "work"


class Key(TypedDict):
    """Where an item lies."""

    pk: str
    sk: str


def aggregate_pk(tenant: str, subject: str) -> str:
    """The partition of an aggregate: its tenant, then its subject (`invoice/inv_...`)."""
    return f"T#{tenant}#{subject}"


def item_key(tenant: str, subject: str, sk: str) -> Key:
    """Where an item of an aggregate lies."""
    return {"pk": aggregate_pk(tenant, subject), "sk": sk}


@dataclass(frozen=True, slots=True)
class Table:
    """A table by its physical name."""

    name: str

    def get(self, pk: str, sk: str, *, consistent: bool = True) -> Item | None:
        """One item, strongly consistent unless said otherwise."""
        reply = client("dynamodb").get_item(
            TableName=self.name, Key=pack({"pk": pk, "sk": sk}), ConsistentRead=consistent
        )
        return unpack(reply["Item"]) if "Item" in reply else None

    def some(self, keys: Sequence[Key]) -> list[Item]:
        """Those of up to 100 items that exist, in no order."""
        found: list[Item] = []
        wanted = {self.name: {"Keys": [pack(key) for key in keys], "ConsistentRead": True}}
        left: dict[str, Any] = wanted if keys else {}
        while left:
            reply = client("dynamodb").batch_get_item(RequestItems=left)
            found += [unpack(item) for item in reply["Responses"].get(self.name, [])]
            left = reply.get("UnprocessedKeys", {})
        return found

    def query(
        self,
        pk: str,
        prefix: str = "",
        *,
        after: str | None = None,
        limit: int | None = None,
        newest_first: bool = False,
        consistent: bool = True,
    ) -> Iterator[Item]:
        """Items of one partition whose sort key has the prefix, page by page, in order.

        `after` is the sort key to start behind (a cursor).
        """
        condition, values = "pk = :pk", {":pk": pack_value(pk)}
        if prefix:
            condition += " AND begins_with(sk, :prefix)"
            values[":prefix"] = pack_value(prefix)
        start = pack({"pk": pk, "sk": after}) if after else None
        yield from self._pages(
            {
                "KeyConditionExpression": condition,
                "ExpressionAttributeValues": values,
                "ScanIndexForward": not newest_first,
                "ConsistentRead": consistent,
            },
            start,
            limit,
        )

    def count(self, pk: str, prefix: str) -> int:
        """How many items of one partition have the prefix; not what was written this very second."""
        values = {":pk": pack_value(pk), ":prefix": pack_value(prefix)}
        request: dict[str, Any] = {
            "TableName": self.name,
            "KeyConditionExpression": "pk = :pk AND begins_with(sk, :prefix)",
            "ExpressionAttributeValues": values,
            "Select": "COUNT",
        }
        found = 0
        while True:
            reply = client("dynamodb").query(**request)
            found += int(reply["Count"])
            if "LastEvaluatedKey" not in reply:
                return found
            request["ExclusiveStartKey"] = reply["LastEvaluatedKey"]

    def between(self, pk: str, first: str, last: str) -> Iterator[Item]:
        """Items of one partition with a sort key from `first` to `last`, both included."""
        values = {":pk": pack_value(pk), ":first": pack_value(first), ":last": pack_value(last)}
        yield from self._pages(
            {
                "KeyConditionExpression": "pk = :pk AND sk BETWEEN :first AND :last",
                "ExpressionAttributeValues": values,
                "ConsistentRead": True,
            },
            None,
            None,
        )

    def work(
        self, partition: str, until: str, limit: int | None = None, after: Item | None = None
    ) -> Iterator[Item]:
        """Keys of what waits in one partition of the work index up to an instant, oldest first.

        `after` is the whole key to start behind.
        """
        values = {":work": pack_value(partition), ":until": pack_value(until)}
        yield from self._pages(
            {
                "IndexName": WORK_INDEX,
                "KeyConditionExpression": "#work = :work AND work_at <= :until",
                "ExpressionAttributeNames": {"#work": "work"},
                "ExpressionAttributeValues": values,
            },
            pack(after) if after else None,
            limit,
        )

    def _pages(self, request: dict[str, Any], start: Item | None, limit: int | None) -> Iterator[Item]:
        left = limit
        while True:
            page: dict[str, Any] = {"ExclusiveStartKey": start} if start else {}
            if left is not None:
                page["Limit"] = left
            reply = client("dynamodb").query(TableName=self.name, **request, **page)
            for attributes in reply["Items"]:
                yield unpack(attributes)
            start = reply.get("LastEvaluatedKey")
            left = None if left is None else left - len(reply["Items"])
            if not start or left == 0:
                return


def found(table: Table, key: Key, what: str) -> Item:
    """An item that a request names; NotFoundError `<what>_not_found` where there is none."""
    item = table.get(**key)
    if item is None:
        raise NotFoundError(f"{what}_not_found", f"there is no such {what}")
    return item


def own_table() -> Table:
    """The table of this function's subsystem."""
    return Table(setting("TABLE_NAME"))

"""One writer folds a customer's day: every chunk merged, repeats dropped exactly, tallies by meter kept.

A fold costs by its day, never by history. Its number says which chunks it has counted, so a bill that
records it can be counted again from the log. A day is cut where a period begins inside it: a period's
total then never reads more than one item a day.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise

from botocore.exceptions import ClientError

from billing.aws.clients import client
from billing.aws.errors import ConflictError
from billing.aws.items import Item, pack, pack_value
from billing.aws.table import Key, aggregate_pk
from billing.core.periods import Period
from billing.core.record import Record
from billing.core.usage import Reading, Tally
from billing.core.usage_records import UsageRecord, counted, fingerprint
from sales.usage.log import Chunk, day_pk, expires_at, read_day, usage_table
from sales.usage.packing import pack_json, unpack_json

MOST_DISTINCT, MOST_GROUPS = 2000, 200  # kept with a day; more are counted from the chunks each time
_TRIES = 5
_BEATEN = {"ConditionalCheckFailedException", "TransactionCanceledException"}


@dataclass(frozen=True, slots=True)
class Segment(Record):
    """A part of a day between two cuts: what counted in it, by the names of tallies."""

    period: Period
    count: int
    hash: str
    tallies: Mapping[str, Tally]
    large: tuple[str, ...] = ()  # readings with too many distinct values or groups to keep


@dataclass(frozen=True, slots=True)
class FoldedDay:
    """A day as it was folded last; `number` tells one set of chunks from another."""

    tenant: str
    customer: str
    day: str
    number: int = 0
    appended: int = 0  # what HEAD counted when its chunks were read
    readings: tuple[str, ...] = ()
    segments: tuple[Segment, ...] = ()
    version: int | None = None  # of the item; None: not stored

    def answers(self, readings: Iterable[Reading], cuts: Iterable[datetime]) -> bool:
        """Whether it knows these readings and is cut at these instants."""
        at = {segment.period.start for segment in self.segments}
        return set(cuts) <= at and {reading.key for reading in readings} <= set(self.readings)

    def within(self, period: Period) -> Iterator[Segment]:
        """The segments inside a period that it is cut for."""
        return (segment for segment in self.segments if period.contains(segment.period.start))


def day_key(tenant: str, customer: str, day: str) -> Key:
    """The newest fold of a customer's day."""
    return {"pk": aggregate_pk(tenant, f"usage/{customer}"), "sk": f"DAY#{day}"}


def stored_day(tenant: str, customer: str, day: str) -> FoldedDay:
    """A day as it was folded last, empty where it never was."""
    item = usage_table().get(**day_key(tenant, customer, day))
    return read_item(tenant, customer, item) if item else FoldedDay(tenant, customer, day)


def read_item(tenant: str, customer: str, item: Item) -> FoldedDay:
    """The folded day in an item."""
    return FoldedDay(
        tenant,
        customer,
        item["sk"].removeprefix("DAY#"),
        item["fold"],
        item["appended"],
        tuple(item["readings"]),
        tuple(Segment.from_data(data) for data in unpack_json(bytes(item["segments"]))),
        item["version"],
    )


def fold(
    known: FoldedDay, appended: int, readings: Sequence[Reading], cuts: Iterable[datetime], *, keep: bool
) -> FoldedDay:
    """Count a day anew from all its chunks; `keep` makes it the newest fold, numbered by what is new in it.

    Whoever is beaten by another writer takes what that one stored where it covers as much, else folds again.
    """
    wanted = set(cuts)
    for _ in range(_TRIES):
        chunks, number = read_day(known.tenant, known.customer, known.day)
        new = [chunk.name for chunk in chunks if chunk.fold is None]
        at = wanted | {segment.period.start for segment in known.segments}
        folded = replace(
            known,
            number=number + 1 if new else number,
            appended=appended,
            readings=tuple(sorted(reading.key for reading in readings)),
            segments=tuple(_segments(known.day, at, readings, chunks)),
        )
        if not keep:
            return folded
        if _store(folded, known.version, new):
            return replace(folded, version=(known.version or 0) + 1)
        known = stored_day(known.tenant, known.customer, known.day)
        if 0 < appended <= known.appended and known.answers(readings, wanted):
            return known
    raise ConflictError([f"fold of {known.day}"])


def records_until(tenant: str, customer: str, day: str, number: int) -> list[UsageRecord]:
    """What counted on a day as of a fold, from the log itself."""
    chunks, _ = read_day(tenant, customer, day)
    return counted(_records(chunk for chunk in chunks if chunk.fold is not None and chunk.fold <= number))


def _segments(
    day: str, cuts: set[datetime], readings: Sequence[Reading], chunks: list[Chunk]
) -> Iterator[Segment]:
    start = datetime.fromisoformat(day).replace(tzinfo=UTC)
    bounds = sorted({start, *cuts, start + timedelta(days=1)})
    records = counted(_records(chunks))
    for since, until in pairwise(bounds):
        inside = [record for record in records if since <= record.time < until]
        found = {reading.key: reading.tallies(inside) for reading in readings}
        large = tuple(key for key, tallies in found.items() if _large(tallies))
        kept = {n: one for key, mine in found.items() if key not in large for n, one in mine.items()}
        tallies = {name: one for name, one in kept.items() if one.count}
        yield Segment(Period(since, until), len(inside), fingerprint(inside), tallies, large)


def _large(tallies: Mapping[str, Tally]) -> bool:
    distinct = max((len(one.distinct) for one in tallies.values()), default=0)
    return len(tallies) > MOST_GROUPS or distinct > MOST_DISTINCT


def _records(chunks: Iterable[Chunk]) -> Iterator[UsageRecord]:
    for chunk in chunks:
        yield from chunk.records


def _store(folded: FoldedDay, seen: int | None, new: list[str]) -> bool:
    """Write a fold and the names of the chunks that are new in it; False when somebody wrote first."""
    put = {
        "TableName": usage_table().name,
        "Item": pack(_item(folded, seen)),
        "ConditionExpression": "attribute_not_exists(pk)" if seen is None else "#version = :seen",
    }
    if seen is not None:
        put["ExpressionAttributeNames"] = {"#version": "version"}
        put["ExpressionAttributeValues"] = {":seen": pack_value(seen)}
    try:
        if new:
            client("dynamodb").transact_write_items(
                TransactItems=[{"Put": put}, {"Put": _names(folded, new)}]
            )
        else:
            client("dynamodb").put_item(**put)
    except ClientError as error:
        if error.response.get("Error", {}).get("Code") in _BEATEN:
            return False
        raise
    return True


def _item(folded: FoldedDay, seen: int | None) -> Item:
    return {
        **day_key(folded.tenant, folded.customer, folded.day),
        "version": (seen or 0) + 1,
        "fold": folded.number,
        "appended": folded.appended,
        "readings": list(folded.readings),
        "segments": pack_json([segment.to_data() for segment in folded.segments]),
    }


def _names(folded: FoldedDay, new: list[str]) -> dict[str, object]:
    item = {
        "pk": day_pk(folded.tenant, folded.customer, folded.day),
        "sk": f"FOLD#{folded.number:05}",
        "chunks": pack_json(new),
        "expires_at": expires_at(),
    }
    return {
        "TableName": usage_table().name,
        "Item": pack(item),
        "ConditionExpression": "attribute_not_exists(pk)",
    }

"""What became of one event in the end: counted, taken back, set aside with its reason, or not here yet."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from billing.aws.table import Table, aggregate_pk
from billing.core.catalogue import Meter
from billing.core.ids import customer_id
from billing.core.usage_records import UsageRecord, amended, counts, distinct
from sales.usage.log import Chunk, read_day
from sales.usage.unmatched import find as find_set_aside


@dataclass(frozen=True, slots=True)
class Sought:
    """An event as its sender knows it: the identity, and whose it is."""

    tenant: str
    subject: str
    source: str
    id: str
    day: str


@dataclass(frozen=True, slots=True)
class Fate:
    """An event's fate and where it is kept; `fold` None: counted by the next one.

    `copies` came in all, `differing` of them with another content: the first that came is the one.
    """

    fate: str
    meters: Sequence[str] = ()
    chunk: str | None = None
    fold: int | None = None
    copies: int = 0
    differing: int = 0
    by: str | None = None
    reason: str | None = None
    field: str | None = None


def find(table: Table, sought: Sought, now: datetime) -> Fate:
    """The fate of an event; one that was both set aside and counted later is counted."""
    chunks, _ = read_day(sought.tenant, customer_id(sought.tenant, sought.subject), sought.day)
    identity = (sought.source, sought.id, sought.day)
    copies = [(chunk, record) for chunk in chunks for record in chunk.records if record.identity == identity]
    if copies:
        return _in_log(table, sought.tenant, chunks, copies)
    today = now.date().isoformat()
    item = find_set_aside(table, sought.tenant, sought.source, sought.id, sought.day, today)
    if item is None:
        return Fate("not_yet")
    return Fate(item["verdict"], reason=item.get("reason"), field=item.get("field"))


def _in_log(
    table: Table, tenant: str, chunks: Sequence[Chunk], copies: Sequence[tuple[Chunk, UsageRecord]]
) -> Fate:
    chunk, record = copies[0]
    kept = Fate(
        "counted",
        chunk=chunk.name,
        fold=chunk.fold,
        copies=len(copies),
        differing=sum(other != record for _, other in copies),
    )
    struck = amended(distinct(record for chunk in chunks for record in chunk.records))
    by = struck.get(record.identity)
    if by is not None:
        return replace(kept, fate="voided" if by.voids else "replaced", by=by.id)
    if record.voids is not None:
        return replace(kept, fate="voids", by=record.voids)
    items = table.query(aggregate_pk(tenant, "catalogue"), "METER#")
    meters = [Meter.from_data(item["data"]) for item in items]
    return replace(kept, meters=[meter.key for meter in meters if counts(meter, record)])

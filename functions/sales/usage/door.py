"""Where usage comes in: every event gets its verdict, nothing is dropped in silence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from billing.aws.items import Item
from billing.aws.table import Table, aggregate_pk
from billing.core.catalogue import Meter
from billing.core.errors import RuleError
from billing.core.ids import derived_id
from sales.customers import customer_id
from sales.store import customer_key, unmatched_key
from sales.usage.cloudevent import Receipt, Verdict, matched, read

MOST_EVENTS = 100  # of one request, as many as one transaction can set aside
Raw = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Judged:
    """The receipts in the order of the events, and the events to keep: counted, or with a reason."""

    receipts: list[Receipt]
    accepted: list[dict[str, Any]]
    set_aside: list[tuple[Raw, Receipt]]


def judge(table: Table, tenant: str, events: Sequence[Raw], now: datetime) -> Judged:
    """Give each event its verdict; one that is accepted names its customer by our id."""
    meters = [
        Meter.from_data(item["data"]) for item in table.query(aggregate_pk(tenant, "catalogue"), "METER#")
    ]
    known: dict[str, bool] = {}
    seen: set[tuple[Any, Any]] = set()
    judged = Judged([], [], [])
    for event in events:
        identity = (event.get("source"), event.get("id"))
        receipt = _verdict(table, tenant, event, now, meters, known)
        if receipt.verdict is Verdict.ACCEPTED and identity in seen:
            receipt = Receipt(receipt.id, Verdict.DUPLICATE)
        seen.add(identity)
        judged.receipts.append(receipt)
        if receipt.verdict is Verdict.ACCEPTED:
            judged.accepted.append(_kept(tenant, event))
        elif receipt.verdict is not Verdict.DUPLICATE:
            judged.set_aside.append((event, receipt))
    return judged


def set_aside_items(tenant: str, judged: Judged, now: datetime) -> list[Item]:
    """Items that keep what did not count, with its reason; the same event is kept once a day."""
    day = now.date().isoformat()
    items: dict[str, Item] = {}
    for event, receipt in judged.set_aside:
        source, id_ = str(event.get("source"))[:200], str(event.get("id"))[:200]
        key = unmatched_key(tenant, day, derived_id("use", source, id_))
        items[key["sk"]] = {
            **key,
            "verdict": receipt.verdict.value,
            "reason": receipt.reason,
            "field": receipt.field,
            "source": source,
            "event": id_,
            "type": str(event.get("type"))[:200],
        }
    return list(items.values())


def _verdict(
    table: Table,
    tenant: str,
    event: Raw,
    now: datetime,
    meters: list[Meter],
    known: dict[str, bool],
) -> Receipt:
    id_ = event["id"] if isinstance(event.get("id"), str) else None
    try:
        record = read(event, now)
        keys = matched(record, meters)
    except RuleError as error:
        return Receipt(id_, Verdict.REJECTED, error.code, error.field)
    customer = customer_id(tenant, event["subject"])
    if customer not in known:
        known[customer] = table.get(*customer_key(tenant, customer).values()) is not None
    if not known[customer]:
        return Receipt(id_, Verdict.UNMATCHED, "unknown_customer", "subject")
    if not keys:
        return Receipt(id_, Verdict.UNMATCHED, "no_meter", "type")
    return Receipt(id_, Verdict.ACCEPTED, meters=keys)


def _kept(tenant: str, event: Raw) -> dict[str, Any]:
    """What travels to the log: the customer by our id, the rest as it came."""
    return {
        "id": event["id"],
        "source": event["source"],
        "type": event["type"],
        "time": event["time"],
        "customer": customer_id(tenant, event["subject"]),
        "data": {name: str(value) for name, value in event.get("data", {}).items()},
    }

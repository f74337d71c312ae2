"""Where usage comes in: every event gets its verdict, nothing is dropped in silence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any

from billing.aws.table import Table, aggregate_pk
from billing.core.catalogue import Meter
from billing.core.errors import RuleError
from billing.core.ids import customer_id
from sales.store import customer_key
from sales.usage.cloudevent import Receipt, Verdict, kept, matched, read

MOST_EVENTS = 100  # of one request
Raw = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Judged:
    """The receipts in the order of the events, and the events to keep: counted, or with a reason."""

    receipts: list[Receipt] = field(default_factory=list[Receipt])
    accepted: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    set_aside: list[tuple[Raw, Receipt]] = field(default_factory=list[tuple[Raw, Receipt]])


class Door:
    """The door of one tenant; what it looked up it knows for all events it judges."""

    def __init__(self, table: Table, tenant: str) -> None:
        self._table = table
        self._tenant = tenant
        self._known: dict[str, bool] = {}

    def judge(self, events: Sequence[Raw], now: datetime) -> Judged:
        """Give each event its verdict; one that is accepted names its customer by our id."""
        seen: set[tuple[Any, ...]] = set()
        judged = Judged()
        for event in events:
            receipt, identity = self._verdict(event, now)
            if receipt.verdict is Verdict.ACCEPTED and identity in seen:
                receipt = Receipt(receipt.id, Verdict.DUPLICATE)
            if receipt.verdict is Verdict.ACCEPTED:
                seen.add(identity)
            judged.receipts.append(receipt)
            if receipt.verdict is Verdict.ACCEPTED:
                judged.accepted.append(kept(event, customer_id(self._tenant, event["subject"])))
            elif receipt.verdict is not Verdict.DUPLICATE:
                judged.set_aside.append((event, receipt))
        return judged

    @cached_property
    def _meters(self) -> list[Meter]:
        items = self._table.query(aggregate_pk(self._tenant, "catalogue"), "METER#")
        return [Meter.from_data(item["data"]) for item in items]

    def _verdict(self, event: Raw, now: datetime) -> tuple[Receipt, tuple[Any, ...]]:
        """The verdict on an event, and its identity where it has one."""
        id_ = event["id"] if isinstance(event.get("id"), str) else None
        try:
            record = read(event, now)
            keys = matched(record, self._meters)
        except RuleError as error:
            return Receipt(id_, Verdict.REJECTED, error.code, error.field), ()
        if not self._knows(customer_id(self._tenant, event["subject"])):
            return Receipt(id_, Verdict.UNMATCHED, "unknown_customer", "subject"), record.identity
        if not keys and record.voids is None:
            return Receipt(id_, Verdict.UNMATCHED, "no_meter", "type"), record.identity
        return Receipt(id_, Verdict.ACCEPTED, meters=keys), record.identity

    def _knows(self, customer: str) -> bool:
        if customer not in self._known:
            item = self._table.get(**customer_key(self._tenant, customer))
            self._known[customer] = item is not None
        return self._known[customer]

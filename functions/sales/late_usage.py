"""What a period's usage was billed as, and what came later: corrections for the next invoice.

| pk (behind `T#<tenant>#`) | sk                        | item                                               |
|---------------------------|---------------------------|----------------------------------------------------|
| subscription/<id>         | RATED#<instant>#<invoice> | its usage lines, as billed so far; those of a      |
|                           |                           | subscription's end are due once more, when final   |
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from billing.aws.changes import Changes
from billing.aws.items import Item
from billing.aws.table import Table, aggregate_pk
from billing.core.billing_run import arrears_period
from billing.core.catalogue import Plan, Source
from billing.core.invoicing import Invoice, Line
from billing.core.late_usage import FINAL, Settled, correct, settled
from billing.core.periods import Period
from billing.core.subscription import Subscription
from sales import agreements
from sales.store import rated_key
from sales.usage_totals import CustomerUsage

PREFIX = "RATED#"


@dataclass(frozen=True, slots=True)
class Late:
    """Correction lines, and the items that keep what is billed with them."""

    lines: tuple[Line, ...] = ()
    items: tuple[Item, ...] = ()


NOT_LATE = Late()


def remember(
    changes: Changes,
    before: Subscription,
    plan: Plan,
    invoice: Invoice | None,
    at: datetime,
    *,
    final: bool = False,
) -> None:
    """Keep what the usage of a billing moment was billed as; `before` it the subscription was so.

    Where no invoice will follow that could correct it, it is due once more when it is `final`; without
    usage of its own too, for the sake of earlier moments.
    """
    metered = {price.key: price for price in plan.prices if price.source is Source.METER}
    found: list[dict[str, Any]] = []
    for line in invoice.lines if invoice else ():
        if line.reason is None and line.price in metered and line.period and "folds" in line.manifest:
            whole = arrears_period(before, metered[line.price], line.period.start)
            kept = settled(line, whole or line.period, line.period, before.coupons_at(at, plan.key))
            found.append(kept.to_data())
    earlier = final and any(_not_final(changes.table, changes.context.tenant, before.id, at))
    if not found and not earlier:
        return
    item: Item = {
        **rated_key(changes.context.tenant, before.id, at, invoice.id if invoice else "none"),
        "at": at.isoformat(),
        "currency": before.currency,
        **agreements.kept(before, plan),
        "lines": found,
    }
    if final:
        changes.put_due(item, seen=None, due_at=at + FINAL, label="rated usage")
    else:
        changes.put(item, seen=None, label="rated usage")


def late_usage(
    table: Table, tenant: str, subscription: Subscription, usage: CustomerUsage, since: datetime
) -> Late:
    """What came for periods that were not final yet when the subscription was billed last, at `since`."""
    items = list(_not_final(table, tenant, subscription.id, since))
    rated = {item["sk"]: [Settled.from_data(data) for data in item["lines"]] for item in items}
    parts = [each.part for lines in rated.values() for each in lines]
    if not parts:
        return Late()
    usage.load(Period(min(p.start for p in parts), max(p.end for p in parts)))
    lines: list[Line] = []
    moved: list[Item] = []
    for item in reversed(items):
        plan = agreements.as_it_was(table, tenant, subscription.customer, item)
        after = [_corrected(each, subscription, plan, usage) for each in rated[item["sk"]]]
        corrections = [line for _, line in after if line is not None]
        if corrections:
            lines += corrections
            moved.append({**item, "lines": [each.to_data() for each, _ in after]})
    return Late(tuple(lines), tuple(moved))


def keep_late(changes: Changes, late: Late) -> None:
    """Keep what is billed with the corrections, in the transaction of their invoice."""
    for item in late.items:
        stored = {name: value for name, value in item.items() if name != "version"}
        changes.put(stored, seen=item["version"], label="rated usage")


def make_final(changes: Changes, late: Late, sk: str, subscription: str) -> None:
    """Keep the corrections behind a subscription's end; nothing will be due of it any more."""
    pk = aggregate_pk(changes.context.tenant, f"subscription/{subscription}")
    moved = {item["sk"]: item for item in late.items}
    last = moved.pop(sk, None) or changes.table.get(pk, sk)
    keep_late(changes, Late(late.lines, tuple(moved.values())))
    if last is not None:
        plain = {name: value for name, value in last.items() if name not in {"version", "work", "work_at"}}
        changes.put_due(plain, seen=last["version"], due_at=None, label="rated usage")


def _not_final(table: Table, tenant: str, subscription: str, since: datetime) -> Iterator[Item]:
    """The rated moments that may have moved since a billing moment, newest first."""
    pk = aggregate_pk(tenant, f"subscription/{subscription}")
    for item in table.query(pk, PREFIX, newest_first=True):
        if datetime.fromisoformat(item["at"]) + FINAL < since:
            return
        yield item


def _corrected(
    before: Settled, subscription: Subscription, plan: Plan, usage: CustomerUsage
) -> tuple[Settled, Line | None]:
    if before.amount.currency != subscription.currency:
        return before, None  # `usage_final` makes an invoice of it in its own currency
    found = usage.of_prices(plan, {before.price: before.part})
    if _folds(found[before.price].manifest) == dict(before.folds):
        return before, None
    return correct(before, subscription, plan, found) or (before, None)


def _folds(manifest: Mapping[str, Any]) -> dict[str, int]:
    return dict(manifest["folds"])

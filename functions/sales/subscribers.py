"""Who is on which version of a plan: an index beside the subscriptions, written when the version changes."""

from __future__ import annotations

from collections.abc import Iterator

from billing.aws.changes import Changes
from billing.aws.items import Item
from billing.aws.table import Table
from billing.core.subscription import Status, Subscription
from sales.store import subscriber_key

PREFIX = "SUB#"


def index(changes: Changes, before: Subscription | None, after: Subscription) -> None:
    """Move a subscription to the version it is on now; who has ended is on none."""
    tenant, old, new = changes.context.tenant, _version(before), _version(after)
    if old == new and (before is None or before.currency == after.currency):
        return
    if old is not None and old != new:
        changes.forget(**subscriber_key(tenant, *old, after.id))
    if new is not None:
        key = subscriber_key(tenant, *new, after.id)
        changes.keep({**key, "customer": after.customer, "currency": after.currency})


def by_version(table: Table, tenant: str, plan: str, latest: int) -> dict[int, int]:
    """How many subscribers each version of a plan has, without those that have none."""
    counted = {n: table.count(_partition(tenant, plan, n), PREFIX) for n in range(1, latest + 1)}
    return {version: count for version, count in counted.items() if count}


def page(
    table: Table, tenant: str, plan: str, version: int, *, after: str | None = None, limit: int | None = None
) -> Iterator[Item]:
    """Subscribers of a version in the order of their ids, behind the subscription `after`."""
    behind = f"{PREFIX}{after}" if after else None
    return table.query(_partition(tenant, plan, version), PREFIX, after=behind, limit=limit)


def _partition(tenant: str, plan: str, version: int) -> str:
    return subscriber_key(tenant, plan, version, "")["pk"]


def _version(subscription: Subscription | None) -> tuple[str, int] | None:
    if subscription is None or subscription.status is Status.ENDED:
        return None
    return subscription.plan, subscription.plan_version

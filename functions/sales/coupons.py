"""Use cases of coupons: redeemed with a subscription or later, never more often than their cap says."""

from __future__ import annotations

from datetime import datetime

from billing.aws.changes import Changes
from billing.aws.items import Item
from billing.aws.table import Table, found
from billing.core import subscription as rules
from billing.core.discounts import Coupon
from billing.core.errors import RuleError
from billing.core.subscription import Subscription
from sales.store import catalogue_key, coupon_uses_key


def redeemed(changes: Changes, subscription: Subscription, key: str) -> Subscription:
    """The subscription with a coupon.

    The count of its redemptions is written in the same transaction under the version that was read:
    of two who redeem the last one at the same time, one is refused.
    """
    table, tenant = changes.table, changes.context.tenant
    stored = _uses(table, tenant, key)
    after = tried(table, tenant, subscription, key, changes.context.now)
    count = int(stored.get("count", 0)) + 1
    item: Item = {**coupon_uses_key(tenant, key), "count": count}
    changes.put(item, seen=stored.get("version"), label=f"coupon {key}")
    return after


def tried(table: Table, tenant: str, subscription: Subscription, key: str, at: datetime) -> Subscription:
    """The subscription as a coupon would make it; nothing is counted."""
    item = found(table, catalogue_key(tenant, "COUPON", key), "coupon")
    if item.get("withdrawn"):
        raise RuleError("coupon_withdrawn", f"{key} is no longer given", "coupon")
    coupon = Coupon.from_data(item["data"])
    count = int(_uses(table, tenant, key).get("count", 0))
    return rules.redeem(subscription, coupon, at=at, redeemed=count)


def _uses(table: Table, tenant: str, key: str) -> Item:
    return table.get(**coupon_uses_key(tenant, key)) or {}

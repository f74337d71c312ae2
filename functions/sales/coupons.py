"""Use cases of coupons: redeemed with a subscription or later, never more often than their cap says."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from billing.aws.changes import Changes
from billing.aws.items import Item
from billing.aws.table import Table, found
from billing.core import subscription as rules
from billing.core.discounts import Coupon
from billing.core.errors import RuleError
from billing.core.subscription import Subscription
from sales.store import catalogue_key, coupon_use_key, coupon_uses_key

USE = "USE#"


@dataclass(frozen=True, slots=True)
class Redemption:
    """A subscription with a coupon, and the count of its uses as it was when that was decided."""

    subscription: Subscription
    coupon: Coupon
    uses: Item


def redeemed(changes: Changes, subscription: Subscription, key: str) -> Subscription:
    """The subscription with a coupon; of two who redeem the last one at the same time, one is refused."""
    taken = tried(changes.table, changes.context.tenant, subscription, key, changes.context.now)
    count(changes, taken, f"coupon {key}")
    return taken.subscription


def tried(table: Table, tenant: str, subscription: Subscription, key: str, at: datetime) -> Redemption:
    """The subscription as a coupon would make it; nothing is counted."""
    item = found(table, catalogue_key(tenant, "COUPON", key), "coupon")
    if item.get("withdrawn"):
        raise RuleError("coupon_withdrawn", f"{key} is no longer given", "coupon")
    coupon = Coupon.from_data(item["data"])
    uses, times = used(table, tenant, coupon)
    after = rules.redeem(subscription, coupon, at=at, redeemed=times)
    return Redemption(after, coupon, uses)


def used(table: Table, tenant: str, coupon: Coupon) -> tuple[Item, int]:
    """The counter of a coupon, and how often it was redeemed; nobody asks where it has no cap."""
    if coupon.redemptions is None:
        return {}, 0
    key = coupon_uses_key(tenant, coupon.key)
    uses = table.get(**key) or {}
    return uses, int(uses.get("count", 0)) + table.count(key["pk"], USE)


def count(changes: Changes, taken: Redemption, label: str) -> None:
    """Count a redemption in the transaction that makes it, under the version of the count that was read.

    One without a cap is a row of its own: nobody waits for another.
    """
    tenant, key = changes.context.tenant, taken.coupon.key
    if taken.coupon.redemptions is None:
        changes.keep({**coupon_use_key(tenant, key, taken.subscription.id)})
        return
    item: Item = {**coupon_uses_key(tenant, key), "count": int(taken.uses.get("count", 0)) + 1}
    changes.put(item, seen=taken.uses.get("version"), label=label)

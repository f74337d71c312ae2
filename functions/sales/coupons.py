"""Use cases of coupons: redeemed with a subscription or later, never more often than their cap says."""

from __future__ import annotations

from billing.aws.changes import Changes
from billing.core import subscription as rules
from billing.core.discounts import Coupon
from billing.core.subscription import Subscription
from sales.store import catalogue_key, coupon_uses_key, found


def redeemed(changes: Changes, subscription: Subscription, key: str) -> Subscription:
    """The subscription with a coupon.

    The count of its redemptions is written in the same transaction under the version that was read:
    of two who redeem the last one at the same time, one is refused.
    """
    table, tenant = changes.table, changes.context.tenant
    coupon = Coupon.from_data(found(table, catalogue_key(tenant, "COUPON", key), "coupon")["data"])
    uses = coupon_uses_key(tenant, key)
    stored = table.get(*uses.values()) or {}
    count = int(stored.get("count", 0))
    after = rules.redeem(subscription, coupon, at=changes.context.now, redeemed=count)
    changes.put({**uses, "count": count + 1}, seen=stored.get("version"), label=f"coupon {key}")
    return after

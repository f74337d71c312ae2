"""Use cases of coupons: redeemed with a subscription or later, never more often than their cap says."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from billing.aws.changes import Changes
from billing.aws.items import Item
from billing.aws.table import Table, found
from billing.core import subscription as rules
from billing.core.discounts import Coupon, redeem
from billing.core.errors import RuleError
from billing.core.subscription import Subscription
from sales.store import catalogue_key, coupon_use_key, coupon_uses_key

USE = "USE#"


@dataclass(frozen=True, slots=True)
class Offered:
    """A coupon, its counter as it was read, and how often it was redeemed by then."""

    coupon: Coupon
    counter: Item
    redeemed: int


def redeemed(changes: Changes, subscription: Subscription, key: str) -> Subscription:
    """The subscription with a coupon; of two who redeem the last one at the same time, one is refused."""
    offered = by_code(changes.table, changes.context.tenant, key)
    after = fitted(subscription, offered, changes.context.now)
    count(changes, offered, subscription.id)
    return after


def redeemed_once(changes: Changes, key: str, currency: str, sale: str) -> Coupon:
    """A coupon for what is sold without a subscription, its redemption counted as with one."""
    offered = by_code(changes.table, changes.context.tenant, key)
    coupon = _fit_for_once(offered, currency, changes.context.now)
    count(changes, offered, sale)
    return coupon


def tried_once(table: Table, tenant: str, key: str, currency: str, at: datetime) -> Coupon:
    """The same, nothing counted."""
    return _fit_for_once(by_code(table, tenant, key), currency, at)


def by_code(table: Table, tenant: str, key: str) -> Offered:
    """A coupon that somebody names."""
    item = found(table, catalogue_key(tenant, "COUPON", key), "coupon")
    if item.get("withdrawn"):
        raise RuleError("coupon_withdrawn", f"{key} is no longer given", "coupon")
    return offered(table, tenant, Coupon.from_data(item["data"]))


def offered(table: Table, tenant: str, coupon: Coupon) -> Offered:
    """How often a coupon was redeemed; nobody asks where it has no cap."""
    if coupon.redemptions is None:
        return Offered(coupon, {}, 0)
    key = coupon_uses_key(tenant, coupon.key)
    counter = table.get(**key) or {}
    return Offered(coupon, counter, int(counter.get("count", 0)) + table.count(key["pk"], USE))


def fitted(subscription: Subscription, offered: Offered, at: datetime) -> Subscription:
    """The subscription with a coupon; nothing is counted."""
    return rules.redeem(subscription, offered.coupon, at=at, redeemed=offered.redeemed)


def count(changes: Changes, offered: Offered, by: str, label: str = "") -> None:
    """Count a redemption in the transaction that makes it, under the version of the count that was read.

    One without a cap is a row of its own: nobody waits for another.
    """
    tenant, key = changes.context.tenant, offered.coupon.key
    if offered.coupon.redemptions is None:
        changes.keep({**coupon_use_key(tenant, key, by)})
        return
    item: Item = {**coupon_uses_key(tenant, key), "count": int(offered.counter.get("count", 0)) + 1}
    changes.put(item, seen=offered.counter.get("version"), label=label or f"coupon {key}")


def _fit_for_once(offered: Offered, currency: str, at: datetime) -> Coupon:
    """One that is for some plans is not for what is bought without any."""
    redeem(offered.coupon, "", currency, at=at, redeemed=offered.redeemed)
    return offered.coupon

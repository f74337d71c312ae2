"""Use cases of coupons: redeemed with a subscription or later, never more often than their cap says."""

from __future__ import annotations

from datetime import datetime

from billing.aws.changes import Changes
from billing.aws.items import Item
from billing.aws.table import Table, found
from billing.core import subscription as rules
from billing.core.discounts import Coupon, redeem
from billing.core.errors import RuleError
from billing.core.subscription import Subscription
from sales.store import catalogue_key, coupon_uses_key


def redeemed(changes: Changes, subscription: Subscription, key: str) -> Subscription:
    """The subscription with a coupon.

    The count of its redemptions is written in the same transaction under the version that was read:
    of two who redeem the last one at the same time, one is refused.
    """
    table, tenant = changes.table, changes.context.tenant
    uses = _uses(table, tenant, key)
    after = _with(subscription, _given(table, tenant, key), uses, changes.context.now)
    _count(changes, key, uses)
    return after


def tried(table: Table, tenant: str, subscription: Subscription, key: str, at: datetime) -> Subscription:
    """The subscription as a coupon would make it; nothing is counted."""
    return _with(subscription, _given(table, tenant, key), _uses(table, tenant, key), at)


def redeemed_once(changes: Changes, key: str, currency: str) -> Coupon:
    """A coupon for what is sold without a subscription, its redemption counted as with one."""
    table, tenant = changes.table, changes.context.tenant
    uses = _uses(table, tenant, key)
    coupon = _fit_for_once(_given(table, tenant, key), uses, currency, changes.context.now)
    _count(changes, key, uses)
    return coupon


def tried_once(table: Table, tenant: str, key: str, currency: str, at: datetime) -> Coupon:
    """The same, nothing counted."""
    return _fit_for_once(_given(table, tenant, key), _uses(table, tenant, key), currency, at)


def _with(subscription: Subscription, coupon: Coupon, uses: Item, at: datetime) -> Subscription:
    return rules.redeem(subscription, coupon, at=at, redeemed=int(uses.get("count", 0)))


def _fit_for_once(coupon: Coupon, uses: Item, currency: str, at: datetime) -> Coupon:
    """One that is for some plans is not for what is bought without any."""
    redeem(coupon, "", currency, at=at, redeemed=int(uses.get("count", 0)))
    return coupon


def _given(table: Table, tenant: str, key: str) -> Coupon:
    item = found(table, catalogue_key(tenant, "COUPON", key), "coupon")
    if item.get("withdrawn"):
        raise RuleError("coupon_withdrawn", f"{key} is no longer given", "coupon")
    return Coupon.from_data(item["data"])


def _uses(table: Table, tenant: str, key: str) -> Item:
    return table.get(**coupon_uses_key(tenant, key)) or {}


def _count(changes: Changes, key: str, uses: Item) -> None:
    item: Item = {**coupon_uses_key(changes.context.tenant, key), "count": int(uses.get("count", 0)) + 1}
    changes.put(item, seen=uses.get("version"), label=f"coupon {key}")

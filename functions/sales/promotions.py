"""Use cases of promotions: what an order gets off, by its code or without one; quoted and started alike."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from billing.aws.changes import Changes
from billing.aws.table import Table, aggregate_pk, found
from billing.core.discounts import Coupon, Promotion
from billing.core.promotions import given, running
from billing.core.subscription import Subscription
from sales import coupons
from sales.coupons import Offered
from sales.orders import Opening
from sales.store import catalogue_key, customer_key, newcomer_key


@dataclass(frozen=True, slots=True)
class Taken:
    """A subscription with what its order gets off, by which promotion; None by its code."""

    subscription: Subscription
    offered: Offered
    promotion: Promotion | None = None


def taken(
    table: Table,
    tenant: str,
    opening: Opening,
    code: str | None,
    *,
    now: datetime,
    without: frozenset[str] = frozenset(),
) -> Taken | None:
    """What an order gets off at an instant: by its code, else by the first promotion that is for it.

    `without` are the labels of promotions that it leaves to others.
    """
    new = opening.subscription
    if code is not None:
        offered = coupons.by_code(table, tenant, code)
        return Taken(coupons.fitted(new, offered, now), offered)
    at = min(now, new.started_at)  # a start that lies back is entered late: what was offered then holds
    for promotion in running(_promotions(table, tenant), new.plan, at=at):
        if _label(promotion) in without:
            continue
        if promotion.new_customers_only and not _is_new(table, tenant, new.customer):
            continue
        offered = coupons.offered(table, tenant, _coupon(table, tenant, promotion))
        after = given(promotion, offered.coupon, new, opening.plan, at=at, redeemed=offered.redeemed)
        if after is not None:
            return Taken(after, offered, promotion)
    return None


def count(changes: Changes, wanted: Taken) -> None:
    """Count it in the transaction of the start.

    Who is beaten to the last of a promotion, or to being new, is not refused: the order is decided again.
    """
    new, promotion = wanted.subscription, wanted.promotion
    if promotion is None:
        coupons.count(changes, wanted.offered, new.id)
        return
    label = _label(promotion)
    changes.spare.add(label)
    coupons.count(changes, wanted.offered, new.id, label)
    if promotion.new_customers_only:
        key = newcomer_key(changes.context.tenant, new.customer)
        changes.put({**key, "promotion": promotion.key}, seen=None, label=label)


def _promotions(table: Table, tenant: str) -> list[Promotion]:
    rows = table.query(aggregate_pk(tenant, "catalogue"), "PROMOTION#")
    return [Promotion.from_data(row["data"]) for row in rows if not row.get("withdrawn")]


def _coupon(table: Table, tenant: str, promotion: Promotion) -> Coupon:
    return Coupon.from_data(found(table, catalogue_key(tenant, "COUPON", promotion.coupon), "coupon")["data"])


def _is_new(table: Table, tenant: str, customer: str) -> bool:
    """Whether a customer never had a subscription."""
    return next(table.query(customer_key(tenant, customer)["pk"], "SUB#", limit=1), None) is None


def _label(promotion: Promotion) -> str:
    return f"promotion {promotion.key}"

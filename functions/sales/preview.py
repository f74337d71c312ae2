"""What the next invoice would be: the very function that bills, nothing written."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from billing.aws.table import Table, found
from billing.core import ending
from billing.core.errors import NotFoundError
from billing.core.invoicing import Invoice
from billing.core.subscription import Status
from sales import coupons
from sales.agreements import plan_of, renewal
from sales.late_usage import late_usage
from sales.moments import closing_moment, draft
from sales.orders import Opening, Order, opening_of
from sales.store import customer_key, legal_entity
from sales.subscriptions import stored_subscription
from sales.usage_totals import CustomerUsage


def quote(
    table: Table, tenant: str, order: Order, *, customer: str | None, zone: str, at: datetime
) -> Opening:
    """What an order would begin and be billed at once, for a customer or for somebody new in a zone."""
    if customer is not None:
        zone = found(table, customer_key(tenant, customer), "customer")["zone"]
    opening = opening_of(table, tenant, order, customer or "cus_new", "sub_quoted", zone=zone, at=at)
    if order.coupon is None:
        return opening
    after = coupons.tried(table, tenant, opening.subscription, order.coupon, at)
    return replace(opening, subscription=after)


def upcoming(table: Table, tenant: str, subscription: str) -> Invoice:
    """The draft that the end of the current period would make, with the usage known so far."""
    stored, _ = stored_subscription(table, tenant, subscription)
    if stored.status is Status.ENDED:
        raise NotFoundError("nothing_upcoming", "this subscription has ended")
    plan = plan_of(table, tenant, stored)
    issuer = legal_entity(table, tenant, stored.legal_entity)
    used = CustomerUsage(table, tenant, stored.customer, keep=False)
    late = late_usage(table, tenant, stored, used, stored.period.start)
    if stored.status is Status.CANCELING:
        after, opening = ending.end(stored, at=stored.period.end), None
    else:
        after, opening = renewal(table, tenant, stored, plan)
    moment = closing_moment(used, plan, stored, after, opening, late=late.lines)
    invoice = draft(after, plan, issuer, moment)
    if invoice is None:
        raise NotFoundError("nothing_upcoming", "the plan has nothing to bill then")
    return invoice

"""What the next invoice would be: the very function that bills, nothing written."""

from __future__ import annotations

from billing.aws.table import Table
from billing.core import subscription as rules
from billing.core.errors import NotFoundError
from billing.core.invoicing import Invoice
from billing.core.subscription import Status
from sales import catalogue
from sales.store import legal_entity
from sales.subscriptions import draft, stored_subscription
from sales.usage_totals import CustomerUsage


def upcoming(table: Table, tenant: str, subscription: str) -> Invoice:
    """The draft that the end of the current period would make, with the usage known so far."""
    stored, _ = stored_subscription(table, tenant, subscription)
    if stored.status is Status.ENDED:
        raise NotFoundError("nothing_upcoming", "this subscription has ended")
    plan = catalogue.plan_version(table, tenant, stored.plan, stored.plan_version)
    issuer = legal_entity(table, tenant, stored.legal_entity)
    closed = stored.period
    usage = CustomerUsage(table, tenant, stored.customer, keep=False).of_plan(plan, closed)
    opened = None if stored.status is Status.CANCELING else rules.renew(stored).period
    invoice = draft(stored, plan, issuer, closed=closed, opened=opened, usage=usage)
    if invoice is None:
        raise NotFoundError("nothing_upcoming", "the plan has nothing to bill then")
    return invoice

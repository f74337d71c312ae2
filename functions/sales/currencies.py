"""Whether everything that a subscription has, or will have, is sold in the currency it pays in by then."""

from __future__ import annotations

from billing.aws.table import Table
from billing.core import currency_change
from billing.core.changing import states_ahead
from billing.core.subscription import Subscription
from sales import catalogue


def require_sold(
    table: Table, tenant: str, before: Subscription, after: Subscription, field: str = "currency"
) -> None:
    """Refuse another currency, now or by what is scheduled, where something is not sold in it."""
    for under in states_ahead(after):
        if under.currency != before.currency:
            plan = catalogue.plan_version(table, tenant, under.plan, under.plan_version)
            taken = under.agreement.add_ons
            add_ons = [catalogue.add_on_version(table, tenant, e.key, e.version) for e in taken]
            currency_change.require_sold(under, plan, add_ons, field)

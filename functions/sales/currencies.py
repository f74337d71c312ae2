"""Whether everything that a subscription has, or will have, is sold in the currency it pays in by then."""

from __future__ import annotations

from billing.aws.table import Table
from billing.core import currency_change
from billing.core.changing import states_ahead
from billing.core.errors import RuleError
from billing.core.subscription import Subscription
from sales import catalogue


def require_wish(stored: Subscription, currency: str | None, *, alone: bool, if_paid: bool) -> None:
    """Refuse a wish for the currency it has, where nothing else is asked or waits; and one only if paid."""
    if alone and all(each.currency == currency for each in states_ahead(stored)):
        message = f"it is billed in {currency}, and no other waits"
        raise RuleError("nothing_to_change", message, "body.currency")
    if if_paid and currency not in {None, stored.currency}:
        message = "a currency changes with a period, whatever is paid: leave `only_if_paid` out"
        raise RuleError(currency_change.AT_PERIOD_END, message, "body.only_if_paid")


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

"""Several subscriptions of a customer on one invoice: what they are billed at one instant is one draft.

Each step adds its lines to the draft of (customer, legal entity, currency, rounding, instant) under the
version it read; the one behind which no other of the customer's subscriptions is due at that instant asks
for the number. A straggler cannot hold the draft up: it is due work itself, an hour later, and what comes
behind it is an invoice of its own.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from billing.aws.changes import Changes
from billing.aws.table import Table
from billing.core.ids import derived_id
from billing.core.invoicing import Invoice, InvoiceStatus, joined
from billing.core.rounding import Rounding
from billing.core.subscription import Subscription
from sales.documents import store_invoice
from sales.finalization import request_finalization
from sales.moments import tax_rates
from sales.store import customer_key, invoice_key, legal_entity

PATIENCE = timedelta(hours=1)  # until a draft goes on without who is late


def shares(table: Table, tenant: str, subscription: Subscription) -> bool:
    """Whether what a subscription is billed goes with what the customer's others are."""
    if subscription.own_invoice:
        return False
    customer = table.get(**customer_key(tenant, subscription.customer)) or {}
    return bool(customer.get("consolidate"))


def share(
    changes: Changes, subscription: Subscription, mine: Invoice | None, at: datetime, rounding: Rounding
) -> Invoice | None:
    """Put what a subscription is billed at an instant on the draft of its customer; the invoice it is on."""
    table, tenant = changes.table, changes.context.tenant
    id_ = draft_id(subscription, at, rounding)
    item = table.get(**invoice_key(tenant, id_))
    known = Invoice.from_data(item["data"]) if item else None
    if known is not None and known.status is not InvoiceStatus.DRAFT:
        return _alone(changes, mine, subscription.recorded_at)
    both = together(table, tenant, known, subscription, mine, at, rounding) if mine else known
    if both is None:
        return None
    last = not _others_due(table, tenant, subscription, at)
    both = replace(both, waits_until=None if last else at + PATIENCE)
    store_invoice(changes, both, seen=item["version"] if item else None)
    if last:
        request_finalization(changes, both, at=subscription.recorded_at)
    return both if mine else None


def draft_id(subscription: Subscription, at: datetime, rounding: Rounding) -> str:
    """The draft that a subscription shares at an instant."""
    parts = (subscription.customer, subscription.legal_entity, subscription.currency, rounding.value)
    return derived_id("inv", "together", *parts, at.isoformat())


def together(
    table: Table,
    tenant: str,
    known: Invoice | None,
    subscription: Subscription,
    mine: Invoice,
    at: datetime,
    rounding: Rounding,
) -> Invoice:
    """The shared draft, as far as it is known, with what one more subscription is billed."""
    if known is None:
        return replace(mine, id=draft_id(subscription, at, rounding), subscriptions=(subscription.id,))
    rates = tax_rates(legal_entity(table, tenant, subscription.legal_entity))
    return joined(known, mine, subscription.id, rates, rounding)


def _alone(changes: Changes, mine: Invoice | None, at: datetime | None) -> Invoice | None:
    """Too late for the draft of that instant."""
    if mine is not None:
        store_invoice(changes, mine, seen=None)
        request_finalization(changes, mine, at=at)
    return mine


def _others_due(table: Table, tenant: str, subscription: Subscription, at: datetime) -> bool:
    """Whether another subscription of the customer has still to be billed on the same draft."""
    for listed in table.query(customer_key(tenant, subscription.customer)["pk"], "SUB#"):
        another = listed["sk"] != f"SUB#{subscription.id}" and not listed.get("own_invoice")
        due = listed.get("due_at") is not None and datetime.fromisoformat(listed["due_at"]) <= at
        pays_in = {listed.get("currency"), listed.get("pending_currency")}
        same = subscription.currency in pays_in and listed.get("legal_entity") == subscription.legal_entity
        if another and due and same:
            return True
    return False

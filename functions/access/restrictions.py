"""Use cases of restriction: access ends when an invoice stays unpaid beyond the grace; payment restores it.

This is the third of the grace clocks: sales says when an invoice is overdue, access when that costs access.
"""

from __future__ import annotations

from datetime import datetime

from access.store import policy_key, settled_key, unpaid_key
from billing.aws.changes import Changes
from billing.aws.table import Table
from billing.core.entitlements import Restriction, RestrictionPolicy
from events.access import AccessRestoredV1, AccessRestrictedV1
from events.sales import InvoicePart

_EVER = "9999-12-31T00:00:00+00:00"


def policy(table: Table, tenant: str) -> RestrictionPolicy:
    """What the seller decided, or the standard policy."""
    stored = table.get(**policy_key(tenant))
    return RestrictionPolicy.from_data(stored["policy"]) if stored else RestrictionPolicy()


def set_policy(changes: Changes, wanted: RestrictionPolicy) -> None:
    """Decide for invoices that become overdue from now on."""
    key = policy_key(changes.context.tenant)
    stored = changes.table.get(**key)
    item = {**key, "policy": wanted.to_data()}
    changes.put(item, seen=stored["version"] if stored else None, label="policy")


def invoice_overdue(changes: Changes, invoice: InvoicePart, overdue_at: datetime) -> None:
    """Take note of an unpaid invoice; it restricts from the instant the policy says."""
    table, tenant = changes.table, changes.context.tenant
    settled = table.get(**settled_key(tenant, invoice.invoice))
    if settled and overdue_at <= datetime.fromisoformat(settled.get("until", _EVER)):
        return  # paid before this was heard
    rule = policy(table, tenant)
    since = rule.since(overdue_at)
    key = unpaid_key(tenant, invoice.customer, invoice.invoice)
    if since is None or table.get(**key):
        return
    restriction = Restriction(invoice.invoice, since, rule.keeps)
    item = {**key, "restriction": restriction.to_data(), "overdue_at": overdue_at.isoformat()}
    changes.put_due(item, seen=None, due_at=since, label="unpaid")


def restriction_due(changes: Changes, pk: str, sk: str) -> None:
    """The grace is over: say so. The decision needs no event, it knows the instant itself."""
    stored = changes.table.get(pk, sk)
    if stored is None or stored.get("said"):
        return
    restriction = Restriction.from_data(stored["restriction"])
    if restriction.since > changes.context.now:
        return
    changes.put_due({**stored, "said": True}, seen=stored["version"], due_at=None, label="unpaid")
    customer = pk.rpartition("/")[2]
    event = AccessRestrictedV1(
        customer=customer, invoice=restriction.invoice, since=restriction.since, keeps=list(restriction.keeps)
    )
    changes.emit(event, subject=f"access/{customer}", sequence=stored["version"], about=restriction.invoice)


def invoice_settled(changes: Changes, invoice: InvoicePart) -> None:
    """Paid, voided or credited: nothing is held against the customer for it any more."""
    tenant = changes.context.tenant
    changes.keep({**settled_key(tenant, invoice.invoice), "customer": invoice.customer})
    _lift(changes, invoice)


def invoice_caught_up(changes: Changes, invoice: InvoicePart, at: datetime) -> None:
    """What was overdue of its instalments by then is paid; a later one may be overdue again."""
    key = settled_key(changes.context.tenant, invoice.invoice)
    settled = changes.table.get(**key)
    if settled and datetime.fromisoformat(settled.get("until", _EVER)) >= at:
        return
    changes.keep({**key, "customer": invoice.customer, "until": at.isoformat()})
    _lift(changes, invoice, at)


def _lift(changes: Changes, invoice: InvoicePart, at: datetime | None = None) -> None:
    """Hold nothing against the customer any more that was overdue by an instant."""
    stored = changes.table.get(**unpaid_key(changes.context.tenant, invoice.customer, invoice.invoice))
    if stored is None or (at and datetime.fromisoformat(stored["overdue_at"]) > at):
        return
    changes.delete_due(stored["pk"], stored["sk"], seen=stored["version"], label="unpaid")
    if stored.get("said"):
        event = AccessRestoredV1(customer=invoice.customer, invoice=invoice.invoice)
        subject = f"access/{invoice.customer}"
        changes.emit(event, subject=subject, sequence=stored["version"] + 1, about=invoice.invoice)

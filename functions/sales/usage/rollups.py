"""What a customer's quotas have used so far, told to access; said only when it changed."""

from __future__ import annotations

from datetime import datetime, timedelta

from billing.aws.changes import Changes
from billing.aws.items import Item
from billing.aws.table import aggregate_pk
from billing.core.agreed import Agreement
from billing.core.catalogue import EntitlementKind
from billing.core.periods import Period
from billing.core.quantities import decimal_text
from events.sales import UsageRolledUpV1
from sales import agreements, catalogue
from sales.store import rollup_key
from sales.usage_totals import CustomerUsage

CLOSED = timedelta(days=40)  # after which nothing is accepted for a day, and nothing waits in a queue


def roll_up(changes: Changes, customer: str) -> None:
    """Tell the period-to-date usage of every quota of a customer, in a unit of its own.

    Nothing is folded for a customer without a quota.
    """
    tenant = changes.context.tenant
    usage = CustomerUsage(changes.table, tenant, customer, keep=True)
    pk = aggregate_pk(tenant, f"customer/{customer}")
    for listed in changes.table.query(pk, "SUB#"):
        if listed["status"] != "ended":
            _roll_up(changes, customer, listed, usage)
    changes.commit()
    usage.close(before=changes.context.now - CLOSED)


def _roll_up(changes: Changes, customer: str, listed: Item, usage: CustomerUsage) -> None:
    table, tenant = changes.table, changes.context.tenant
    subscription = listed["sk"].removeprefix("SUB#")
    plan = catalogue.plan_version(table, tenant, listed["plan"], listed["plan_version"])
    taken = Agreement.from_data({"add_ons": listed.get("add_ons", [])})
    plan = agreements.under_agreement(table, tenant, plan, taken)
    quotas = [e.meter for e in plan.entitlements if e.kind is EntitlementKind.QUOTA and e.meter]
    if not quotas:
        return
    period = Period(
        datetime.fromisoformat(listed["period_start"]), datetime.fromisoformat(listed["period_end"])
    )
    totals = usage.of_meters(quotas, period)
    used = {meter: decimal_text(total.quantity) for meter, total in totals.items()}
    key = rollup_key(tenant, subscription)
    stored = table.get(**key) or {}
    said = {"used": used, "period_start": listed["period_start"]}
    if said == {name: stored.get(name) for name in said}:
        return
    seen = stored.get("version")
    changes.put({**key, **said}, seen=seen, label="roll-up")
    changes.emit(
        UsageRolledUpV1(
            customer=customer,
            subscription=subscription,
            period_start=period.start,
            period_end=period.end,
            used=used,
        ),
        subject=f"usage/{subscription}",
        sequence=(seen or 0) + 1,
    )

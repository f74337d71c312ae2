"""What a customer used between two instants, as a bill needs it."""

from __future__ import annotations

from collections.abc import Sequence

from billing.aws.table import Table
from billing.core.catalogue import Meter, Plan
from billing.core.invoicing import Usage
from billing.core.periods import Period
from billing.core.usage import quantity
from sales.store import catalogue_key, found
from sales.usage.log import records_between


def usage_between(table: Table, tenant: str, customer: str, plan: Plan, period: Period) -> dict[str, Usage]:
    """The quantity of each meter the plan prices."""
    return meters_between(table, tenant, customer, [p.meter for p in plan.prices if p.meter], period)


def meters_between(
    table: Table, tenant: str, customer: str, keys: Sequence[str], period: Period
) -> dict[str, Usage]:
    """The quantity of each of these meters, with the manifest it can be counted again from."""
    if not keys:
        return {}
    records, manifest = records_between(tenant, customer, period)
    meters = [
        Meter.from_data(found(table, catalogue_key(tenant, "METER", key), "meter")["data"]) for key in keys
    ]
    return {meter.key: Usage(quantity(meter, records), {**manifest, "meter": meter.key}) for meter in meters}

"""What a customer used between two instants, as a bill needs it."""

from __future__ import annotations

from fractions import Fraction

from billing.aws.table import Table
from billing.core.catalogue import Meter, Plan
from billing.core.invoicing import Usage
from billing.core.periods import Period
from billing.core.usage import quantity
from sales.store import catalogue_key, found
from sales.usage.log import records_between


def usage_between(table: Table, tenant: str, customer: str, plan: Plan, period: Period) -> dict[str, Usage]:
    """The quantity of each meter the plan prices, with the manifest it can be counted again from."""
    keys = [price.meter for price in plan.prices if price.meter]
    if not keys:
        return {}
    records, manifest = records_between(tenant, customer, period)
    meters = [
        Meter.from_data(found(table, catalogue_key(tenant, "METER", key), "meter")["data"]) for key in keys
    ]
    return {
        meter.key: Usage(Fraction(quantity(meter, records)), {**manifest, "meter": meter.key})
        for meter in meters
    }

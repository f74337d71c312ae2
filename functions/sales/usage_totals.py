"""What a customer used between two instants, as a bill needs it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from billing.aws.table import Table
from billing.core.catalogue import Meter, Plan
from billing.core.charges import Charge
from billing.core.invoicing import Usage
from billing.core.periods import Period
from billing.core.usage import measure
from sales.store import catalogue_key, found
from sales.usage.log import records_between

Charges = Mapping[str, Sequence[Charge]]  # those that price a meter, by its key


def usage_between(table: Table, tenant: str, customer: str, plan: Plan, period: Period) -> dict[str, Usage]:
    """The quantity of each meter the plan prices."""
    charges: dict[str, list[Charge]] = {}
    for price in plan.prices:
        if price.meter:
            charges.setdefault(price.meter, []).extend(price.charges.values())
    return meters_between(table, tenant, customer, list(charges), period, charges)


def meters_between(
    table: Table,
    tenant: str,
    customer: str,
    keys: Sequence[str],
    period: Period,
    charges: Charges | None = None,
) -> dict[str, Usage]:
    """The quantity of each of these meters, with the manifest it can be counted again from."""
    if not keys:
        return {}
    records, manifest = records_between(tenant, customer, period)
    meters = [
        Meter.from_data(found(table, catalogue_key(tenant, "METER", key), "meter")["data"]) for key in keys
    ]
    used = {meter.key: measure(meter, records, (charges or {}).get(meter.key, ())) for meter in meters}
    return {key: Usage(each.quantity, {**manifest, "meter": key}, each) for key, each in used.items()}

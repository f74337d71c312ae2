"""Use cases of the catalogue: publish a file, read what is on sale. A published version never changes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from billing.aws.changes import Changes
from billing.aws.items import Item
from billing.aws.table import Table, aggregate_pk, found
from billing.core.catalogue import Catalogue, Feature, Meter, Plan, Source
from billing.core.catalogue_file import Change, diff, next_versions, parse_catalogue
from billing.core.discounts import Coupon
from billing.core.errors import NotFoundError, RuleError
from billing.core.pricing import rate
from events.sales import EntitlementPart, PlanPublishedV1
from sales.store import catalogue_key, plan_version_key


@dataclass(frozen=True, slots=True)
class Publication:
    """What publishing a file changes, and the catalogue behind it."""

    catalogue: Catalogue
    changes: tuple[Change, ...]


def plan_publication(table: Table, tenant: str, data: Mapping[str, Any]) -> Publication:
    """What publishing a file would change; nothing is written."""
    wanted, current = parse_catalogue(data), on_sale(table, tenant)
    for meter in wanted.meters:
        _meter_unchanged(current, meter)
    numbered = next_versions({plan.key: plan for plan in current.plans}, wanted)
    return Publication(numbered, diff(current, numbered))


def publish(changes: Changes, data: Mapping[str, Any]) -> Publication:
    """Publish a file: new features, meters, coupons and plan versions; subscribers keep theirs."""
    tenant = changes.context.tenant
    stored = _stored(changes.table, tenant)
    publication = plan_publication(changes.table, tenant, data)
    touched = {(change.kind, change.key) for change in publication.changes if change.action != "removed"}
    catalogue = publication.catalogue
    plain = {"feature": catalogue.features, "meter": catalogue.meters, "coupon": catalogue.coupons}
    for kind, items in plain.items():
        for item in items:
            if (kind, item.key) in touched:
                _put(changes, kind, item, stored)
    for plan in catalogue.plans:
        if ("plan", plan.key) in touched:
            _publish_plan(changes, plan, stored)
    return publication


def on_sale(table: Table, tenant: str) -> Catalogue:
    """The catalogue as it is on sale now."""
    items = _stored(table, tenant).values()
    by_kind: dict[str, list[dict[str, Any]]] = {"FEATURE": [], "METER": [], "PLAN": [], "COUPON": []}
    for item in items:
        by_kind[item["sk"].split("#")[0]].append(item["data"])
    return Catalogue(
        features=tuple(Feature.from_data(data) for data in by_kind["FEATURE"]),
        meters=tuple(Meter.from_data(data) for data in by_kind["METER"]),
        plans=tuple(Plan.from_data(data) for data in by_kind["PLAN"]),
        coupons=tuple(Coupon.from_data(data) for data in by_kind["COUPON"]),
    )


def plan_on_sale(table: Table, tenant: str, key: str) -> Plan:
    """The version of a plan that new subscribers get."""
    item = table.get(**catalogue_key(tenant, "PLAN", key))
    if item is None:
        raise NotFoundError("unknown_plan", f"there is no plan {key!r}", "plan")
    return Plan.from_data(item["data"])


def plan_version(table: Table, tenant: str, key: str, version: int) -> Plan:
    """A version of a plan, on sale or not."""
    return Plan.from_data(found(table, plan_version_key(tenant, key, version), "plan")["data"])


def headline(plan: Plan) -> dict[str, int]:
    """What a plan costs a period without usage, by currency, in minor units."""
    fixed = [price for price in plan.prices if price.cadence and price.source is not Source.METER]
    return {
        currency: sum(rate(price, currency, Fraction(price.quantity)).amount.minor for price in fixed)
        for currency in plan.currencies
    }


def _publish_plan(changes: Changes, plan: Plan, stored: dict[str, Item]) -> None:
    tenant = changes.context.tenant
    _put(changes, "plan", plan, stored)
    key = plan_version_key(tenant, plan.key, plan.version)
    changes.put({**key, "data": plan.to_data()}, seen=None, label=f"plan {plan.ref}")
    changes.emit(
        PlanPublishedV1(
            plan=plan.key,
            plan_version=plan.version,
            name=plan.name,
            rank=plan.rank,
            entitlements=[EntitlementPart.model_validate(e.to_data()) for e in plan.entitlements],
            headline=headline(plan),
        ),
        subject=f"plan/{plan.key}",
        sequence=plan.version,
    )


def _put(changes: Changes, kind: str, item: Feature | Meter | Plan | Coupon, stored: dict[str, Item]) -> None:
    key = catalogue_key(changes.context.tenant, kind.upper(), item.key)
    known = stored.get(key["sk"])
    seen = known["version"] if known else None
    changes.put({**key, "data": item.to_data()}, seen=seen, label=f"{kind} {item.key}")


def _stored(table: Table, tenant: str) -> dict[str, Item]:
    return {item["sk"]: item for item in table.query(aggregate_pk(tenant, "catalogue"))}


def _meter_unchanged(current: Catalogue, wanted: Meter) -> None:
    """What was counted stays counted the same way: another count is another meter."""
    for meter in current.meters:
        if meter.key == wanted.key and meter != wanted:
            message = "a published meter does not change; give the new one another key"
            raise RuleError("meter_immutable", message, f"meters.{wanted.key}")

"""Use cases of the catalogue: publish a file, read what is on sale. A published version never changes."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import Any

from billing.aws.changes import Changes
from billing.aws.table import Table, aggregate_pk, found
from billing.aws.tenants import tenant_state
from billing.core.catalogue import AddOn, Bundle, Catalogue, Meter, Plan, Product, Source
from billing.core.catalogue_file import KINDS, Change, diff, items_of, numbered, parse_catalogue
from billing.core.errors import ConflictError, NotFoundError, RuleError
from billing.core.experiment_checks import require_unchanged
from billing.core.ids import content_hash
from billing.core.instalments import InstalmentScheme
from billing.core.pricing import rate
from billing.core.tax_checks import check_tax_categories
from events.sales import AddOnPublishedV1, EntitlementPart, PlanPublishedV1, PlanWithdrawnV1
from sales import subscribers
from sales.store import catalogue_key, catalogue_revision_key, plan_version_key, version_key


@dataclass(frozen=True, slots=True)
class Publication:
    """What publishing a file changes, the catalogue behind it, and who keeps which older version."""

    catalogue: Catalogue
    changes: tuple[Change, ...]
    hash: str
    """Names these changes to this catalogue: whoever publishes by it publishes what was shown."""

    subscribers: Mapping[str, Mapping[int, int]] = field(default_factory=dict[str, Mapping[int, int]])
    """Of each plan that changes: how many subscribers each of its versions has."""


class Shelf:
    """The stored catalogue: what is on sale, and what was withdrawn but goes on counting."""

    def __init__(self, table: Table, tenant: str) -> None:
        self.items = {item["sk"]: item for item in table.query(aggregate_pk(tenant, "catalogue"))}

    @property
    def revision(self) -> int | None:
        """How often the catalogue was published; of two publications at once, one is refused."""
        item = self.items.get(catalogue_revision_key("")["sk"])
        return item["version"] if item else None

    def catalogue(self, *, withdrawn: bool = False) -> Catalogue:
        """What is on sale, or all that ever was."""
        found: dict[str, tuple[Any, ...]] = {}
        for kind, cls in KINDS.items():
            rows = [item for sk, item in self.items.items() if sk.startswith(f"{kind.upper()}#")]
            shown = [item for item in rows if withdrawn or not item.get("withdrawn")]
            found[f"{kind}s"] = tuple(cls.from_data(item["data"]) for item in shown)
        return Catalogue(**found)


def plan_publication(table: Table, tenant: str, data: Mapping[str, Any]) -> Publication:
    """What publishing a file would change and whom it leaves behind; nothing is written."""
    publication = _planned(table, tenant, Shelf(table, tenant), data)
    touched = [c for c in publication.changes if c.kind == "plan" and c.from_version]
    counted = {c.key: subscribers.by_version(table, tenant, c.key, c.from_version or 0) for c in touched}
    return replace(publication, subscribers=counted)


def publish(changes: Changes, data: Mapping[str, Any], expected: str | None = None) -> Publication:
    """Publish a file: what is new or changed goes on sale, what it no longer names is withdrawn.

    Subscribers keep what they have. With `expected`, the hash of a plan, exactly that or nothing.
    """
    shelf = Shelf(changes.table, changes.context.tenant)
    publication = _planned(changes.table, changes.context.tenant, shelf, data)
    if expected is not None and expected != publication.hash:
        message = "the catalogue or the file is not what was planned; plan again"
        raise ConflictError("catalogue_moved", message, "plan")
    if not publication.changes:
        return publication
    tenant = changes.context.tenant
    changes.put({**catalogue_revision_key(tenant)}, seen=shelf.revision, label="catalogue")
    for change in publication.changes:
        if change.action == "removed":
            _withdraw(changes, change, shelf)
        else:
            items = items_of(publication.catalogue, change.kind)
            _offer(changes, change.kind, next(i for i in items if i.key == change.key), shelf)
    return publication


def on_sale(table: Table, tenant: str) -> Catalogue:
    """The catalogue as it is on sale now."""
    return Shelf(table, tenant).catalogue()


def plan_on_sale(table: Table, tenant: str, key: str) -> Plan:
    """The version of a plan that new subscribers get."""
    return Plan.from_data(_on_sale(table, tenant, "PLAN", key, "plan"))


def latest_plan(table: Table, tenant: str, key: str) -> Plan:
    """The last version of a plan, on sale or not."""
    return Plan.from_data(found(table, catalogue_key(tenant, "PLAN", key), "plan")["data"])


def plan_version(table: Table, tenant: str, key: str, version: int) -> Plan:
    """A version of a plan, on sale or not."""
    return Plan.from_data(found(table, plan_version_key(tenant, key, version), "plan")["data"])


def add_on_on_sale(table: Table, tenant: str, key: str) -> AddOn:
    """The version of an add-on that is taken now."""
    return AddOn.from_data(_on_sale(table, tenant, "ADD_ON", key, "add-on"))


def product_on_sale(table: Table, tenant: str, key: str) -> Product:
    """What is bought of a product now."""
    return Product.from_data(_on_sale(table, tenant, "PRODUCT", key, "product"))


def bundle_on_sale(table: Table, tenant: str, key: str) -> Bundle:
    """The version of a bundle that is ordered now."""
    return Bundle.from_data(_on_sale(table, tenant, "BUNDLE", key, "bundle"))


def instalment_scheme_for(
    table: Table, tenant: str, key: str | None, plan: str = ""
) -> InstalmentScheme | None:
    """The scheme that is ordered with a plan, or for a sale without one; if one is."""
    if key is None:
        return None
    place = "body.instalments"
    data = _on_sale(table, tenant, "INSTALMENT_SCHEME", key, "instalment scheme", field=place)
    scheme = InstalmentScheme.from_data(data)
    if not scheme.is_for(plan):
        raise RuleError("scheme_not_for_plan", f"it is for {', '.join(scheme.plans)}", place)
    return scheme


def add_on_version(table: Table, tenant: str, key: str, version: int) -> AddOn:
    """A version of an add-on, on sale or not."""
    return AddOn.from_data(found(table, version_key(tenant, "add_on", key, version), "add_on")["data"])


def latest_version(table: Table, tenant: str, key: str) -> tuple[int, bool]:
    """The last published version of a plan, and whether it is on sale."""
    item = found(table, catalogue_key(tenant, "PLAN", key), "plan")
    return Plan.from_data(item["data"]).version, not item.get("withdrawn")


def headline(plan: Plan) -> dict[str, int]:
    """What a plan costs a period without usage, by currency, in minor units."""
    fixed = [price for price in plan.prices if price.cadence and price.source is not Source.METER]
    return {
        currency: sum(rate(price, currency, Fraction(price.quantity)).amount.minor for price in fixed)
        for currency in plan.currencies
    }


def _on_sale(
    table: Table, tenant: str, kind: str, key: str, said: str, *, field: str | None = None
) -> dict[str, Any]:
    item = table.get(**catalogue_key(tenant, kind, key))
    if item is None or item.get("withdrawn"):
        name = kind.lower()
        raise NotFoundError(f"unknown_{name}", f"there is no {said} {key!r}", field or name)
    return item["data"]


def _planned(table: Table, tenant: str, shelf: Shelf, data: Mapping[str, Any]) -> Publication:
    wanted, ever = parse_catalogue(data), shelf.catalogue(withdrawn=True)
    entities = tenant_state(table, tenant).legal_entities
    check_tax_categories(wanted, {category for entity in entities for category in entity.tax_rates})
    for meter in wanted.meters:
        _meter_unchanged(ever, meter)
    for experiment in wanted.experiments:
        for before in ever.experiments:
            if before.key == experiment.key:
                require_unchanged(before, experiment)
    catalogue = numbered(ever, wanted)
    text = json.dumps([shelf.revision, catalogue.to_data()], sort_keys=True, separators=(",", ":"))
    return Publication(catalogue, diff(shelf.catalogue(), catalogue), content_hash(text))


def _offer(changes: Changes, kind: str, item: Any, shelf: Shelf) -> None:
    """Put something on the shelf; a version that is new is kept for ever and said."""
    key = catalogue_key(changes.context.tenant, kind.upper(), item.key)
    known = shelf.items.get(key["sk"])
    seen = known["version"] if known else None
    changes.put({**key, "data": item.to_data()}, seen=seen, label=f"{kind} {item.key}")
    if hasattr(item, "version") and (known is None or known["data"]["version"] != item.version):
        version = version_key(changes.context.tenant, kind, item.key, item.version)
        changes.put({**version, "data": item.to_data()}, seen=None, label=f"{kind} {item.ref}")
    if isinstance(item, Plan):
        _say_published(changes, item, (seen or 0) + 1)
    if isinstance(item, AddOn):
        _say_add_on(changes, item, (seen or 0) + 1)


def _withdraw(changes: Changes, change: Change, shelf: Shelf) -> None:
    """Take something off the shelf; whoever has it keeps it, and what it counts goes on counting."""
    item = shelf.items[catalogue_key("", change.kind.upper(), change.key)["sk"]]
    label = f"{change.kind} {change.key}"
    changes.put({**item, "withdrawn": True}, seen=item["version"], label=label)
    if change.kind == "plan":
        plan = Plan.from_data(item["data"])
        changes.emit(
            PlanWithdrawnV1(plan=plan.key, plan_version=plan.version),
            subject=f"plan/{plan.key}",
            sequence=item["version"] + 1,
        )


def _say_published(changes: Changes, plan: Plan, sequence: int) -> None:
    """Say it with a sequence that counts versions, and each time the plan is withdrawn or comes back."""
    changes.emit(
        PlanPublishedV1(
            plan=plan.key,
            plan_version=plan.version,
            name=plan.name,
            rank=plan.rank,
            entitlements=[EntitlementPart.model_validate(e.to_data()) for e in plan.entitlements],
            headline=headline(plan),
            paused_keeps=list(plan.pause.keeps),
        ),
        subject=f"plan/{plan.key}",
        sequence=sequence,
    )


def _say_add_on(changes: Changes, add_on: AddOn, sequence: int) -> None:
    changes.emit(
        AddOnPublishedV1(
            add_on=add_on.key,
            add_on_version=add_on.version,
            name=add_on.name,
            entitlements=[EntitlementPart.model_validate(e.to_data()) for e in add_on.entitlements],
            plans=list(add_on.plans),
        ),
        subject=f"add_on/{add_on.key}",
        sequence=sequence,
    )


def _meter_unchanged(ever: Catalogue, wanted: Meter) -> None:
    """What was counted stays counted the same way: another count is another meter."""
    for meter in ever.meters:
        if meter.key == wanted.key and meter != wanted:
            message = "a published meter does not change; give the new one another key"
            raise RuleError("meter_immutable", message, f"meters.{wanted.key}")

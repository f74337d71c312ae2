"""Use cases of access: keep what was granted and used, decide, name what would lift a refusal."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from fractions import Fraction

from access.store import granted_key, plan_key, used_key
from billing.aws.changes import Changes
from billing.aws.items import Item
from billing.aws.queue import NotYetError
from billing.aws.table import Table, aggregate_pk
from billing.core.catalogue import Entitlement
from billing.core.entitlements import Decision, Grant, Offer, Quota, Snapshot, cheapest_with, decide
from billing.core.ids import derived_id
from billing.core.quantities import parse_decimal
from events.access import AccessGrantedV1, AccessRevokedV1
from events.sales import PlanPublishedV1, SubscriptionPart, UsageRolledUpV1

ENDED = "ended"


def plan_published(changes: Changes, event: PlanPublishedV1, sequence: int) -> None:
    """Keep what a plan version grants."""
    key = plan_key(changes.context.tenant, event.plan, event.plan_version)
    data = event.model_dump(mode="json", exclude_none=True)
    changes.put_newer({**key, "data": data}, sequence=sequence)


def subscription_changed(changes: Changes, state: SubscriptionPart, sequence: int) -> None:
    """Keep what a customer was granted; say so when it is new, or over."""
    tenant = changes.context.tenant
    plan = changes.table.get(**plan_key(tenant, state.plan, state.plan_version))
    if plan is None:
        raise NotYetError(f"the plan {state.plan}@{state.plan_version} has not arrived")
    known = changes.table.get(**granted_key(tenant, state.customer, state.subscription))
    if known is not None and known["sequence"] >= sequence:
        return
    ended = state.status == ENDED
    item: Item = {
        **granted_key(tenant, state.customer, state.subscription),
        "plan": f"{state.plan}@{state.plan_version}",
        "currency": state.currency,
        "entitlements": plan["data"]["entitlements"],
        "since": known["since"] if known else state.period_start.isoformat(),
        "until": state.ends_at.isoformat() if state.ends_at else None,
    }
    changes.put_newer(item, sequence=sequence)
    granted = known is not None and known["plan"] == item["plan"]
    if ended or not granted:
        said = AccessRevokedV1 if ended else AccessGrantedV1
        event = said(
            customer=state.customer,
            subscription=state.subscription,
            plan=item["plan"],
            features=[e["feature"] for e in item["entitlements"]],
        )
        changes.emit(event, subject=f"access/{state.subscription}", sequence=sequence)


def usage_rolled_up(changes: Changes, event: UsageRolledUpV1, sequence: int) -> None:
    """Keep what the quotas of a subscription have used; a newer count replaces an older."""
    key = used_key(changes.context.tenant, event.customer, event.subscription)
    item: Item = {
        **key,
        "used": event.used,
        "start": event.period_start.isoformat(),
        "end": event.period_end.isoformat(),
    }
    changes.put_newer(item, sequence=sequence)


def check(
    table: Table, tenant: str, customer: str, feature: str, *, at: datetime, quantity: Fraction = Fraction(1)
) -> Decision:
    """Whether a customer may use a feature: one eventually consistent query, then a pure decision."""
    snapshot, quotas, _ = _known(table, tenant, customer)
    return decide(snapshot, quotas, feature, at=at, quantity=quantity)


def overview(table: Table, tenant: str, customer: str, *, at: datetime) -> list[Decision]:
    """A decision for every feature the customer was ever granted."""
    snapshot, quotas, _ = _known(table, tenant, customer)
    features = {grant.entitlement.feature for grant in snapshot.grants} if snapshot else set[str]()
    return [decide(snapshot, quotas, feature, at=at) for feature in sorted(features)]


def lifting(table: Table, tenant: str, customer: str, feature: str) -> str | None:
    """The cheapest plan on sale that grants a feature, in the currency the customer pays in."""
    _, _, currency = _known(table, tenant, customer)
    return cheapest_with(feature, _offers(table, tenant), currency)


def customer_id(tenant: str, name: str) -> str:
    """The id behind a customer's id or the seller's external id (as sales derives it)."""
    return name if name.startswith("cus_") else derived_id("cus", tenant, "external", name)


def _known(table: Table, tenant: str, customer: str) -> tuple[Snapshot | None, dict[str, Quota], str | None]:
    rows = list(table.query(aggregate_pk(tenant, f"access/{customer}"), consistent=False))
    granted = [row for row in rows if row["sk"].startswith("SUB#")]
    if not granted:
        return None, {}, None
    grants = tuple(grant for row in granted for grant in _grants(row))
    used = [row for row in rows if row["sk"].startswith("USED#")]
    return Snapshot(customer, grants), _quotas(used), granted[0]["currency"]


def _grants(row: Item) -> list[Grant]:
    until = datetime.fromisoformat(row["until"]) if row.get("until") else None
    since = datetime.fromisoformat(row["since"])
    subscription = row["sk"].removeprefix("SUB#")
    return [
        Grant(subscription, row["plan"], Entitlement.from_data(data), since, until)
        for data in row["entitlements"]
    ]


def _quotas(rows: Iterable[Item]) -> dict[str, Quota]:
    return {
        meter: Quota(
            meter,
            parse_decimal(used, negative=True),
            datetime.fromisoformat(row["start"]),
            datetime.fromisoformat(row["end"]),
        )
        for row in rows
        for meter, used in row["used"].items()
    }


def _offers(table: Table, tenant: str) -> list[Offer]:
    """The newest version of every plan."""
    newest: dict[str, Offer] = {}
    for item in table.query(aggregate_pk(tenant, "plans"), "PLAN#", consistent=False):
        data = item["data"]
        entitlements = tuple(Entitlement.from_data(e) for e in data["entitlements"])
        newest[data["plan"]] = Offer(data["plan"], data["rank"], entitlements, data["headline"])
    return list(newest.values())

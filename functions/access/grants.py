"""Use cases of access: keep what was granted, and what was used of it."""

from __future__ import annotations

from typing import Any

from access.store import add_on_key, granted_key, plan_key, used_key
from billing.aws.changes import Changes
from billing.aws.items import Item
from billing.aws.queue import NotYetError
from billing.core.catalogue import Entitlement
from billing.core.entitlements import stacked
from events.access import AccessGrantedV1, AccessRevokedV1
from events.sales import AddOnPublishedV1, PlanPublishedV1, PlanWithdrawnV1, SubscriptionPart, UsageRolledUpV1

ENDED, PAUSED = "ended", "paused"


def plan_published(changes: Changes, event: PlanPublishedV1, sequence: int) -> None:
    """Keep what a plan version grants."""
    key = plan_key(changes.context.tenant, event.plan, event.plan_version)
    data = event.model_dump(mode="json", exclude_none=True)
    changes.put_newer({**key, "data": data}, sequence=sequence)


def add_on_published(changes: Changes, event: AddOnPublishedV1, sequence: int) -> None:
    """Keep what an add-on version grants."""
    key = add_on_key(changes.context.tenant, event.add_on, event.add_on_version)
    data = event.model_dump(mode="json", exclude_none=True)
    changes.put_newer({**key, "data": data}, sequence=sequence)


def plan_withdrawn(changes: Changes, event: PlanWithdrawnV1, sequence: int) -> None:
    """Offer a plan to nobody any more; what its versions grant they go on granting."""
    key = plan_key(changes.context.tenant, event.plan, event.plan_version)
    plan = changes.table.get(**key)
    if plan is None:
        raise NotYetError(f"the plan {event.plan}@{event.plan_version} has not arrived")
    changes.put_newer({**key, "data": plan["data"], "withdrawn": True}, sequence=sequence)


def subscription_changed(changes: Changes, state: SubscriptionPart, sequence: int) -> None:
    """Keep what a customer was granted; say so when it is new, or over."""
    tenant = changes.context.tenant
    plan = changes.table.get(**plan_key(tenant, state.plan, state.plan_version))
    if plan is None:
        raise NotYetError(f"the plan {state.plan}@{state.plan_version} has not arrived")
    known = changes.table.get(**granted_key(tenant, state.customer, state.subscription))
    if known is not None and known["sequence"] >= sequence:
        return
    paused = state.status == PAUSED
    granted = _with_add_ons(changes, state, plan["data"]["entitlements"])
    if paused:
        kept = set(plan["data"].get("paused_keeps", ()))
        granted = [entitlement for entitlement in granted if entitlement["feature"] in kept]
    item: Item = {
        **granted_key(tenant, state.customer, state.subscription),
        "plan": f"{state.plan}@{state.plan_version}",
        "currency": state.currency,
        "entitlements": granted,
        "paused": paused,
        "since": known["since"] if known else state.period_start.isoformat(),
        "until": state.ends_at.isoformat() if state.ends_at else None,
    }
    changes.put_newer(item, sequence=sequence)
    _say(changes, state, known, item, sequence)


def _with_add_ons(
    changes: Changes, state: SubscriptionPart, granted: list[dict[str, Any]]
) -> list[dict[str, Any]]:
    """What a plan grants with the add-ons of a subscription; NotYetError where one has not arrived."""
    if not state.add_ons:
        return granted
    found = tuple(Entitlement.from_data(data) for data in granted)
    for each in state.add_ons:
        stored = changes.table.get(**add_on_key(changes.context.tenant, each.add_on, each.add_on_version))
        if stored is None:
            raise NotYetError(f"the add-on {each.add_on}@{each.add_on_version} has not arrived")
        more = [Entitlement.from_data(data) for data in stored["data"]["entitlements"]]
        found = stacked(found, more, each.quantity)
    return [entitlement.to_data() for entitlement in found]


def _say(changes: Changes, state: SubscriptionPart, known: Item | None, item: Item, sequence: int) -> None:
    """Say what was granted where that is new, and what was taken away by an end or a pause."""
    before = {e["feature"] for e in known["entitlements"]} if known else set[str]()
    features = [e["feature"] for e in item["entitlements"]]
    said = AccessGrantedV1
    if state.status == ENDED:
        said = AccessRevokedV1
    elif item["paused"]:
        said, features = AccessRevokedV1, sorted(before - set(features))
    elif known is not None and known["plan"] == item["plan"] and not known.get("paused"):
        _emit(changes, AccessRevokedV1, state, sorted(before - set(features)), sequence)
        said, features = AccessGrantedV1, sorted(set(features) - before)
        if not features:
            return
    if known is None and state.status in {ENDED, PAUSED}:
        return
    _emit(changes, said, state, features, sequence, always=True)


def _emit(
    changes: Changes,
    said: type[AccessGrantedV1 | AccessRevokedV1],
    state: SubscriptionPart,
    features: list[str],
    sequence: int,
    *,
    always: bool = False,
) -> None:
    if features or always:
        plan = f"{state.plan}@{state.plan_version}"
        event = said(customer=state.customer, subscription=state.subscription, plan=plan, features=features)
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

"""Use cases of access: decide from what is known, name what would lift a refusal, tell of refusals."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from fractions import Fraction
from typing import Any

from access.store import denied_key
from billing.aws.changes import Changes
from billing.aws.errors import ConflictError
from billing.aws.items import Item
from billing.aws.table import Table, aggregate_pk
from billing.core.catalogue import Entitlement
from billing.core.entitlements import (
    Decision,
    Grant,
    Offer,
    Quota,
    Restriction,
    Snapshot,
    Why,
    cheapest_with,
    decide,
)
from billing.core.quantities import decimal_text, parse_decimal
from events.access import AccessDeniedV1, OfferPart

QUIET = timedelta(days=1)  # of the tenant's time: the same refusal is told once


@dataclass(frozen=True, slots=True)
class Known:
    """What one look into a customer's partition shows."""

    snapshot: Snapshot | None
    quotas: dict[str, Quota]
    currency: str | None
    denied: dict[str, Item]


@dataclass(frozen=True, slots=True)
class Question:
    """Who wants to use how much of what."""

    customer: str
    feature: str
    quantity: Fraction = Fraction(1)


def check(changes: Changes, question: Question) -> tuple[Decision, Offer | None]:
    """Whether a customer may use a feature, and what would lift a refusal.

    One eventually consistent query, then a pure decision. Of a refusal the others are told.
    """
    table, context = changes.table, changes.context
    known = _known(table, context.tenant, question.customer)
    decision = decide(
        known.snapshot, known.quotas, question.feature, at=context.now, quantity=question.quantity
    )
    if decision.allowed:
        return decision, None
    offer = None if decision.reason is Why.RESTRICTED else _lifting(table, context.tenant, known, question)
    _tell(changes, known, question, decision, offer)
    return decision, offer


def overview(table: Table, tenant: str, customer: str, *, at: datetime) -> list[Decision]:
    """A decision for every feature the customer was ever granted."""
    known = _known(table, tenant, customer)
    grants = known.snapshot.grants if known.snapshot else ()
    features = {grant.entitlement.feature for grant in grants}
    return [decide(known.snapshot, known.quotas, feature, at=at) for feature in sorted(features)]


def _lifting(table: Table, tenant: str, known: Known, question: Question) -> Offer | None:
    """The cheapest plan on sale that would allow it, in the currency the customer pays in."""
    used = max(
        (quota.used for meter, quota in known.quotas.items() if meter in _meters(known, question.feature)),
        default=Fraction(0),
    )
    offers = _offers(table, tenant)
    return cheapest_with(question.feature, offers, known.currency, needed=used + question.quantity)


def _meters(known: Known, feature: str) -> set[str | None]:
    grants = known.snapshot.grants if known.snapshot else ()
    return {grant.entitlement.meter for grant in grants if grant.entitlement.feature == feature}


def _tell(
    changes: Changes, known: Known, question: Question, decision: Decision, offer: Offer | None
) -> None:
    """Emit `AccessDenied`, once a day for the same refusal; a stranger is nobody to tell about."""
    now, seen = changes.context.now, known.denied.get(question.feature)
    if known.snapshot is None or (offer is None and decision.reason is Why.NOT_IN_PLAN):
        return
    if seen and seen["reason"] == decision.reason and datetime.fromisoformat(seen["at"]) > now - QUIET:
        return
    version = seen["version"] if seen else None
    key = denied_key(changes.context.tenant, question.customer, question.feature)
    item = {**key, "reason": decision.reason.value, "at": now.isoformat()}
    changes.put(item, seen=version, label="denial")
    event = AccessDeniedV1(
        customer=question.customer,
        feature=question.feature,
        reason=decision.reason.value,
        plan=decision.plan,
        limit=decimal_text(decision.limit) if decision.limit is not None else None,
        used=decimal_text(decision.used) if decision.used is not None else None,
        offer=_offered(offer, known.currency) if offer else None,
    )
    subject = f"access/{question.customer}"
    changes.emit(event, subject=subject, sequence=(version or 0) + 1, about=question.feature)
    with contextlib.suppress(ConflictError):  # somebody was refused the same at this moment, and told
        changes.commit()


def _offered(offer: Offer, currency: str | None) -> OfferPart:
    amount = offer.headline.get(currency or "")
    return OfferPart(
        plan=offer.plan,
        name=offer.name,
        amount_minor=amount,
        currency=currency if amount is not None else None,
    )


def _known(table: Table, tenant: str, customer: str) -> Known:
    rows: dict[str, list[Item]] = {"SUB": [], "USED": [], "UNPAID": [], "DENIED": []}
    for row in table.query(aggregate_pk(tenant, f"access/{customer}"), consistent=False):
        rows.setdefault(row["sk"].split("#", 1)[0], []).append(row)
    granted = rows["SUB"]
    snapshot = Snapshot(
        customer,
        tuple(grant for row in granted for grant in _grants(row)),
        tuple(Restriction.from_data(row["restriction"]) for row in rows["UNPAID"]),
    )
    return Known(
        snapshot=snapshot if granted else None,
        quotas=_quotas(rows["USED"]),
        currency=granted[0]["currency"] if granted else None,
        denied={row["sk"].removeprefix("DENIED#"): row for row in rows["DENIED"]},
    )


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
    """The newest version of every plan that is sold."""
    newest: dict[str, Offer] = {}
    for item in table.query(aggregate_pk(tenant, "plans"), "PLAN#", consistent=False):
        data: dict[str, Any] = item["data"]
        entitlements = tuple(Entitlement.from_data(e) for e in data["entitlements"])
        offer = Offer(data["plan"], data["name"], data["rank"], entitlements, data["headline"])
        newest[offer.plan] = offer
        if item.get("withdrawn"):
            del newest[offer.plan]
    return list(newest.values())

"""What a customer may do: a snapshot of grants with their validity inside, and the decision from it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from fractions import Fraction

from billing.core.catalogue import Entitlement, EntitlementKind, LimitKind
from billing.core.record import Record


class Why(StrEnum):
    """The reason of a decision; stable, to branch on."""

    GRANTED = "granted"
    WITHIN_LIMIT = "within_limit"
    OVERAGE = "overage"  # beyond the limit, allowed and charged
    SOFT_LIMIT = "soft_limit"  # beyond the limit, allowed and warned
    LIMIT_REACHED = "limit_reached"
    NOT_IN_PLAN = "not_in_plan"
    ENDED = "ended"
    RESTRICTED = "restricted"  # an invoice is long overdue
    UNKNOWN_CUSTOMER = "unknown_customer"


@dataclass(frozen=True, slots=True)
class Grant(Record):
    """One feature granted through one subscription, valid in [since, until)."""

    subscription: str
    plan: str
    entitlement: Entitlement
    since: datetime
    until: datetime | None = None

    def valid_at(self, instant: datetime) -> bool:
        """Whether it holds at an instant."""
        return self.since <= instant and (self.until is None or instant < self.until)


@dataclass(frozen=True, slots=True)
class RestrictionPolicy(Record):
    """When an overdue invoice ends access, and what stays usable even then.

    `after_days` counts from the instant the invoice became overdue; None never restricts.
    """

    after_days: int | None = 7
    keeps: tuple[str, ...] = ()

    def since(self, overdue_at: datetime) -> datetime | None:
        """The instant from which an unpaid invoice restricts."""
        return None if self.after_days is None else overdue_at + timedelta(days=self.after_days)


@dataclass(frozen=True, slots=True)
class Restriction(Record):
    """An unpaid invoice that ends access from an instant on, except to what the policy keeps."""

    invoice: str
    since: datetime
    keeps: tuple[str, ...] = ()

    def covers(self, feature: str, instant: datetime) -> bool:
        """Whether it takes a feature away at an instant."""
        return self.since <= instant and feature not in self.keeps


@dataclass(frozen=True, slots=True)
class Snapshot(Record):
    """Everything a customer was granted, and what is held against them."""

    customer: str
    grants: tuple[Grant, ...] = ()
    restrictions: tuple[Restriction, ...] = ()


@dataclass(frozen=True, slots=True)
class Quota(Record):
    """What was used of a meter in a period [start, end)."""

    meter: str
    used: Fraction
    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class Decision(Record):
    """Whether the product may go on, why, and what remains (None: without limit)."""

    allowed: bool
    reason: Why
    feature: str
    limit: Fraction | None = None
    used: Fraction | None = None
    remaining: Fraction | None = None
    plan: str | None = None


@dataclass(frozen=True, slots=True)
class Offer(Record):
    """A plan as access knows it: what it grants, and what it costs a period, by currency."""

    plan: str
    name: str
    rank: int
    entitlements: tuple[Entitlement, ...]
    headline: Mapping[str, int]


def stacked(
    entitlements: Iterable[Entitlement], more: Iterable[Entitlement], quantity: int = 1
) -> tuple[Entitlement, ...]:
    """What is granted with so many of an add-on: limits on the same meter add up, a value is replaced.

    What happens at a limit, and where nobody can ask, stays as it was first said.
    """
    found = list(entitlements)
    for entitlement in more:
        limit = entitlement.limit
        added = replace(entitlement, limit=None if limit is None else limit * quantity)
        same = [n for n, known in enumerate(found) if _same_grant(known, added)]
        if not same:
            found.append(added)
        elif added.kind is EntitlementKind.QUOTA:
            known = found[same[0]]
            unlimited = known.limit is None or added.limit is None
            total = None if unlimited else (known.limit or 0) + (added.limit or 0)
            found[same[0]] = replace(known, limit=total)
        else:
            found[same[0]] = replace(found[same[0]], value=added.value or found[same[0]].value)
    return tuple(found)


def _same_grant(one: Entitlement, other: Entitlement) -> bool:
    return (one.feature, one.kind, one.meter) == (other.feature, other.kind, other.meter)


def decide(
    snapshot: Snapshot | None,
    quotas: Mapping[str, Quota],
    feature: str,
    *,
    at: datetime,
    quantity: Fraction = Fraction(1),
) -> Decision:
    """Decide from what is known; the most generous valid grant of the feature wins."""
    if snapshot is None:
        return Decision(False, Why.UNKNOWN_CUSTOMER, feature)
    grants = [grant for grant in snapshot.grants if grant.entitlement.feature == feature]
    valid = [grant for grant in grants if grant.valid_at(at)]
    if not valid:
        return Decision(False, Why.ENDED if grants else Why.NOT_IN_PLAN, feature)
    if any(restriction.covers(feature, at) for restriction in snapshot.restrictions):
        return Decision(False, Why.RESTRICTED, feature, plan=valid[0].plan)
    decisions = [_of_grant(grant, quotas, at, quantity) for grant in valid]
    return max(decisions, key=_generosity)


def cheapest_with(
    feature: str, offers: Iterable[Offer], currency: str | None = None, *, needed: Fraction = Fraction(0)
) -> Offer | None:
    """The offer that grants a feature for the least; by rank where prices cannot be compared.

    Only one whose quota covers `needed`: the plan whose limit was just reached is no help.
    """
    granting = [o for o in offers if any(_covers(e, feature, needed) for e in o.entitlements)]
    if not granting:
        return None
    priced = [o for o in granting if currency in o.headline] if currency else []
    if priced:
        return min(priced, key=lambda o: (o.headline[currency or ""], o.rank, o.plan))
    return min(granting, key=lambda o: (o.rank, o.plan))


def _covers(entitlement: Entitlement, feature: str, needed: Fraction) -> bool:
    if entitlement.feature != feature:
        return False
    hard = entitlement.kind is EntitlementKind.QUOTA and entitlement.limit_kind is LimitKind.HARD
    return not hard or entitlement.limit is None or entitlement.limit >= needed


def _of_grant(grant: Grant, quotas: Mapping[str, Quota], at: datetime, quantity: Fraction) -> Decision:
    entitlement = grant.entitlement
    if entitlement.kind is not EntitlementKind.QUOTA or entitlement.limit is None:
        return Decision(True, Why.GRANTED, entitlement.feature, plan=grant.plan)
    quota = quotas.get(entitlement.meter or "")
    used = quota.used if quota and quota.start <= at < quota.end else Fraction(0)
    remaining = max(entitlement.limit - used, Fraction(0))
    within = used + quantity <= entitlement.limit
    reason = Why.WITHIN_LIMIT if within else _BEYOND[entitlement.limit_kind]
    return Decision(
        allowed=within or entitlement.limit_kind is not LimitKind.HARD,
        reason=reason,
        feature=entitlement.feature,
        limit=entitlement.limit,
        used=used,
        remaining=remaining,
        plan=grant.plan,
    )


_BEYOND = {
    LimitKind.HARD: Why.LIMIT_REACHED,
    LimitKind.SOFT: Why.SOFT_LIMIT,
    LimitKind.OVERAGE: Why.OVERAGE,
}


def _generosity(decision: Decision) -> tuple[bool, bool, Fraction]:
    """Allowed before refused, without limit before limited, more before less."""
    return decision.allowed, decision.remaining is None, decision.remaining or Fraction(0)

"""The life of a subscription: which period it is in, what it is billed next, how it ends."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from fractions import Fraction

from billing.core.agreed import NOTHING, Agreement
from billing.core.catalogue import Plan
from billing.core.discounts import Coupon, Redeemed
from billing.core.discounts import redeem as check_redeemable
from billing.core.errors import RuleError
from billing.core.periods import (
    Anchoring,
    Cadence,
    FirstPart,
    Period,
    Schedule,
    Unit,
    anchored_in_calendar,
    anchored_on_day,
)
from billing.core.record import Record

LONGEST_MONTH = 31


class Status(StrEnum):
    """Where a subscription stands."""

    ACTIVE = "active"
    CANCELING = "canceling"  # goes on until its period ends
    ENDED = "ended"


class Command(StrEnum):
    """What can be asked of a subscription."""

    RENEW = "renew"
    CANCEL = "cancel"
    UNCANCEL = "uncancel"
    CHANGE = "change"
    END = "end"


ALLOWED: dict[Status, frozenset[Command]] = {
    Status.ACTIVE: frozenset({Command.RENEW, Command.CANCEL, Command.CHANGE, Command.END}),
    Status.CANCELING: frozenset({Command.UNCANCEL, Command.END}),
    Status.ENDED: frozenset(),
}


@dataclass(frozen=True, slots=True)
class PendingChange(Record):
    """The plan version and seats that the next period begins with."""

    plan: str
    plan_version: int
    seats: Fraction
    agreement: Agreement = NOTHING


@dataclass(frozen=True, slots=True)
class Subscription(Record):
    """A customer on a version of a plan; `number` counts its periods from 0.

    On the calendar or on a billing day its first period is a part of one: it begins with the
    subscription, not with the schedule's.
    `since` is when the terms of a price began, where they changed: what its period still closes begins there.
    """

    id: str
    customer: str
    legal_entity: str
    plan: str
    plan_version: int
    currency: str
    schedule: Schedule
    started_at: datetime
    number: int = 0
    seats: Fraction = Fraction(1)
    status: Status = Status.ACTIVE
    ended_at: datetime | None = None
    agreement: Agreement = NOTHING
    since: Mapping[str, datetime] = field(default_factory=dict[str, datetime])
    pending: PendingChange | None = None
    coupons: tuple[Redeemed, ...] = ()
    anchoring: Anchoring = Anchoring.ANNIVERSARY
    first_part: FirstPart = FirstPart.SHORT

    @property
    def period(self) -> Period:
        """The period it is in."""
        whole = self.schedule.period(self.number)
        return Period(max(whole.start, self.started_at), whole.end)

    def coupons_at(self, at: datetime, plan: str) -> tuple[Coupon, ...]:
        """The coupons that act on what a plan bills at an instant, in the order of their redemption."""
        acting = (each.coupon for each in self.coupons if each.acts_at(at))
        return tuple(coupon for coupon in acting if not coupon.plans or plan in coupon.plans)

    @property
    def due_at(self) -> datetime | None:
        """When it must be looked at next: the end of its period; never once it has ended."""
        return None if self.status is Status.ENDED else self.period.end

    @property
    def ends_at(self) -> datetime | None:
        """When it ends, or ended, as far as is known."""
        return self.period.end if self.status is Status.CANCELING else self.ended_at


def start(
    id_: str,
    customer: str,
    legal_entity: str,
    plan: Plan,
    currency: str,
    *,
    at: datetime,
    zone: str,
    seats: Fraction = Fraction(1),
    billing_day: int | None = None,
) -> Subscription:
    """Subscribe a customer from an instant on; a plan without recurring prices has monthly periods.

    With a billing day, boundaries fall on that day of month; else they are as the plan says.
    """
    _require_offered(plan, currency)
    return Subscription(
        id=id_,
        customer=customer,
        legal_entity=legal_entity,
        plan=plan.key,
        plan_version=plan.version,
        currency=currency,
        schedule=_schedule(plan, at, zone, billing_day),
        started_at=at,
        seats=seats,
        anchoring=plan.anchoring if billing_day is None else Anchoring.ANNIVERSARY,
        first_part=plan.first_part,
    )


def _schedule(plan: Plan, at: datetime, zone: str, billing_day: int | None) -> Schedule:
    """The schedule whose period 0 holds the start."""
    cadence = plan.cadence or Cadence(Unit.MONTH)
    if billing_day is not None:
        if not 1 <= billing_day <= LONGEST_MONTH:
            raise RuleError("invalid_billing_day", "a day of month is 1 to 31", "billing_day")
        on_day = anchored_on_day(at, zone, cadence, billing_day)
        first = on_day.boundary(on_day.index_at(at))
        return Schedule(first, zone, cadence, on_day.anchor_day)
    if plan.anchoring is Anchoring.CALENDAR:
        return anchored_in_calendar(at, zone, cadence)
    return Schedule(at, zone, cadence)


def redeem(subscription: Subscription, coupon: Coupon, *, at: datetime, redeemed: int) -> Subscription:
    """Let a coupon act from the next billing moment on, for as many periods as it has.

    That is the start of the subscription itself, where it is redeemed with it.
    """
    check_redeemable(coupon, subscription.plan, subscription.currency, at=at, redeemed=redeemed)
    if any(e.coupon.key == coupon.key and (e.until is None or at < e.until) for e in subscription.coupons):
        raise RuleError("coupon_redeemed", f"{coupon.key} already acts on this subscription", "coupon")
    first = subscription.number if at <= subscription.period.start else subscription.number + 1
    boundary = subscription.schedule.boundary
    until = None if coupon.periods is None else boundary(first + coupon.periods)
    acting = Redeemed(coupon, boundary(first), until)
    return replace(subscription, coupons=(*subscription.coupons, acting))


def renew(subscription: Subscription, pending: Plan | None = None) -> Subscription:
    """Open the next period, under the pending plan where one waits.

    A plan of another cadence opens an anchor of its own at the boundary.
    """
    _require(subscription, Command.RENEW)
    renewed = replace(subscription, number=subscription.number + 1)
    waits = subscription.pending
    if waits is None or pending is None:
        return renewed
    renewed = replace(
        renewed,
        plan=pending.key,
        plan_version=pending.version,
        seats=waits.seats,
        agreement=waits.agreement,
        pending=None,
    )
    cadence = pending.cadence or subscription.schedule.cadence
    if cadence == subscription.schedule.cadence:
        return renewed
    anchor = Schedule(subscription.period.end, subscription.schedule.zone, cadence)
    return replace(renewed, schedule=anchor, number=0, anchoring=Anchoring.ANNIVERSARY)


def change_now(
    subscription: Subscription,
    plan: Plan,
    seats: Fraction,
    agreement: Agreement | None = None,
    *,
    at: datetime,
    restart: bool = False,
) -> Subscription:
    """Go on under another plan or with other seats from an instant within the period.

    With `restart` a period of the new plan begins at the instant; else the running one goes on.
    """
    _require_change(subscription, plan)
    if not subscription.period.contains(at):
        raise RuleError("outside_period", "the period to change is not the one that runs", "when")
    after = replace(
        subscription,
        plan=plan.key,
        plan_version=plan.version,
        seats=seats,
        agreement=agreement or subscription.agreement,
        pending=None,
    )
    cadence = plan.cadence or subscription.schedule.cadence
    if restart:
        anchor = Schedule(at, subscription.schedule.zone, cadence)
        own = Anchoring.ANNIVERSARY
        return replace(after, schedule=anchor, number=0, anchoring=own)
    if cadence != subscription.schedule.cadence:
        message = "a plan that bills in another rhythm begins with the next period"
        raise RuleError("cadence_differs", message, "when")
    return after


def change_later(
    subscription: Subscription, plan: Plan, seats: Fraction, agreement: Agreement | None = None
) -> Subscription:
    """Let the next period begin under another plan or with other seats; the last word counts."""
    _require_change(subscription, plan)
    waits = PendingChange(plan.key, plan.version, seats, agreement or subscription.agreement)
    return replace(subscription, pending=waits)


def keep_plan(subscription: Subscription) -> Subscription:
    """Take a pending change back."""
    _require(subscription, Command.CHANGE)
    if subscription.pending is None:
        raise RuleError("nothing_pending", "no change waits for the next period")
    return replace(subscription, pending=None)


def cancel(subscription: Subscription) -> Subscription:
    """Let it end with its period."""
    _require(subscription, Command.CANCEL)
    return replace(subscription, status=Status.CANCELING)


def uncancel(subscription: Subscription) -> Subscription:
    """Take a cancellation back before it took effect."""
    _require(subscription, Command.UNCANCEL)
    return replace(subscription, status=Status.ACTIVE)


def end(subscription: Subscription, *, at: datetime) -> Subscription:
    """End it at an instant."""
    _require(subscription, Command.END)
    return replace(subscription, status=Status.ENDED, ended_at=at)


def _require_change(subscription: Subscription, plan: Plan) -> None:
    _require(subscription, Command.CHANGE)
    _require_offered(plan, subscription.currency)


def _require_offered(plan: Plan, currency: str) -> None:
    if plan.prices and currency not in plan.currencies:
        offered = ", ".join(plan.currencies)
        raise RuleError("currency_not_offered", f"{plan.key} is sold in {offered}", "currency")


def _require(subscription: Subscription, command: Command) -> None:
    allowed = ALLOWED[subscription.status]
    if command not in allowed:
        names = ", ".join(sorted(allowed)) or "nothing"
        message = f"it is {subscription.status}; allowed: {names}"
        raise RuleError("transition_not_allowed", message)

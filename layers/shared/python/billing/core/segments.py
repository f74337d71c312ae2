"""A new run of periods from an anchor of its own: behind a trial, behind a pause."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from billing.core.catalogue import Plan
from billing.core.discounts import Redeemed
from billing.core.periods import Anchoring, Schedule
from billing.core.scheduled import moved
from billing.core.subscription import Subscription, schedule_of

_MICROSECOND = timedelta(microseconds=1)


def new_segment(
    subscription: Subscription, plan: Plan, *, at: datetime, left_at: datetime | None = None
) -> Subscription:
    """The same with periods of a plan from an instant on, on the billing day it has.

    Coupons keep the periods they have left.
    """
    zone, day = subscription.schedule.zone, subscription.schedule.anchor_day
    schedule = schedule_of(plan, at, zone, day)
    after = replace(
        subscription,
        schedule=schedule,
        number=0,
        segment_at=at,
        since={},
        anchoring=plan.anchoring if day is None else Anchoring.ANNIVERSARY,
        first_part=plan.first_part,
        coupons=kept_coupons(subscription, schedule, at=at, left_at=left_at),
    )
    return replace(after, scheduled=moved(after.scheduled, after.period.end))


def kept_coupons(
    subscription: Subscription, schedule: Schedule, *, at: datetime, left_at: datetime | None
) -> tuple[Redeemed, ...]:
    """Its coupons with the periods they have left, under a schedule that begins at an instant.

    Those are the ones they had not acted on when the old periods were left, at `left_at`; None where none
    of them was billed.
    """
    return tuple(_kept(each, subscription.schedule, schedule, at, left_at) for each in subscription.coupons)


def _kept(coupon: Redeemed, old: Schedule, new: Schedule, at: datetime, left_at: datetime | None) -> Redeemed:
    since = min(coupon.since, at)
    if coupon.until is None:
        return replace(coupon, since=since)
    left = _moments(old, coupon.since if left_at is None else max(coupon.since, left_at), coupon.until)
    return replace(coupon, since=since, until=new.boundary(left) if left else min(coupon.until, at))


def _moments(schedule: Schedule, since: datetime, until: datetime) -> int:
    """How many boundaries of a schedule lie in [since, until)."""
    return max(schedule.index_at(until - _MICROSECOND) - schedule.index_at(since - _MICROSECOND), 0)

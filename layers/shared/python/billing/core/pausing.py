"""A pause: neither billed nor served from an instant on, until a resume opens periods of their own."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from billing.core.catalogue import Plan
from billing.core.errors import RuleError
from billing.core.periods import FirstPart
from billing.core.policies import Paid
from billing.core.scheduled import (
    NewTerms,
    Pause,
    PendingChange,
    Resume,
    added,
    first_of,
    terms_by,
    terms_left,
    without,
)
from billing.core.segments import new_segment
from billing.core.subscription import Command, Status, Subscription, require, running


def comes_at(subscription: Subscription, at: datetime) -> datetime:
    """When what waits for the end of a period comes: in a pause with its resume, where one is scheduled."""
    resume = first_of(subscription.scheduled, Resume)
    waits = subscription.status is Status.PAUSED and at == subscription.period.end
    return resume.at if waits and resume else at


def pause_later(
    subscription: Subscription,
    *,
    at: datetime | None = None,
    paid: Paid | None = None,
    resume_at: datetime | None = None,
) -> Subscription:
    """Let it rest from the end of its period on, or from a date on."""
    require(subscription, Command.PAUSE)
    begins = at or subscription.period.end
    _require_after(resume_at, begins)
    known = without(subscription.scheduled, Pause, Resume)
    what = Pause(paid, resume_at)
    return replace(
        subscription, scheduled=added(known, subscription.id, begins, what, with_period=at is None)
    )


def pause(subscription: Subscription, *, at: datetime, resume_at: datetime | None = None) -> Subscription:
    """Let it rest from an instant on. What is scheduled waits: it takes effect with the resume."""
    require(subscription, Command.PAUSE)
    _require_after(resume_at, at)
    known = without(subscription.scheduled, Pause, Resume)
    if resume_at is not None:
        known = added(known, subscription.id, resume_at, Resume(), with_period=False)
    return replace(subscription, status=Status.PAUSED, paused_at=at, scheduled=known)


def resume_later(subscription: Subscription, *, at: datetime) -> Subscription:
    """Let it go on from a date on; the last word counts."""
    require(subscription, Command.RESUME)
    known = without(subscription.scheduled, Resume)
    return replace(subscription, scheduled=added(known, subscription.id, at, Resume(), with_period=False))


def resumes_under(subscription: Subscription, at: datetime) -> PendingChange | None:
    """The terms it goes on under at an instant, where a change waited for it."""
    terms = terms_by(subscription.scheduled, max(at, subscription.period.end))
    return subscription.under(terms) if terms else None


def resume(subscription: Subscription, plan: Plan, *, at: datetime) -> Subscription:
    """Go on: periods of their own begin at the instant, under the terms that waited.

    `plan` is the one it goes on with. A first part that would cost nothing is charged for its share
    here: nobody pauses to get it again.
    """
    require(subscription, Command.RESUME)
    if subscription.paused_at is not None:
        _require_after(at, subscription.paused_at)
    waits = resumes_under(subscription, at)
    left = terms_left(without(subscription.scheduled, Resume), max(at, subscription.period.end))
    waits = waits or subscription.under(NewTerms())
    had = subscription.paid_from is not None and plan.key == subscription.plan
    going = replace(
        subscription.on(plan, waits.seats, waits.agreement).paying_in(waits.currency),
        scheduled=left,
        paid_from=subscription.paid_from or at,
        paused_at=None,
        plan_period=subscription.plan_period + had,
    )
    after = new_segment(running(going), plan, at=at, left_at=subscription.paused_at)
    return replace(after, first_part=FirstPart.SHORT) if after.first_part is FirstPart.FREE else after


def _require_after(resume_at: datetime | None, begins: datetime) -> None:
    if resume_at is not None and resume_at <= begins:
        raise RuleError("resumes_too_early", "a pause ends after it begins", "resume_at")

"""The trial of a subscription: free until its end, told before it, and then what was agreed."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from billing.core.agreed import NOTHING, Agreement
from billing.core.catalogue import Plan
from billing.core.errors import RuleError
from billing.core.periods import Schedule
from billing.core.policies import DEFAULT_REMINDER, TrialEnd
from billing.core.scheduled import NewTerms, PendingChange, terms_by, terms_left
from billing.core.segments import new_segment
from billing.core.subscription import (
    Command,
    Status,
    Subscription,
    require,
    require_turn,
    running,
)


def trial_end(plan: Plan, at: datetime, zone: str) -> datetime | None:
    """When the trial of a plan that begins at an instant ends; None where it has none."""
    return Schedule(at, zone, plan.trial.length).boundary(1) if plan.trial else None


def reminder_at(plan: Plan, started_at: datetime, end: datetime, zone: str) -> datetime:
    """When the customer is told of the end: so long before it, or at once where less is left."""
    lead = plan.trial.reminder if plan.trial else DEFAULT_REMINDER
    return max(Schedule(end, zone, lead).boundary(-1), started_at)


def reminded(subscription: Subscription) -> Subscription:
    """The end was told; it is told once."""
    return replace(subscription, remind_at=None)


def extend(subscription: Subscription, plan: Plan, *, end: datetime, at: datetime) -> Subscription:
    """Let the trial end later; its new end is told of again."""
    require(subscription, Command.EXTEND)
    if subscription.trial_end is None or end <= subscription.trial_end:
        raise RuleError("not_an_extension", "a trial is extended to a later instant", "ends_at")
    told = reminder_at(plan, at, end, subscription.schedule.zone)
    return new_segment(replace(subscription, trial_end=end, remind_at=told), plan, at=end)


def outcome(plan: Plan, *, method: bool) -> TrialEnd:
    """What the end of a trial brings: with a payment method always the first invoice."""
    return TrialEnd.INVOICE if method or plan.trial is None else plan.trial.without_method


def converts_under(subscription: Subscription) -> PendingChange | None:
    """The terms that wait for the end of its trial."""
    terms = terms_by(subscription.scheduled, subscription.period.end)
    return subscription.under(terms) if terms else None


def convert(subscription: Subscription, plan: Plan, fallback: Agreement = NOTHING) -> Subscription:
    """Begin what is billed at the very end of the trial, under the plan it goes on with.

    `fallback` is agreed on for a plan that was not asked for.
    """
    require_turn(subscription, Command.CONVERT)
    at, waits = subscription.period.end, converts_under(subscription)
    waits = waits or subscription.under(NewTerms())
    agreement = waits.agreement if plan.key == waits.plan else fallback
    going = replace(
        subscription.on(plan, waits.seats, agreement).paying_in(waits.currency),
        scheduled=terms_left(subscription.scheduled, at),
        paid_from=at,
        remind_at=None,
    )
    return new_segment(running(going), plan, at=at)


def rest(subscription: Subscription) -> Subscription:
    """Let it rest at the end of its trial until somebody resumes it: no payment method is known."""
    require_turn(subscription, Command.CONVERT)
    return replace(subscription, status=Status.PAUSED, paused_at=subscription.period.end, remind_at=None)

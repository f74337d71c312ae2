"""How a subscription ends: with its period, at a date, at once; and how that is taken back."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from billing.core.errors import RuleError
from billing.core.instants import instant_text
from billing.core.policies import Paid
from billing.core.scheduled import Cancel, Pause, added, first_of, without
from billing.core.subscription import Command, Status, Subscription, require, running

_AT_ONCE = frozenset({Status.SCHEDULED, Status.PAUSED})  # nothing runs that could come to an end


def cancel(
    subscription: Subscription, *, at: datetime | None = None, paid: Paid | None = None
) -> Subscription:
    """Let it end with its period (behind a trial nothing is billed), or at a date."""
    require(subscription, Command.CANCEL)
    if at is None and subscription.status in _AT_ONCE:
        message = f"no period runs while it is {subscription.status}; end it now or at a date"
        raise RuleError("no_period_runs", message, "when")
    if first_of(subscription.scheduled, Pause):
        raise RuleError("pause_scheduled", "a pause is scheduled; take it back first", "when")
    end, with_period = at or subscription.period.end, at is None
    known = without(subscription.scheduled, Cancel)
    after = replace(
        subscription, scheduled=added(known, subscription.id, end, Cancel(paid), with_period=with_period)
    )
    return after if subscription.status in _AT_ONCE else replace(after, status=Status.CANCELING)


def uncancel(subscription: Subscription) -> Subscription:
    """Take a cancellation back before it took effect."""
    require(subscription, Command.UNCANCEL)
    return running(replace(subscription, scheduled=without(subscription.scheduled, Cancel)))


def require_going_on(subscription: Subscription, at: datetime) -> None:
    """Refuse what would begin only when it has ended."""
    if subscription.ends_at is not None and at >= subscription.ends_at:
        message = f"it ends on {instant_text(subscription.ends_at)}; take that back first, or ask for it now"
        raise RuleError("ends_by_then", message, "when")


def end(subscription: Subscription, *, at: datetime) -> Subscription:
    """End it at an instant; nothing is scheduled any more."""
    require(subscription, Command.END)
    return replace(subscription, status=Status.ENDED, ended_at=at, scheduled=())

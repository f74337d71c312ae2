"""A change that is in force only once its invoice is paid: until then the subscription is as it was."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from billing.core.billing_run import since
from billing.core.catalogue import Plan
from billing.core.changing import with_terms
from billing.core.errors import NotFoundError
from billing.core.plan_change import Wish, terms_of, treatment
from billing.core.policies import Direction
from billing.core.scheduled import PaidChange, added, dropped
from billing.core.subscription import Subscription

PATIENCE = timedelta(hours=23)  # a payment page is open for less than a day


def awaiting(
    before: Subscription, old: Plan, new: Plan, wish: Wish, invoice: str, *, at: datetime
) -> Subscription:
    """Let a change wait for its invoice to be paid, at most until something else comes."""
    what = PaidChange(terms_of(before, old, new, wish), invoice, at)
    until = min(at + PATIENCE, before.due_at or before.period.end)
    return replace(before, scheduled=added(before.scheduled, before.id, until, what, with_period=False))


def waiting(subscription: Subscription, change: str) -> PaidChange:
    """The change of this id that waits for its payment; NotFoundError `change_not_found`."""
    for each in subscription.scheduled:
        if each.id == change and isinstance(each.what, PaidChange):
            return each.what
    raise NotFoundError("change_not_found", "no change of this id waits for its payment")


def paid(before: Subscription, old: Plan, new: Plan, change: str) -> Subscription:
    """The change is in force since the instant it was settled for: its invoice is paid."""
    what = waiting(before, change)
    under, at = before.under(what.terms), what.since
    restart = (
        treatment(old, new, before, Wish(under.seats, add_ons=what.terms.add_ons or ())) is Direction.RESTART
    )
    left = replace(before, scheduled=dropped(before.scheduled, change))
    after = with_terms(left, new, under.seats, under.agreement, at=at, restart=restart)
    return replace(after, since=since(before, after, old, new, at))

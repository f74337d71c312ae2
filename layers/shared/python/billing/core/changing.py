"""A change of plan or seats in the life of a subscription: now, with the next period, or at a date."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime
from fractions import Fraction

from billing.core.add_ons import OWN_CADENCE
from billing.core.agreed import Agreement
from billing.core.catalogue import Plan
from billing.core.ending import require_going_on, uncancel
from billing.core.errors import RuleError
from billing.core.periods import Anchoring, Schedule
from billing.core.scheduled import (
    Cancel,
    NewTerms,
    PaidChange,
    PendingChange,
    ScheduledChange,
    added,
    dropped,
    first_of,
    moved,
    terms_by,
    terms_left,
)
from billing.core.segments import kept_coupons, new_segment
from billing.core.subscription import Command, Status, Subscription, require, require_offered


def change_now(
    subscription: Subscription,
    plan: Plan,
    seats: Fraction,
    agreement: Agreement | None = None,
    *,
    at: datetime,
    restart: bool = False,
    currency: str | None = None,
) -> Subscription:
    """Go on under another plan or with other seats from an instant within the period.

    With `restart` a period of the new plan begins at the instant; else the running one goes on, but for
    one of another length under a plan without recurring prices. Another currency is for who was not billed
    yet.
    """
    require(subscription, Command.CHANGE)
    require_offered(plan, currency or subscription.currency)
    return with_terms(subscription, plan, seats, agreement, at=at, restart=restart, currency=currency)


def overtaken(
    subscription: Subscription,
    add_ons: Collection[str] | None = None,
    *,
    same_plan: bool = False,
    same_currency: bool = True,
) -> Subscription:
    """The same without what waited for the next period: a change now overtakes it.

    One of `add_ons` alone overtakes what waited of these; one on the same plan leaves its overrides, and
    one that names no currency leaves that.
    """
    left: list[ScheduledChange] = []
    for each in subscription.scheduled:
        if not (each.with_period and isinstance(each.what, NewTerms)):
            left.append(each)
            continue
        waits = each.what
        terms = NewTerms()
        if add_ons is not None:
            others = tuple(one for one in waits.add_ons or () if one.key not in add_ons)
            terms = replace(waits, add_ons=others or None)
        elif same_plan and waits.plan in {None, subscription.plan}:
            terms = NewTerms(overrides=waits.overrides)
        terms = replace(terms, currency=waits.currency if same_currency else None)
        left += [replace(each, what=terms)] if terms != NewTerms() else []
    return replace(subscription, scheduled=tuple(left))


def with_terms(
    subscription: Subscription,
    plan: Plan,
    seats: Fraction,
    agreement: Agreement | None = None,
    *,
    at: datetime,
    restart: bool = False,
    currency: str | None = None,
) -> Subscription:
    """The same under other terms from an instant on, also while it goes on to its end.

    Since when the terms of each price hold is for the change that knows both plans to say.
    """
    after = subscription.on(plan, seats, agreement or subscription.agreed_on(plan.key))
    after = replace(after, scheduled=terms_left(subscription.scheduled, at))
    after = after.paying_in(currency or subscription.currency)
    if subscription.paid_from is None:
        return new_segment(after, plan, at=subscription.begun_at)
    if not subscription.period.contains(at):
        raise RuleError("outside_period", "the period to change is not the one that runs", "when")
    cadence = plan.cadence or OWN_CADENCE
    other = cadence != subscription.schedule.cadence
    if restart or (other and plan.cadence is None):
        anchor = Schedule(at, subscription.schedule.zone, cadence)
        left = kept_coupons(subscription, anchor, at=at, left_at=at)
        after = replace(after, schedule=anchor, number=0, anchoring=Anchoring.ANNIVERSARY, coupons=left)
        return replace(after, scheduled=moved(after.scheduled, after.period.end))
    if other:
        message = "a plan that bills in another rhythm begins with the next period"
        raise RuleError("cadence_differs", message, "when")
    return after


def change_later(
    subscription: Subscription, plan: Plan, terms: NewTerms, *, at: datetime | None = None
) -> Subscription:
    """Go on under other terms from the next period on, or from a date on; the last word counts.

    `plan` is the one it will be under.
    """
    require(subscription, Command.CHANGE)
    end = at or subscription.period.end
    require_going_on(subscription, end)
    found = added(subscription.scheduled, subscription.id, end, terms, with_period=at is None)
    by_then = subscription.under(terms_by(found, end) or terms)
    if by_then.plan == plan.key:
        require_offered(plan, by_then.currency)
    return replace(subscription, scheduled=found)


def states_ahead(subscription: Subscription) -> list[PendingChange]:
    """What it is under now, and from each instant on at which a change waits."""
    states = [subscription.under(NewTerms())]
    for each in subscription.scheduled:
        own = each.what.terms if isinstance(each.what, PaidChange) else each.what
        if isinstance(own, NewTerms):
            due = terms_by(subscription.scheduled, each.at) or NewTerms()
            states.append(subscription.under(own.over(due)))
    return states


def keep_plan(subscription: Subscription) -> Subscription:
    """Take the changes back that wait for the next period."""
    require(subscription, Command.CHANGE)
    end = subscription.period.end
    left = tuple(e for e in subscription.scheduled if not (e.at == end and isinstance(e.what, NewTerms)))
    if left == subscription.scheduled:
        raise RuleError("nothing_pending", "no change waits for the next period")
    return replace(subscription, scheduled=left)


def drop(subscription: Subscription, change: str) -> Subscription:
    """Take one scheduled change back; without the end that was scheduled it goes on."""
    after = replace(subscription, scheduled=dropped(subscription.scheduled, change))
    if subscription.status is Status.CANCELING and first_of(after.scheduled, Cancel) is None:
        return uncancel(subscription)
    return after

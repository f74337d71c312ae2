"""The life of a subscription: what becomes due happens; cancel, pause, resume, extend, take back."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from billing.aws.changes import Changes
from billing.aws.table import Table
from billing.core import changing, ending, pausing, trial
from billing.core.errors import RuleError
from billing.core.invoicing import Invoice
from billing.core.plan_change import When
from billing.core.policies import Paid
from billing.core.scheduled import Cancel, PaidChange, Pause, Resume, ScheduledChange, due_by
from billing.core.states import Command, Status
from billing.core.subscription import Subscription, require
from events.sales import (
    SubscriptionCancelledV1,
    SubscriptionEndedV1,
    SubscriptionRenewedV1,
    SubscriptionTrialEndingV1,
    SubscriptionTrialExtendedV1,
)
from sales.agreements import plan_of
from sales.late_usage import keep_late, remember
from sales.paid_changes import annul, take_back
from sales.promotional import Ahead
from sales.steps import Life, Step, foreseen
from sales.subscriptions import (
    go_on,
    mark_billed,
    state_of,
    store_changed,
    store_draft,
    store_quietly,
    store_scheduled,
    stored_subscription,
)
from sales.together import share, shares


@dataclass(frozen=True, slots=True)
class Stop:
    """When a subscription is to stop, and what becomes of paid time; left out, the plan's policy says."""

    when: When = When.PERIOD_END
    at: datetime | None = None
    paid: Paid | None = None
    resume_at: datetime | None = None


def subscription_due(changes: Changes, subscription: str) -> None:
    """Do what is due next; whoever comes second finds nothing due.

    Work that came late is dated as if on time. What is due at once behind it follows at once.
    """
    table, context = changes.table, changes.context
    stored, seen = stored_subscription(table, context.tenant, subscription)
    if stored.due_at is None or stored.due_at > context.now:
        return
    unpaid = due_by(stored.scheduled, stored.due_at, PaidChange)
    if unpaid is not None:
        after = take_back(changes, stored, unpaid.id, seen)
        go_on(changes, after, version=seen + 1)
        return
    step = Life(table, context.tenant, stored, keep=True).step()
    if step is None:
        return
    if step.event is None:
        _remind(changes, stored, step, seen)
    else:
        _make(changes, stored, step, seen, due=True)
    go_on(changes, step.after, version=seen + 1)


def cancel(changes: Changes, subscription: str, stop: Stop) -> Subscription:
    """Let a subscription end: with its period, at a date, or now."""
    stored, seen = stored_subscription(changes.table, changes.context.tenant, subscription)
    now = changes.context.now
    if stop.when is When.NOW or (stored.status is Status.SCHEDULED and stop.at is None):
        require(stored, Command.CANCEL)
        return _at_once(changes, stored, seen, Cancel(stop.paid))
    after = ending.cancel(stored, at=_ahead(stop.at, now), paid=stop.paid)
    return store_changed(changes, stored, after, seen, SubscriptionCancelledV1)


def pause(changes: Changes, subscription: str, stop: Stop) -> Subscription:
    """Let a subscription rest: from the end of its period, from a date, or now."""
    stored, seen = stored_subscription(changes.table, changes.context.tenant, subscription)
    now = changes.context.now
    if stop.when is When.NOW:
        require(stored, Command.PAUSE)
        return _at_once(changes, stored, seen, Pause(stop.paid, _ahead(stop.resume_at, now)))
    after = pausing.pause_later(
        stored, at=_ahead(stop.at, now), paid=stop.paid, resume_at=_ahead(stop.resume_at, now)
    )
    return store_scheduled(changes, stored, after, seen)


def resume(changes: Changes, subscription: str, at: datetime | None) -> Subscription:
    """Let a subscription go on: now, or at a date."""
    stored, seen = stored_subscription(changes.table, changes.context.tenant, subscription)
    if at is not None and at > changes.context.now:
        return store_scheduled(changes, stored, pausing.resume_later(stored, at=at), seen)
    require(stored, Command.RESUME)
    return _at_once(changes, stored, seen, Resume())


def preview_stop(
    table: Table, tenant: str, subscription: str, what: Cancel | Pause | Resume, at: datetime
) -> Step:
    """What an end, a pause or a resume would do at an instant of the running period; nothing is written."""
    stored, _ = stored_subscription(table, tenant, subscription)
    require(stored, Command(what.KIND or ""))
    step = Life(table, tenant, stored, keep=False).carried_out(ScheduledChange("now", at, what))
    return step.as_billed(Ahead(table, tenant))


def extend_trial(changes: Changes, subscription: str, end: datetime) -> Subscription:
    """Let a trial end later."""
    tenant, now = changes.context.tenant, changes.context.now
    stored, seen = stored_subscription(changes.table, tenant, subscription)
    after = trial.extend(stored, plan_of(changes.table, tenant, stored), end=end, at=now)
    return store_changed(changes, stored, after, seen, SubscriptionTrialExtendedV1)


def end_now(changes: Changes, subscription: str) -> None:
    """End a subscription at once, without billing its running period: its customer does not pay.

    A change that waits for its payment goes with it.
    """
    stored, seen = stored_subscription(changes.table, changes.context.tenant, subscription)
    if stored.status is not Status.ENDED:
        for each in stored.scheduled:
            if isinstance(each.what, PaidChange):
                annul(changes, stored, each.what)
        ended = ending.end(stored, at=changes.context.now)
        store_changed(changes, stored, ended, seen, SubscriptionEndedV1)


def drop_scheduled(changes: Changes, subscription: str, change: str) -> Subscription:
    """Take a scheduled change back: it will not happen."""
    stored, seen = stored_subscription(changes.table, changes.context.tenant, subscription)
    if any(each.id == change and isinstance(each.what, PaidChange) for each in stored.scheduled):
        return take_back(changes, stored, change, seen)
    after = changing.drop(stored, change)
    if after.status is stored.status:
        return store_scheduled(changes, stored, after, seen)
    return store_changed(changes, stored, after, seen, SubscriptionRenewedV1)


def _at_once(
    changes: Changes, stored: Subscription, seen: int, what: Cancel | Pause | Resume
) -> Subscription:
    """The same step as the one that comes from the schedule, at this instant."""
    change = ScheduledChange("now", changes.context.now, what)
    step = Life(changes.table, changes.context.tenant, stored, keep=True).carried_out(change)
    _make(changes, stored, step, seen)
    return step.after


def _make(changes: Changes, stored: Subscription, step: Step, seen: int, *, due: bool = False) -> None:
    """Write a step: the subscription, what is said, what is billed, and the mark that it was billed once.

    What was `due`, and was not asked for, may be on one invoice with other subscriptions of the customer.
    """
    if step.event is None:
        raise ValueError("a reminder changes nothing")
    store_changed(changes, stored, step.after, seen, step.event)
    keep_late(changes, step.late)
    on = {each.currency: each for each in step.invoices}
    if due and step.opens and shares(changes.table, changes.context.tenant, stored):
        on = _share(changes, stored, step)
    else:
        for invoice in step.invoices:
            store_draft(changes, invoice, at=stored.recorded_at)
    turns = step.after.currency != stored.currency
    if step.opens:
        left = on.get(stored.currency) if turns else None
        mark_billed(changes, stored.id, step.at, on.get(step.after.currency), left)
    if stored.paid_from is not None and stored.status is not Status.PAUSED:
        ends = turns or step.after.status in {Status.ENDED, Status.PAUSED}
        remember(changes, stored, step.plan, step.left or step.invoice, step.at, final=ends)


def _share(changes: Changes, stored: Subscription, step: Step) -> dict[str, Invoice]:
    """Put what a step bills on the drafts of its customer: in each currency in which it was waited for."""
    mine = {each.currency: each for each in step.invoices}
    waits = stored.pending
    awaited = [stored.currency, *([waits.currency] if waits else []), *mine]
    on: dict[str, Invoice] = {}
    for currency in dict.fromkeys(awaited):
        as_billed = replace(stored, currency=currency)
        found = share(changes, as_billed, mine.get(currency), step.at, step.plan.rounding)
        if found is not None:
            on[currency] = found
    return on


def _remind(changes: Changes, stored: Subscription, step: Step, seen: int) -> None:
    """Say what the end of the trial will bring, by the very step that brings it."""
    ahead = foreseen(changes.table, changes.context.tenant, step.after)
    end = next(each for each in ahead if each.outcome)
    store_quietly(changes, stored, step.after, seen=seen)
    event = SubscriptionTrialEndingV1(
        state=state_of(step.after),
        ends_at=end.at,
        outcome=end.outcome or "",
        amount_minor=end.invoice.total.minor if end.invoice else 0,
        currency=end.invoice.currency if end.invoice else None,
    )
    changes.emit(event, subject=f"subscription/{stored.id}", sequence=seen + 1)


def _ahead(at: datetime | None, now: datetime) -> datetime | None:
    """A date must lie ahead."""
    if at is not None and at <= now:
        raise RuleError("not_ahead", "the date lies ahead", "at")
    return at

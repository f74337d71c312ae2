"""Taking subscribers of older versions to another: each by a change scheduled to a boundary of its own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum

from billing.core.catalogue import Plan
from billing.core.ending import require_going_on
from billing.core.errors import RuleError
from billing.core.overrides import Override
from billing.core.record import Record
from billing.core.scheduled import NewTerms, PaidChange, ScheduledChange, added, terms_by
from billing.core.states import Command
from billing.core.subscription import Subscription, require, require_offered


class Stage(StrEnum):
    """Where a migration stands."""

    RUNNING = "running"  # it is being scheduled, subscriber by subscriber
    SCHEDULED = "scheduled"
    CANCELING = "canceling"  # what is not in force yet is being taken back
    CANCELED = "canceled"


@dataclass(frozen=True, slots=True)
class Migration(Record):
    """Subscribers of these versions of `plan` go on under a version of `into`, once their period ends.

    `not_before` leaves the periods alone that begin earlier. `step` counts the pieces of work, `cursor`
    says behind which version and subscriber the next one begins.
    """

    id: str
    plan: str
    versions: tuple[int, ...]
    into: str
    version: int
    asked_at: datetime
    not_before: datetime | None = None
    stage: Stage = Stage.RUNNING
    step: int = 0
    cursor: tuple[str, ...] = ()
    scheduled: int = 0
    taken_back: int = 0
    skipped: Mapping[str, int] = field(default_factory=dict[str, int])

    def counted(self, outcomes: list[str | None]) -> Migration:
        """With the outcome of one more piece: None was scheduled, a text is why not."""
        skipped = dict(self.skipped)
        for code in outcomes:
            if code is not None:
                skipped[code] = skipped.get(code, 0) + 1
        return replace(self, scheduled=self.scheduled + outcomes.count(None), skipped=skipped)


def migrated(
    subscription: Subscription,
    new: Plan,
    not_before: datetime | None,
    overrides: tuple[Override, ...] | None = None,
) -> Subscription:
    """The subscription with its migration scheduled; RuleError says why it is left alone.

    `overrides` are those that another plan begins with.

    What it has scheduled of its own stays: other seats come with the new version, another plan comes
    instead of it.
    """
    require(subscription, Command.CHANGE)
    waiting = [e.what.terms if isinstance(e.what, PaidChange) else e.what for e in subscription.scheduled]
    own = [terms for terms in waiting if isinstance(terms, NewTerms)]
    if any(terms.plan not in {None, subscription.plan} for terms in own):
        raise RuleError("plan_changes_anyway", "it goes to another plan by its own wish")
    if overrides is not None and any(terms.overrides is not None for terms in own):
        raise RuleError("overrides_wait", "overrides of the plan it is on are scheduled")
    at = boundary_from(subscription, not_before)
    require_going_on(subscription, at)
    by_then = terms_by(subscription.scheduled, at) or NewTerms()
    require_offered(new, subscription.under(by_then).currency)
    known = tuple(_under(each, new) if each.at >= at else each for each in subscription.scheduled)
    terms = NewTerms(new.key, new.version, overrides=overrides)
    with_period = at == subscription.period.end
    found = added(known, subscription.id, at, terms, with_period=with_period, whole=True)
    return replace(subscription, scheduled=found)


def taken_back(subscription: Subscription, into: str, version: int) -> Subscription:
    """The subscription without its migration, where that is not in force yet."""
    kept: list[ScheduledChange] = []
    another = into != subscription.plan
    for each in subscription.scheduled:
        what = each.what
        if not (isinstance(what, NewTerms) and (what.plan, what.plan_version) == (into, version)):
            kept.append(each)
            continue
        own = replace(what, overrides=None) if another else what
        if replace(own, plan=None, plan_version=None) != NewTerms():
            own = replace(own, plan=subscription.plan, plan_version=subscription.plan_version)
            kept.append(replace(each, what=own))
    return replace(subscription, scheduled=tuple(kept))


def boundary_from(subscription: Subscription, not_before: datetime | None) -> datetime:
    """The end of its period, or the first later one that is not before an instant."""
    end = subscription.period.end
    if not_before is None or not_before <= end:
        return end
    number = subscription.schedule.index_at(not_before)
    start = subscription.schedule.boundary(number)
    return start if start == not_before else subscription.schedule.boundary(number + 1)


def _under(each: ScheduledChange, new: Plan) -> ScheduledChange:
    """A change of seats that named the version it was made under comes under the new one."""
    if isinstance(each.what, NewTerms) and each.what.plan_version is not None:
        return replace(each, what=replace(each.what, plan=new.key, plan_version=new.version))
    return each

"""What becomes due next in the life of a subscription, decided without writing: for preview and run."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import islice

from billing.aws.table import Table
from billing.core import pausing, trial
from billing.core import subscription as rules
from billing.core.agreed import NOTHING
from billing.core.catalogue import Plan
from billing.core.changing import drop
from billing.core.ending import end
from billing.core.errors import RuleError
from billing.core.ids import derived_id
from billing.core.invoicing import Invoice, Line, draft_of
from billing.core.parting import given_back, parting, still_asked
from billing.core.plan_change import asked_once
from billing.core.policies import Paid, TrialEnd
from billing.core.scheduled import (
    Cancel,
    NewTerms,
    PaidChange,
    Pause,
    Resume,
    ScheduledChange,
    due_by,
    first_of,
)
from billing.core.states import Status
from billing.core.subscription import Subscription
from events.base import Event
from events.sales import (
    SubscriptionChangedV1,
    SubscriptionEndedV1,
    SubscriptionPausedV1,
    SubscriptionRenewedV1,
    SubscriptionResumedV1,
    SubscriptionStartedV1,
)
from sales import catalogue
from sales.agreements import pending_plan, plan_of, plan_with, renewal
from sales.late_usage import NOT_LATE, Late, late_usage
from sales.methods import has_method
from sales.moments import Moment, closing_moment, draft, tax_rates, turn_of_currency
from sales.overrides import usable
from sales.plan_changes import carried_out
from sales.promotional import Ahead
from sales.store import legal_entity
from sales.usage_totals import CustomerUsage

FARTHEST = 60  # steps that a preview looks ahead


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a life: the subscription after it, what is said of it, what it is billed under which plan.

    Without an `event` it is a reminder: nothing changes for anybody but that it was told.
    """

    at: datetime
    after: Subscription
    event: type[Event] | None
    plan: Plan
    invoice: Invoice | None = None
    late: Late = NOT_LATE
    opens: bool = False  # periods end or begin here: the moment is billed once
    outcome: str | None = None  # of a trial: charge, invoice, cancel, pause or free_plan
    left: Invoice | None = None  # what is billed beside it in a currency that is left

    @property
    def invoices(self) -> tuple[Invoice, ...]:
        """All that is billed, one a currency."""
        return tuple(each for each in (self.left, self.invoice) if each)

    def as_billed(self, ahead: Ahead) -> Step:
        """The same with what is billed as it will be numbered."""
        left = ahead.as_billed(self.left) if self.left else None
        return replace(self, left=left, invoice=ahead.as_billed(self.invoice) if self.invoice else None)


class Life:
    """The next step of one subscription, from what is stored. With `keep` folds of usage are stored.

    `charged` says whether the customer can be charged, where that is not what payments says.
    """

    def __init__(
        self, table: Table, tenant: str, stored: Subscription, *, keep: bool, charged: bool | None = None
    ) -> None:
        self._table, self._tenant, self._keep, self._charged = table, tenant, keep, charged
        self.stored = stored
        self._issuer = legal_entity(table, tenant, stored.legal_entity)
        self._usage = CustomerUsage(table, tenant, stored.customer, keep=keep)

    def step(self) -> Step | None:
        """What happens at `due_at`; None where nothing will."""
        stored = self.stored
        if stored.due_at is None:
            return None
        if stored.status is Status.TRIALING and stored.remind_at == stored.due_at:
            return Step(stored.due_at, trial.reminded(stored), None, self._plan())
        unpaid = due_by(stored.scheduled, stored.due_at, PaidChange)
        if unpaid is not None:
            return self.carried_out(unpaid)
        return self._turns() or self.carried_out(stored.scheduled[0])

    def _turns(self) -> Step | None:
        """The turn of its life that is due: it begins, its trial, period or pause ends."""
        stored = self.stored
        if stored.status is Status.PAUSED:
            return self._in_pause()
        if stored.status is Status.SCHEDULED:
            return self._begins() if stored.due_at == stored.started_at else None
        if stored.due_at != stored.period.end:
            return None
        return self._trial_ends() if stored.in_trial else self._period_ends()

    def carried_out(self, change: ScheduledChange) -> Step:
        """A scheduled change at its instant, within the period that runs."""
        what, at = change.what, change.at
        match what:
            case NewTerms():
                made = carried_out(
                    self._table, self._tenant, self.stored, what, at, keep=self._keep, whole=change.whole
                )
                return Step(at, made.after, SubscriptionChangedV1, made.old, made.invoice)
            case PaidChange():
                return Step(at, drop(self.stored, change.id), None, self._plan())
            case Cancel():
                return self._stops(end(self.stored, at=at), SubscriptionEndedV1, at, self._paid(what))
            case Pause():
                paused = pausing.pause(self.stored, at=at, resume_at=what.resume_at)
                return self._stops(paused, SubscriptionPausedV1, at, self._paid(what))
            case Resume():
                return self._resumes(at)

    def _plan(self) -> Plan:
        return plan_of(self._table, self._tenant, self.stored)

    def _paid(self, what: Cancel | Pause) -> Paid:
        """What becomes of paid time: as was asked, else as the plan says."""
        plan = self._plan()
        policy = plan.cancel.paid if isinstance(what, Cancel) else plan.pause.paid
        return what.paid or policy

    def _begins(self) -> Step:
        begun = rules.begin(self.stored)
        moment = Moment(usage={}, opened=begun.period)
        plan = self._plan()
        invoice = None if begun.in_trial else draft(begun, plan, self._issuer, moment)
        return Step(begun.started_at, begun, SubscriptionStartedV1, plan, invoice, opens=invoice is not None)

    def _trial_ends(self) -> Step:
        """At the very instant: billed from here on, or as the plan says where nobody can be charged."""
        stored, at, plan = self.stored, self.stored.period.end, self._plan()
        if due_by(stored.scheduled, at, Cancel):
            return Step(at, end(stored, at=at), SubscriptionEndedV1, plan, outcome="cancel")
        plan = pending_plan(self._table, self._tenant, stored) or plan
        own = NOTHING
        method = self._charged
        if method is None:
            method = has_method(self._table, self._tenant, stored.customer)
        match trial.outcome(plan, method=method):
            case TrialEnd.CANCEL:
                return Step(at, end(stored, at=at), SubscriptionEndedV1, plan, outcome="cancel")
            case TrialEnd.PAUSE:
                return Step(at, trial.rest(stored), SubscriptionPausedV1, plan, outcome="pause")
            case TrialEnd.FREE_PLAN:
                free = (plan.trial.fallback_plan if plan.trial else None) or ""
                plan = catalogue.latest_plan(self._table, self._tenant, free)
                own = usable(self._table, self._tenant, stored.customer, plan)
                outcome = "free_plan"
            case TrialEnd.INVOICE:
                outcome = "charge" if method else "invoice"
        after = trial.convert(stored, plan, own)
        plan = plan_of(self._table, self._tenant, after)
        terms = (after.plan, after.plan_version, after.currency)
        moved = terms != (stored.plan, stored.plan_version, stored.currency)
        event = SubscriptionChangedV1 if moved else SubscriptionRenewedV1
        invoice = draft(after, plan, self._issuer, Moment(usage={}, opened=after.period))
        return Step(at, after, event, plan, invoice, opens=True, outcome=outcome)

    def _period_ends(self) -> Step:
        """Bill what ends; open the next period, rest, or end."""
        stored, at, plan = self.stored, self.stored.period.end, self._plan()
        late = late_usage(self._table, self._tenant, stored, self._usage, stored.period.start)
        lines = late.lines
        due = due_by(stored.scheduled, at, Cancel) or due_by(stored.scheduled, at, Pause)
        stop, opening = due.what if due else None, None
        if isinstance(stop, Cancel | Pause):
            lines = (*lines, *given_back(stored, plan, self._paid(stop), at))
        if isinstance(stop, Cancel):
            after, event = end(stored, at=at), SubscriptionEndedV1
        elif isinstance(stop, Pause):
            after = pausing.pause(stored, at=at, resume_at=stop.resume_at)
            event = SubscriptionPausedV1
        else:
            after, opening = renewal(self._table, self._tenant, stored, plan)
            event = SubscriptionChangedV1 if stored.pending else SubscriptionRenewedV1
        left, invoice = self._closed(plan, after, opening, lines)
        return Step(at, after, event, plan, invoice, late, opens=True, left=left)

    def _closed(
        self, plan: Plan, after: Subscription, opening: Plan | None, late: tuple[Line, ...]
    ) -> tuple[Invoice | None, Invoice | None]:
        """What the end of a period bills, behind what it bills in a currency that is left."""
        stored, used = self.stored, self._usage
        if after.currency != stored.currency:
            return turn_of_currency(used, plan, stored, after, opening or plan, self._issuer, late=late)
        moment = closing_moment(used, plan, stored, after, opening, late=late)
        return None, draft(after, plan, self._issuer, moment)

    def _in_pause(self) -> Step:
        """Go on, or end: what was used before the pause was billed then."""
        change = first_of(self.stored.scheduled, Resume, Cancel)
        if change is None:
            raise ValueError("nothing is due in this pause")
        if isinstance(change.what, Resume):
            return self._resumes(change.at)
        return Step(change.at, end(self.stored, at=change.at), SubscriptionEndedV1, self._plan())

    def _resumes(self, at: datetime) -> Step:
        waits = pausing.resumes_under(self.stored, at)
        plan = self._plan()
        if waits:
            plan = plan_with(self._table, self._tenant, self.stored, waits)
        after = pausing.resume(self.stored, plan, at=at)
        plan = plan_of(self._table, self._tenant, after)
        late = late_usage(self._table, self._tenant, self.stored, self._usage, self.stored.period.start)
        once = asked_once(after, self._plan(), plan, at) if self.stored.paid_from else []
        left, lines = None, (*late.lines, *once)
        if after.currency != self.stored.currency:
            left, lines = self._corrected(late, at), tuple(once)
        moment = Moment(usage={}, opened=after.period, before=self.stored, late=lines)
        invoice = draft(after, plan, self._issuer, moment)
        return Step(at, after, SubscriptionResumedV1, plan, invoice, late, opens=True, left=left)

    def _corrected(self, late: Late, at: datetime) -> Invoice | None:
        """What came late is corrected in the currency it was billed in."""
        id_ = derived_id("inv", self.stored.id, at.isoformat())
        rates = tax_rates(self._issuer)
        return draft_of(self.stored, late.lines, self._plan(), rates, at, id_)

    def _stops(self, after: Subscription, event: type[Event], at: datetime, paid: Paid) -> Step:
        """Within a period; in a trial and before the start there is nothing to settle."""
        stored, plan = self.stored, self._plan()
        if stored.paid_from is None or stored.status is Status.PAUSED:
            return Step(at, after, event, plan)
        if not stored.period.contains(at):
            raise RuleError("outside_period", "the period to stop in is not the one that runs", "when")
        asked = still_asked(stored, plan, at)
        usage = self._usage.of_prices(plan, asked) if asked else {}
        rates = tax_rates(self._issuer)
        invoice = parting(stored, plan, paid, usage=usage, tax_rates=rates, at=at)
        return Step(at, after, event, plan, invoice)


def billed_at(table: Table, tenant: str, subscription: Subscription, at: datetime) -> tuple[Invoice, ...]:
    """The invoices of a moment ahead, by the very steps that will make them."""
    steps = islice(foreseen(table, tenant, subscription), FARTHEST)
    return next((step.invoices for step in steps if step.at >= at and step.invoices), ())


def walk(table: Table, tenant: str, stored: Subscription, *, charged: bool | None = None) -> Iterator[Step]:
    """The steps that lie ahead, each on from the one before; nothing is written."""
    while step := Life(table, tenant, stored, keep=False, charged=charged).step():
        yield step
        stored = step.after


def foreseen(
    table: Table,
    tenant: str,
    stored: Subscription,
    *,
    charged: bool | None = None,
    behind: Invoice | None = None,
) -> Iterator[Step]:
    """The same with each invoice as it will be numbered, `behind` one that comes first."""
    ahead = Ahead(table, tenant)
    if behind is not None:
        ahead.as_billed(behind)
    for step in walk(table, tenant, stored, charged=charged):
        yield step.as_billed(ahead)

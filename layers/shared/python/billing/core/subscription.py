"""The life of a subscription: which period it is in, what it is billed next, how it ends."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from fractions import Fraction

from billing.core.add_ons import OWN_CADENCE
from billing.core.agreed import NOTHING, Agreement
from billing.core.catalogue import Plan
from billing.core.discounts import Coupon, Redeemed
from billing.core.discounts import redeem as check_redeemable
from billing.core.errors import RuleError
from billing.core.instalments import InstalmentScheme
from billing.core.periods import (
    Anchoring,
    FirstPart,
    Period,
    Schedule,
    anchored_in_calendar,
    anchored_on_day,
)
from billing.core.record import Record
from billing.core.scheduled import (
    Cancel,
    NewTerms,
    PaidChange,
    PendingChange,
    Resume,
    Scheduled,
    due_by,
    first_of,
    moved,
    terms_by,
    terms_left,
)
from billing.core.states import ALLOWED, TURNS, Command, Status

LONGEST_MONTH = 31


@dataclass(frozen=True, slots=True)
class Subscription(Record):
    """A customer on a version of a plan; `number` counts the periods of its present segment from 0.

    A segment is a run of periods from one anchor: it begins with the start, with the end of the trial,
    with a resume. On the calendar or on a billing day its first period is a part of one.
    `paid_from` is when it was first billed, None before; what costs once was asked then.
    `since` is when the terms of a price began, where they changed: what its period still closes begins there.
    `plan_period` is the number of its period since the plan began for it, from 0: phases count by it.
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
    plan_period: int = 0
    scheduled: Scheduled = ()
    coupons: tuple[Redeemed, ...] = ()
    anchoring: Anchoring = Anchoring.ANNIVERSARY
    first_part: FirstPart = FirstPart.SHORT
    segment_at: datetime | None = None  # None: it begins with the start
    paid_from: datetime | None = None
    trial_end: datetime | None = None
    remind_at: datetime | None = None  # of the end of its trial; None once that was done
    paused_at: datetime | None = None
    own_invoice: bool = False  # not on one with the customer's other subscriptions
    recorded_at: datetime | None = None  # of a start that was dated back: nothing is issued before
    instalments: InstalmentScheme | None = None  # in which its invoices are paid, as it was when ordered

    @property
    def begun_at(self) -> datetime:
        """When its present segment begins."""
        return self.segment_at or self.started_at

    @property
    def in_trial(self) -> bool:
        """Whether it has a trial and was never billed."""
        return self.trial_end is not None and self.paid_from is None

    @property
    def period(self) -> Period:
        """The period it is in; while it is paused the one it was paused in."""
        if self.trial_end is not None and self.paid_from is None:
            return Period(self.started_at, self.trial_end)
        whole = self.schedule.period(self.number)
        return Period(max(whole.start, self.begun_at), whole.end)

    @property
    def pending(self) -> PendingChange | None:
        """The terms its next period begins with, where a change is scheduled until then."""
        terms = terms_by(self.scheduled, self.period.end)
        return self.under(terms) if terms else None

    def under(self, terms: NewTerms) -> PendingChange:
        """Its plan version, seats, currency and agreement under other terms."""
        version = terms.plan_version or self.plan_version
        seats = self.seats if terms.seats is None else terms.seats
        plan = terms.plan or self.plan
        agreement = terms.agreement or self.agreed_on(plan)
        agreement = agreement.taking(terms.add_ons or (), terms.overrides)
        return PendingChange(plan, version, seats, terms.currency or self.currency, agreement)

    def agreed_on(self, plan: str) -> Agreement:
        """What is agreed for a plan: add-ons come along, other terms are left behind with theirs."""
        return self.agreement if plan == self.plan else Agreement(add_ons=self.agreement.add_ons)

    def on(self, plan: Plan, seats: Fraction, agreement: Agreement) -> Subscription:
        """The same on another version, other seats or another agreement; another plan begins its phases."""
        number = self.plan_period if plan.key == self.plan else 0
        after = replace(self, plan=plan.key, plan_version=plan.version, plan_period=number)
        return replace(after, seats=seats, agreement=agreement)

    def paying_in(self, currency: str) -> Subscription:
        """The same in a currency; coupons that have no amount in it stop."""
        kept = tuple(each for each in self.coupons if each.coupon.gives_in(currency))
        return self if currency == self.currency else replace(self, currency=currency, coupons=kept)

    def coupons_at(self, at: datetime, plan: str) -> tuple[Coupon, ...]:
        """The coupons that act on what a plan bills at an instant, in the order of their redemption."""
        acting = (each.coupon for each in self.coupons if each.acts_at(at))
        return tuple(coupon for coupon in acting if not coupon.plans or plan in coupon.plans)

    @property
    def due_at(self) -> datetime | None:
        """When it must be looked at next; never once it has ended."""
        if self.status is Status.ENDED:
            return None
        if self.status is Status.PAUSED:
            goes_on = first_of(self.scheduled, Resume, Cancel)
            return goes_on.at if goes_on else None
        turns_at = self.started_at if self.status is Status.SCHEDULED else self.period.end
        found = [turns_at, *(each.at for each in self.scheduled[:1])]
        if self.status is Status.TRIALING and self.remind_at is not None:
            found.append(self.remind_at)
        return min(found)

    @property
    def ends_at(self) -> datetime | None:
        """When it ends, or ended, as far as is known."""
        cancel = first_of(self.scheduled, Cancel)
        return cancel.at if cancel else self.ended_at


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
    trial_end: datetime | None = None,
    remind_at: datetime | None = None,
    later: bool = False,
    own_invoice: bool = False,
    recorded_at: datetime | None = None,
) -> Subscription:
    """Subscribe a customer from an instant on; a plan without recurring prices has monthly periods.

    With a billing day, boundaries fall on that day of month; else they are as the plan says. A trial
    comes before the first period; `later` leaves it to `begin`.
    """
    require_offered(plan, currency)
    new = Subscription(
        id=id_,
        customer=customer,
        legal_entity=legal_entity,
        plan=plan.key,
        plan_version=plan.version,
        currency=currency,
        schedule=schedule_of(plan, trial_end or at, zone, billing_day),
        started_at=at,
        seats=seats,
        status=Status.SCHEDULED,
        anchoring=plan.anchoring if billing_day is None else Anchoring.ANNIVERSARY,
        first_part=plan.first_part,
        segment_at=trial_end or at,
        trial_end=trial_end,
        remind_at=remind_at,
        own_invoice=own_invoice,
        recorded_at=recorded_at,
    )
    return new if later else begin(new)


def begin(subscription: Subscription) -> Subscription:
    """Let it begin: with its trial, or with the first period it is billed for."""
    require(subscription, Command.BEGIN)
    paid_from = subscription.started_at if subscription.trial_end is None else None
    return running(replace(subscription, paid_from=paid_from))


def running(subscription: Subscription) -> Subscription:
    """The same where it runs: towards the end that is scheduled, in its trial, or on and on."""
    if first_of(subscription.scheduled, Cancel):
        return replace(subscription, status=Status.CANCELING)
    return replace(subscription, status=Status.TRIALING if subscription.in_trial else Status.ACTIVE)


def schedule_of(plan: Plan, at: datetime, zone: str, billing_day: int | None) -> Schedule:
    """The schedule whose period 0 holds the instant a segment begins."""
    cadence = plan.cadence or OWN_CADENCE
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

    That is the start of the subscription itself, where it is redeemed with it; behind a trial its end.
    """
    require(subscription, Command.REDEEM)
    currency = (subscription.pending or subscription).currency
    check_redeemable(coupon, subscription.plan, currency, at=at, redeemed=redeemed)
    if any(e.coupon.key == coupon.key and (e.until is None or at < e.until) for e in subscription.coupons):
        raise RuleError("coupon_redeemed", f"{coupon.key} already acts on this subscription", "coupon")
    with_it = subscription.paid_from is None or at == subscription.recorded_at
    opens = with_it or at <= subscription.period.start
    first = subscription.number if opens else subscription.number + 1
    boundary = subscription.schedule.boundary
    until = None if coupon.periods is None else boundary(first + coupon.periods)
    acting = Redeemed(coupon, boundary(first), until)
    return replace(subscription, coupons=(*subscription.coupons, acting))


def renew(subscription: Subscription, opening: Plan | None = None) -> Subscription:
    """Open the next period, under the plan it opens with where a change is due by then.

    A plan of another cadence opens an anchor of its own at the boundary.
    """
    at = subscription.period.end
    require_turn(subscription, Command.RENEW)
    renewed = replace(subscription, number=subscription.number + 1, plan_period=subscription.plan_period + 1)
    waits = subscription.pending
    if waits is not None and opening is not None:
        renewed = renewed.on(opening, waits.seats, waits.agreement).paying_in(waits.currency)
    renewed = replace(renewed, scheduled=terms_left(renewed.scheduled, at))
    cadence = (opening.cadence or OWN_CADENCE) if opening else subscription.schedule.cadence
    if cadence != subscription.schedule.cadence:
        anchor = Schedule(at, subscription.schedule.zone, cadence)
        renewed = replace(renewed, schedule=anchor, number=0, anchoring=Anchoring.ANNIVERSARY)
    return replace(renewed, scheduled=moved(renewed.scheduled, renewed.period.end))


def require_offered(plan: Plan, currency: str) -> None:
    """Refuse a plan that has no price in the currency."""
    if plan.prices and currency not in plan.currencies:
        offered = ", ".join(plan.currencies)
        raise RuleError("currency_not_offered", f"{plan.key} is sold in {offered}", "currency")


_HELD_UP = frozenset({Command.CHANGE, Command.PAUSE, Command.CANCEL})


def require(subscription: Subscription, command: Command) -> None:
    """Refuse what is not allowed where it stands; the refusal names what is."""
    allowed = ALLOWED[subscription.status]
    if command not in allowed:
        names = ", ".join(sorted(allowed - TURNS)) or "nothing"
        message = f"it is {subscription.status}; allowed: {names}"
        raise RuleError("transition_not_allowed", message)
    if command in _HELD_UP and first_of(subscription.scheduled, PaidChange):
        message = "a change waits for its payment; take it back first, from what is scheduled"
        raise RuleError("awaits_payment", message)


def require_turn(subscription: Subscription, command: Command) -> None:
    """Refuse what is not allowed at the end of its period; one that ends later goes on until then."""
    ends = due_by(subscription.scheduled, subscription.period.end, Cancel)
    if subscription.status is not Status.CANCELING or ends:
        require(subscription, command)

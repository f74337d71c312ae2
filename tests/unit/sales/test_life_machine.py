"""Every command in any order: no moment is billed twice, periods never overlap, refusals say what may be."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from fractions import Fraction

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from billing.aws.tenants import tenant_key
from billing.core import changing, ending, paid_change, pausing, trial
from billing.core import subscription as rules
from billing.core.catalogue import Plan, Price, Timing
from billing.core.charges import Flat
from billing.core.errors import BillingError, RuleError
from billing.core.periods import Anchoring, Cadence, Unit
from billing.core.plan_change import When, Wish, changed, settlement, treatment
from billing.core.policies import ChangePolicy, Direction, Paid, Trial, TrialEnd
from billing.core.scheduled import Cancel, PaidChange, Pause, Resume, ScheduledChange
from billing.core.states import ALLOWED, TURNS, Status
from billing.core.subscription import Subscription
from sales.steps import Life, Step, walk
from sales.store import method_key, plan_version_key

TENANT, START = "ten_a", datetime(2024, 1, 31, 9, 30, tzinfo=UTC)
MONTH = Cadence(Unit.MONTH)
DAYS = st.integers(min_value=1, max_value=70).map(lambda n: timedelta(days=n))


def price(key, amount, timing=Timing.ADVANCE, cadence=MONTH):
    charges = {currency: Flat(Fraction(amount)) for currency in ("USD", "CHF")}
    return Price(key, key, charges, cadence, timing)


def plan(key, amount, rank, **more):
    care = price("care", 120, cadence=Cadence(Unit.YEAR))
    prices = (
        price("base", amount),
        care,
        price("support", 10, Timing.ARREARS),
        price("setup", 5, cadence=None),
    )
    return Plan(key, 1, key, prices, rank=rank, **more)


TEAM = plan("team", 40, 1, trial=Trial(Cadence(Unit.DAY, 14), TrialEnd.PAUSE))
PRO = plan("pro", 100, 2, anchoring=Anchoring.CALENDAR, change=ChangePolicy(upgrade=Direction.RESTART))
PLANS = {p.key: p for p in (TEAM, PRO)}


@dataclass
class Rows:
    """A table in memory: a tenant, its plans, and whether its customer can be charged."""

    items: dict = field(default_factory=dict)

    def get(self, pk, sk, **_):
        return self.items.get((pk, sk))

    def query(self, *_, **__):
        return iter(())

    def put(self, key, item):
        self.items[key["pk"], key["sk"]] = {**key, **item}


def rows():
    table = Rows()
    entity = {
        "key": "main",
        "name": "Acme",
        "country": "CH",
        "currency": "USD",
        "tax_rates": {"standard": "8.1"},
    }
    table.put(tenant_key(TENANT), {"state": {"name": "Acme", "sandbox": True, "legal_entities": [entity]}})
    for each in PLANS.values():
        table.put(plan_version_key(TENANT, each.key, 1), {"data": each.to_data()})
    return table


class Machine(RuleBasedStateMachine):
    """One subscription, its clock, and all that was billed."""

    @initialize(key=st.sampled_from(sorted(PLANS)), tried=st.booleans(), later=st.booleans())
    def ordered(self, key, tried, later):
        self.table, self.now = rows(), START
        at = START + timedelta(days=10) if later else START
        chosen = PLANS[key]
        end = trial.trial_end(chosen, at, "UTC") if tried else None
        self.subscription = rules.start(
            "sub_1", "cus_1", "main", chosen, "USD",
            at=at, zone="Europe/Zurich", trial_end=end, later=later,
            remind_at=trial.reminder_at(chosen, at, end, "UTC") if end else None,
        )  # fmt: skip
        self.unclear = 0
        self.invoices: set[str] = set()
        self.opened: list[tuple[datetime, datetime]] = []
        if self.subscription.paid_from:
            self.opened.append((at, self.subscription.period.end))

    def life(self):
        return Life(self.table, TENANT, self.subscription, keep=False)

    def take(self, step: Step):
        """What a step bills is billed once; what it opens begins where the last was left."""
        before, self.subscription = self.subscription, step.after
        for invoice in step.invoices:
            assert invoice.id not in self.invoices
            self.invoices.add(invoice.id)
        currencies = before.currency, step.after.currency
        billed = step.left.currency if step.left else None, step.invoice.currency if step.invoice else None
        assert all(was in {None, pays} for was, pays in zip(billed, currencies, strict=True))
        assert step.left is None or currencies[0] != currencies[1]
        if step.after.status in {Status.PAUSED, Status.ENDED} and self.opened:
            start, end = self.opened[-1]
            self.opened[-1] = (start, max(start, min(end, step.at)))
        period = step.after.period
        if step.after.paid_from and step.after.status in {Status.ACTIVE, Status.CANCELING}:
            if self.opened and before.schedule != step.after.schedule and not step.opens:
                self.opened[-1] = (self.opened[-1][0], step.at)
            if not self.opened or period.end > self.opened[-1][1]:
                self.opened.append((period.start, period.end))

    def told(self, command, *args, **more):
        """A command, or its refusal: one of the state names all that is allowed in it."""
        try:
            return command(*args, **more)
        except RuleError as error:
            names = ", ".join(sorted(ALLOWED[self.subscription.status] - TURNS)) or "nothing"
            self.unclear += error.code == "transition_not_allowed" and names not in str(error)
        except BillingError:
            pass
        return None

    def undone(self, after, undo):
        """What is scheduled and taken back leaves no trace."""
        if after is not None:
            assert undo(after) == self.subscription

    def last(self, after: Subscription) -> str:
        known = {each.id for each in self.subscription.scheduled}
        return next((each.id for each in after.scheduled if each.id not in known), "")

    @rule(passes=DAYS)
    def time_passes(self, passes):
        self.now += passes
        while self.subscription.due_at and self.subscription.due_at <= self.now:
            due = self.subscription.due_at
            foreseen = next(walk(self.table, TENANT, self.subscription))
            step = self.life().step()
            assert step == foreseen
            assert step.at == due
            self.take(step)

    @rule()
    def what_is_due_comes(self):
        self.now = max(self.now, self.subscription.due_at or self.now)
        self.time_passes(timedelta(0))

    @rule(known=st.booleans())
    def method(self, known):
        self.table.put(method_key(TENANT, "cus_1"), {"method": "pm_1" if known else None})

    @rule(ahead=st.none() | DAYS, paid=st.none() | st.sampled_from(Paid))
    def cancel(self, ahead, paid):
        at = self.now + ahead if ahead else None
        after = self.told(ending.cancel, self.subscription, at=at, paid=paid)
        fresh = self.subscription.status is not Status.CANCELING
        if fresh and after is not None and after.status is Status.CANCELING:
            self.undone(after, ending.uncancel)
        self.subscription = after or self.subscription

    @rule()
    def uncancel(self):
        self.subscription = self.told(ending.uncancel, self.subscription) or self.subscription

    @rule(ahead=st.none() | DAYS, resumed=st.none() | DAYS)
    def pause_later(self, ahead, resumed):
        at = self.now + ahead if ahead else None
        until = (at or self.subscription.period.end) + resumed if resumed else None
        fresh = not any(isinstance(each.what, Pause | Resume) for each in self.subscription.scheduled)
        after = self.told(pausing.pause_later, self.subscription, at=at, resume_at=until)
        if fresh and after is not None:
            self.undone(after, lambda it: changing.drop(it, self.last(it)))
        self.subscription = after or self.subscription

    @rule(ahead=DAYS)
    def resume_later(self, ahead):
        after = self.told(pausing.resume_later, self.subscription, at=self.now + ahead)
        self.subscription = after or self.subscription

    @rule(key=st.sampled_from(sorted(PLANS)), ahead=st.none() | DAYS)
    def change_later(self, key, ahead):
        when = When.DATE if ahead else When.PERIOD_END
        wish = Wish(self.subscription.seats, when, self.now + ahead if ahead else None)
        old, new = PLANS[self.subscription.plan], PLANS[key]
        after = self.told(changed, self.subscription, old, new, wish, at=self.now)
        if after is not None and self.last(after):
            self.undone(after, lambda it: changing.drop(it, self.last(it)))
        self.subscription = after or self.subscription

    @rule(to_end=st.booleans(), ahead=st.none() | DAYS)
    def change_currency(self, to_end, ahead):
        """With the next period, or at a date: one within a period is refused."""
        before = self.subscription
        at = self.now + ahead if ahead else before.period.end if to_end else None
        currency = "CHF" if (before.pending or before).currency == "USD" else "USD"
        wish = Wish(before.seats, When.DATE if at else None, at, same_plan=True, currency=currency)
        old = PLANS[before.plan]
        after = self.told(changed, before, old, old, wish, at=self.now)
        if after is not None and self.last(after):
            self.undone(after, lambda it: changing.drop(it, self.last(it)))
        self.subscription = after or before

    @rule(key=st.sampled_from(sorted(PLANS)), seats=st.sampled_from([1, 3]))
    def change_now(self, key, seats):
        self.now += timedelta(hours=1)
        self.time_passes(timedelta(0))
        before, wish = self.subscription, Wish(Fraction(seats), When.NOW)
        old, new = PLANS[before.plan], PLANS[key]
        after = self.told(changed, before, old, new, wish, at=self.now)
        if after is None:
            return
        how = treatment(old, new, before, wish)
        if how is not Direction.NEXT_PERIOD:
            made = settlement(before, after, old, new, how, usage={}, tax_rates={}, at=self.now)
            assert made is None or made.id not in self.invoices
            self.invoices |= {made.id} if made else set()
        if before.paid_from and before.schedule != after.schedule:
            self.opened[-1] = (self.opened[-1][0], self.now)
            self.opened.append((after.period.start, after.period.end))
        self.subscription = after

    @rule(key=st.sampled_from(sorted(PLANS)))
    def change_if_paid(self, key):
        self.now += timedelta(hours=1)
        self.time_passes(timedelta(0))
        before, wish = self.subscription, Wish(Fraction(2), When.NOW)
        old, new = PLANS[before.plan], PLANS[key]
        after = self.told(changed, before, old, new, wish, at=self.now)
        how = treatment(old, new, before, wish)
        if after is None or how is Direction.NEXT_PERIOD or before.paid_from is None:
            return
        waits = paid_change.awaiting(before, old, new, wish, "inv_1", at=self.now)
        self.undone(waits, lambda it: changing.drop(it, self.last(it)))
        self.subscription = waits

    @precondition(lambda self: any(isinstance(e.what, PaidChange) for e in self.subscription.scheduled))
    @rule()
    def pay(self):
        [waits] = [each for each in self.subscription.scheduled if isinstance(each.what, PaidChange)]
        before, what = self.subscription, waits.what
        old, new = PLANS[before.plan], PLANS[before.under(what.terms).plan]
        after = paid_change.paid(before, old, new, waits.id)
        if before.schedule != after.schedule:
            self.opened[-1] = (self.opened[-1][0], what.since)
            self.opened.append((after.period.start, after.period.end))
        self.subscription = after

    @precondition(lambda self: self.subscription.scheduled)
    @rule(data=st.data())
    def drop(self, data):
        known = [each.id for each in self.subscription.scheduled]
        self.subscription = changing.drop(self.subscription, data.draw(st.sampled_from(known)))

    @rule(ahead=DAYS)
    def extend(self, ahead):
        plan_now = PLANS[self.subscription.plan]
        end = self.now + ahead
        after = self.told(trial.extend, self.subscription, plan_now, end=end, at=self.now)
        self.subscription = after or self.subscription

    @rule(what=st.sampled_from([Cancel(Paid.CREDIT), Pause(), Pause(Paid.FORFEIT), Resume()]))
    def at_once(self, what):
        self.now += timedelta(hours=1)
        self.time_passes(timedelta(0))
        needed = {Cancel: "cancel", Pause: "pause", Resume: "resume"}[type(what)]
        if needed in ALLOWED[self.subscription.status]:
            step = self.told(self.life().carried_out, ScheduledChange("now", self.now, what))
            if step is not None:
                self.take(step)

    @invariant()
    def periods_never_overlap(self):
        for (_, end), (start, _) in zip(self.opened, self.opened[1:], strict=False):
            assert end <= start

    @invariant()
    def every_refusal_names_what_is_allowed(self):
        assert self.unclear == 0

    @invariant()
    def something_is_due_unless_it_rests_or_is_over(self):
        status, due = self.subscription.status, self.subscription.due_at
        assert due is not None or status in {Status.PAUSED, Status.ENDED}
        assert Subscription.from_data(self.subscription.to_data()) == self.subscription


Machine.TestCase.settings = settings(
    max_examples=40,
    stateful_step_count=25,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
TestLife = Machine.TestCase

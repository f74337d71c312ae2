"""Collecting one invoice: at most one attempt under way, and money counted however it comes."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from billing.core.dunning import Action, Schedule, Step, worth_retrying
from billing.core.errors import ConflictError
from billing.core.instalments import Instalment, due_by, left_of
from billing.core.money import Money
from billing.core.payment import Advice, Attempt, AttemptStatus, attempt_id
from billing.core.record import Record


class CollectionStatus(StrEnum):
    """Whether an invoice is still to be collected."""

    OPEN = "open"
    COLLECTED = "collected"
    STOPPED = "stopped"


@dataclass(frozen=True, slots=True)
class Collection(Record):
    """What is to be collected for an invoice, and how far that has come."""

    invoice: str
    number: str  # of the invoice, as its customer knows it
    customer: str
    legal_entity: str
    currency: str
    due_minor: int
    due_at: datetime
    subscription: str | None = None
    status: CollectionStatus = CollectionStatus.OPEN
    received_minor: int = 0
    attempts: int = 0
    active: str | None = None  # the attempt under way: there is no other beside it
    acting: bool = False  # the one under way waits for its customer
    again: bool = False  # begin anew as soon as nothing is in the way
    holds: tuple[str, ...] = ()  # credit notes about to lower what is due: nothing begins meanwhile
    asked: tuple[str, ...] = ()  # holds that wait for the attempt under way
    schedule: Schedule | None = None
    unpaid_since: datetime | None = None  # where the days of the schedule count from
    step: int = 0  # of the schedule: the next one
    advice: Advice | None = None  # of the last failure
    exhausted: bool = False  # no retry is left, and that has been said
    instalments: tuple[Instalment, ...] = ()  # none: all of it is due at once
    called: int = 0  # how many of them were asked for when they came due
    accelerated: bool = False  # all of it is due, whatever their dates

    @property
    def open(self) -> bool:
        """Whether money is still wanted."""
        return self.status is CollectionStatus.OPEN

    @property
    def free(self) -> bool:
        """Whether an attempt may begin."""
        return self.open and not self.active and not self.holds

    @property
    def wanted(self) -> Money:
        """What is still to be collected."""
        return Money(max(self.due_minor - self.received_minor, 0), self.currency)

    @property
    def left(self) -> tuple[int, ...]:
        """What is still to be collected of each instalment, in minor units; credit notes lower the last."""
        lowered = sum(each.amount.minor for each in self.instalments) - self.due_minor
        return left_of(self.instalments, paid=self.received_minor, credited=lowered)

    def due_by(self, at: datetime) -> Money:
        """What is to be collected by an instant; an attempt asks for no more."""
        if not self.instalments or self.accelerated:
            return self.wanted
        return Money(due_by(self.instalments, self.left, at), self.currency)

    @property
    def called_next(self) -> Instalment | None:
        """The instalment whose date brings the next attempt."""
        if not self.open or self.accelerated:
            return None
        left = self.left
        ahead = range(self.called, len(left))
        return next((self.instalments[n] for n in ahead if left[n]), None)

    @property
    def unattended(self) -> bool:
        """Whether an instalment may be due that neither an attempt nor a schedule sees to."""
        return self.free and bool(self.instalments) and self.unpaid_since is None

    @property
    def work_at(self) -> datetime | None:
        """When something is to be done: a step of the schedule, or an instalment."""
        dates = (self.step_due_at, self.called_next.due_at if self.called_next else None)
        return min((at for at in dates if at), default=None)

    @property
    def next_step(self) -> Step | None:
        """The step of the schedule that comes next."""
        steps = self.schedule.steps if self.schedule else ()
        return steps[self.step] if self.open and self.step < len(steps) else None

    @property
    def step_due_at(self) -> datetime | None:
        """When that is due; an attempt that may bring the money, or a hold, is waited for."""
        waits = bool(self.holds) or (self.active is not None and not self.acting)
        if waits or not self.schedule or not self.unpaid_since or not self.next_step:
            return None
        return self.schedule.due_at(self.unpaid_since, self.step)

    @property
    def out_of_retries(self) -> bool:
        """Whether nothing in the schedule brings another attempt."""
        left = self.schedule is not None and self.schedule.retries_left(self.step)
        return self.open and not self.active and self.unpaid_since is not None and not left


def begin(
    collection: Collection, tenant: str, *, provider: str, method: str, at: datetime, whole: bool = False
) -> tuple[Collection, Attempt]:
    """The next attempt; while one is under way, whatever may have become of it, there is no other.

    It asks for what is due, or for the `whole` of what is left where its customer pays ahead.
    """
    if not collection.open:
        raise ConflictError("not_open", f"{collection.invoice} is {collection.status}")
    if collection.active:
        raise ConflictError("attempt_under_way", f"{collection.active} has not ended")
    if collection.holds:
        raise ConflictError("collection_held", f"{collection.holds[0]} comes first")
    number = collection.attempts + 1
    attempt = Attempt(
        id=attempt_id(tenant, collection.invoice, number),
        invoice=collection.invoice,
        customer=collection.customer,
        legal_entity=collection.legal_entity,
        amount_minor=(collection.wanted if whole else collection.due_by(at)).minor,
        currency=collection.currency,
        provider=provider,
        method=method,
        number=number,
        created_at=at,
    )
    return replace(collection, attempts=number, active=attempt.id, acting=False, again=False), attempt


def follow(collection: Collection, attempt: Attempt, *, advice: Advice | None = None) -> Collection:
    """The collection after one of its attempts moved on."""
    if attempt.status is AttemptStatus.SUCCEEDED:
        received = collection.received_minor + attempt.amount_minor
        collection = _settled(replace(collection, received_minor=received))
        collection = _eased(collection) if collection.instalments else collection
    if collection.active == attempt.id:
        acting = attempt.status is AttemptStatus.REQUIRES_ACTION
        collection = replace(collection, acting=acting, active=None if attempt.final else attempt.id)
    return replace(collection, advice=advice) if attempt.status is AttemptStatus.FAILED else collection


def dun(collection: Collection, schedule: Schedule, since: datetime) -> Collection:
    """Let the schedule run from an instant; one that runs already goes on as it began."""
    if not collection.open or collection.unpaid_since is not None:
        return collection
    return replace(collection, schedule=schedule, unpaid_since=since)


def call(collection: Collection, at: datetime) -> Collection:
    """The instalments due by an instant are asked for; a retry due by then is the same attempt."""
    called = sum(each.due_at <= at for each in collection.instalments)
    collection = replace(collection, called=max(called, collection.called))
    while (
        (step := collection.next_step)
        and step.action is Action.RETRY
        and collection.step_due_at
        and collection.step_due_at <= at
    ):
        collection = replace(collection, step=collection.step + 1)
    return collection


def calm(collection: Collection, at: datetime) -> Collection:
    """Where nothing is due before the next instalment, dunning ends; the next failure begins it anew."""
    quiet = collection.open and collection.instalments and not collection.due_by(at)
    return _eased(collection) if quiet else collection


def accelerate(collection: Collection) -> Collection:
    """All that is left is due now."""
    return replace(collection, accelerated=True) if collection.open else collection


def take_step(collection: Collection) -> tuple[Collection, Action | None]:
    """Take the next step; None where it is a retry that cannot help, or one another attempt is ahead of."""
    step = collection.next_step
    if step is None:
        return collection, None
    collection = replace(collection, step=collection.step + 1)
    idle = collection.active is not None or not worth_retrying(collection.advice)
    return collection, None if step.action is Action.RETRY and idle else step.action


def hold(collection: Collection, for_: str) -> Collection:
    """Begin nothing until a credit note has lowered what is due; what is under way is waited for."""
    asked = (*collection.asked, for_) if collection.active else collection.asked
    return replace(collection, holds=(*collection.holds, for_), asked=asked)


def lower(collection: Collection, by: int, for_: str) -> Collection:
    """A credit note was issued: less is due, and what it held may go on."""
    holds = tuple(held for held in collection.holds if held != for_)
    return _settled(replace(collection, due_minor=collection.due_minor - by, holds=holds))


def settle(collection: Collection) -> Collection:
    """Nothing is due any more, however it was paid."""
    return (
        replace(collection, status=CollectionStatus.COLLECTED, again=False) if collection.open else collection
    )


def stop(collection: Collection) -> Collection:
    """Nobody collects it any more; what is under way may still bring money, and is booked."""
    return (
        replace(collection, status=CollectionStatus.STOPPED, again=False) if collection.open else collection
    )


def _eased(collection: Collection) -> Collection:
    """What is asked for next is a new matter, with a schedule of its own if it fails."""
    return replace(collection, schedule=None, unpaid_since=None, step=0, advice=None, exhausted=False)


def _settled(collection: Collection) -> Collection:
    return settle(collection) if collection.received_minor >= collection.due_minor else collection

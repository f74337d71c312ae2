"""The life of a subscription: which period it is in, what it is billed next, how it ends."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from fractions import Fraction

from billing.core.catalogue import Plan
from billing.core.errors import RuleError
from billing.core.periods import Cadence, Period, Schedule, Unit
from billing.core.record import Record


class Status(StrEnum):
    """Where a subscription stands."""

    ACTIVE = "active"
    CANCELING = "canceling"  # goes on until its period ends
    ENDED = "ended"


class Command(StrEnum):
    """What can be asked of a subscription."""

    RENEW = "renew"
    CANCEL = "cancel"
    UNCANCEL = "uncancel"
    END = "end"


ALLOWED: dict[Status, frozenset[Command]] = {
    Status.ACTIVE: frozenset({Command.RENEW, Command.CANCEL, Command.END}),
    Status.CANCELING: frozenset({Command.UNCANCEL, Command.END}),
    Status.ENDED: frozenset(),
}


@dataclass(frozen=True, slots=True)
class Subscription(Record):
    """A customer on a version of a plan; `number` counts its periods from 0."""

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

    @property
    def period(self) -> Period:
        """The period it is in."""
        return self.schedule.period(self.number)

    @property
    def due_at(self) -> datetime | None:
        """When it must be looked at next: the end of its period; never once it has ended."""
        return None if self.status is Status.ENDED else self.period.end

    @property
    def ends_at(self) -> datetime | None:
        """When it ends, or ended, as far as is known."""
        return self.period.end if self.status is Status.CANCELING else self.ended_at


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
) -> Subscription:
    """Subscribe a customer from an instant on; a plan without recurring prices has monthly periods."""
    if plan.prices and currency not in plan.currencies:
        offered = ", ".join(plan.currencies)
        raise RuleError("currency_not_offered", f"{plan.key} is sold in {offered}", "currency")
    cadence = plan.cadence or Cadence(Unit.MONTH)
    return Subscription(
        id=id_,
        customer=customer,
        legal_entity=legal_entity,
        plan=plan.key,
        plan_version=plan.version,
        currency=currency,
        schedule=Schedule(at, zone, cadence),
        started_at=at,
        seats=seats,
    )


def renew(subscription: Subscription) -> Subscription:
    """Open the next period."""
    _require(subscription, Command.RENEW)
    return replace(subscription, number=subscription.number + 1)


def cancel(subscription: Subscription) -> Subscription:
    """Let it end with its period."""
    _require(subscription, Command.CANCEL)
    return replace(subscription, status=Status.CANCELING)


def uncancel(subscription: Subscription) -> Subscription:
    """Take a cancellation back before it took effect."""
    _require(subscription, Command.UNCANCEL)
    return replace(subscription, status=Status.ACTIVE)


def end(subscription: Subscription, *, at: datetime) -> Subscription:
    """End it at an instant."""
    _require(subscription, Command.END)
    return replace(subscription, status=Status.ENDED, ended_at=at)


def _require(subscription: Subscription, command: Command) -> None:
    allowed = ALLOWED[subscription.status]
    if command not in allowed:
        names = ", ".join(sorted(allowed)) or "nothing"
        message = f"it is {subscription.status}; allowed: {names}"
        raise RuleError("transition_not_allowed", message)

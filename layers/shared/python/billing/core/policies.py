"""What a plan says of its trial, and of what happens when a subscriber changes, pauses or leaves."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from billing.core.periods import Basis, Cadence, ChangeDay, Unit
from billing.core.record import Record


class Direction(StrEnum):
    """How a change of plan or seats is treated."""

    PRORATE = "prorate"  # credit the rest of the old, charge the rest of the new
    CHARGE = "charge"  # charge the rest of what costs more, give nothing back
    RESTART = "restart"  # credit the rest of the old, open a new period now
    NEXT_PERIOD = "next_period"
    NONE = "none"  # at once, without money


class TrialEnd(StrEnum):
    """What happens when a trial ends and no payment method is known."""

    INVOICE = "invoice"
    CANCEL = "cancel"
    PAUSE = "pause"
    FREE_PLAN = "free_plan"


DEFAULT_REMINDER = Cadence(Unit.DAY, 3)


@dataclass(frozen=True, slots=True)
class Trial(Record):
    """A free first time; its usage is never billed. The customer is reminded so long before its end."""

    length: Cadence
    without_method: TrialEnd = TrialEnd.INVOICE
    fallback_plan: str | None = None
    reminder: Cadence = DEFAULT_REMINDER


class Paid(StrEnum):
    """What becomes of the rest of a period that was paid ahead, when a subscription stops within it."""

    CREDIT = "credit"  # given back, by the share of time that is left
    FORFEIT = "forfeit"  # kept by the seller


@dataclass(frozen=True, slots=True)
class PausePolicy(Record):
    """What a pause does: to what was paid ahead, and to access. `keeps` names features that stay on."""

    paid: Paid = Paid.CREDIT
    keeps: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CancelPolicy(Record):
    """What happens to what was paid ahead when a customer leaves within a period."""

    paid: Paid = Paid.FORFEIT


@dataclass(frozen=True, slots=True)
class ChangePolicy(Record):
    """What happens on an upgrade and on a downgrade, and how the parts of a period are measured.

    Counted in days, the day of the change belongs to one side. With `net` the difference is one
    line instead of a credit and a charge.
    """

    upgrade: Direction = Direction.PRORATE
    downgrade: Direction = Direction.NEXT_PERIOD
    basis: Basis = Basis.SECOND
    change_day: ChangeDay = ChangeDay.NEW
    net: bool = False

"""What happens while an invoice stays unpaid: a schedule of steps, as data.

Days count from the first failure (or, where there is nothing to charge, from the due date). A retry is
left out where the last answer says that it cannot help.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from billing.core.errors import RuleError
from billing.core.payment import Advice
from billing.core.record import Record

LONGEST = 365  # days


class Action(StrEnum):
    """What a step asks for; all but the retry are for somebody else to act on."""

    RETRY = "retry"
    REMIND = "remind"
    CANCEL_SUBSCRIPTION = "cancel_subscription"
    WRITE_OFF = "write_off"


@dataclass(frozen=True, slots=True)
class Step(Record):
    """One step: so many days on, this."""

    day: int
    action: Action


@dataclass(frozen=True, slots=True)
class Schedule(Record):
    """Steps in the order of their days."""

    steps: tuple[Step, ...]

    def __post_init__(self) -> None:
        last = 0
        for n, step in enumerate(self.steps):
            field = f"steps[{n}].day"
            if not last < step.day <= LONGEST:
                message = f"days rise from step to step, from 1 to {LONGEST}"
                raise RuleError("invalid_schedule", message, field)
            last = step.day

    def due_at(self, start: datetime, step: int) -> datetime | None:
        """When a step is due; None behind the last one."""
        return start + timedelta(days=self.steps[step].day) if step < len(self.steps) else None

    def retries_left(self, step: int) -> bool:
        """Whether a retry is still to come from this step on."""
        return any(later.action is Action.RETRY for later in self.steps[step:])


STANDARD = Schedule(
    (
        Step(1, Action.RETRY),
        Step(3, Action.RETRY),
        Step(4, Action.REMIND),
        Step(7, Action.RETRY),
        Step(10, Action.REMIND),
        Step(14, Action.RETRY),
        Step(21, Action.CANCEL_SUBSCRIPTION),
        Step(30, Action.WRITE_OFF),
    )
)


def worth_retrying(advice: Advice | None) -> bool:
    """Whether the same method may bring the money another day, or its owner by another link."""
    return advice in {Advice.RETRY_LATER, Advice.CUSTOMER_ACTION}

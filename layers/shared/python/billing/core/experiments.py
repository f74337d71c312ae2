"""Price experiments: a plan at several prices at once, each customer always at the same one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from billing.core.ids import drawn
from billing.core.instants import instant_text
from billing.core.overrides import Override
from billing.core.record import Record


@dataclass(frozen=True, slots=True)
class Arm(Record):
    """One of the prices that are tried; its share of customers is its weight among all."""

    key: str
    weight: int = 1
    overrides: tuple[Override, ...] = ()


@dataclass(frozen=True, slots=True)
class Experiment(Record):
    """Arms of a plan, tried from `begins_at` to before `ends_at`; None is at once, and until withdrawn.

    The first arm is the control: the plan as it stands.
    """

    key: str
    plan: str
    arms: tuple[Arm, ...]
    begins_at: datetime | None = None
    ends_at: datetime | None = None
    name: str = ""

    @property
    def summary(self) -> str:
        """What it says, in one line."""
        arms = ", ".join(f"{arm.key} {arm.weight}" for arm in self.arms)
        since = f" from {instant_text(self.begins_at)}" if self.begins_at else ""
        until = f" to {instant_text(self.ends_at)}" if self.ends_at else ""
        said = f"{arms} of {self.plan}{since}{until}"
        return f"{self.name}: {said}" if self.name else said

    def runs_at(self, at: datetime) -> bool:
        """Whether an order at an instant takes part."""
        begun = self.begins_at is None or self.begins_at <= at
        return begun and (self.ends_at is None or at < self.ends_at)

    def arm_of(self, who: str | None) -> Arm:
        """The arm of a customer or visitor: drawn from who it is, always the same. Of nobody: the control."""
        if who is None:
            return self.arms[0]
        place = drawn(sum(arm.weight for arm in self.arms), self.key, who)
        for arm in self.arms:
            if place < arm.weight:
                return arm
            place -= arm.weight
        raise ValueError(f"{self.key} has no arm at {place}")

    def cohort(self, arm: Arm) -> str:
        """What a subscription of an arm is known by."""
        return f"{self.key}/{arm.key}"

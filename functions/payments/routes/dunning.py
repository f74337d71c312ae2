"""Routes of the dunning schedule."""

from __future__ import annotations

from pydantic import Field

from billing.aws.bodies import Command, View
from billing.aws.http import Api
from billing.aws.table import own_table
from billing.core.dunning import Action, Schedule, Step
from payments import schedules


class StepBody(Command):
    """So many days after the first failure, this."""

    day: int = Field(ge=1, le=365, strict=True)
    action: Action


class ScheduleBody(Command):
    """What happens while an invoice stays unpaid; days rise from step to step."""

    steps: list[StepBody] = Field(max_length=30)

    def schedule(self) -> Schedule:
        """As the use case takes it."""
        return Schedule(tuple(Step(step.day, step.action) for step in self.steps))


class StepView(View):
    """One step."""

    day: int
    action: str


class ScheduleView(View):
    """The steps in the order of their days."""

    steps: list[StepView]

    @classmethod
    def of(cls, schedule: Schedule) -> ScheduleView:
        """A schedule as an answer."""
        return cls(steps=[StepView(day=step.day, action=step.action) for step in schedule.steps])


def register(api: Api) -> None:
    """Add the routes."""

    @api.get("/payments/dunning", scope="payments:read")
    def read_schedule() -> ScheduleView:  # pyright: ignore[reportUnusedFunction]
        """What happens while an invoice stays unpaid."""
        return ScheduleView.of(schedules.schedule_of(own_table(), api.identity.tenant))

    @api.put("/payments/dunning", scope="payments:write")
    def set_schedule(body: ScheduleBody) -> ScheduleView:  # pyright: ignore[reportUnusedFunction]
        """Replace the schedule; what is being dunned already goes on as it began."""
        schedule = body.schedule()
        schedules.set_schedule(api.changes(), schedule)
        return ScheduleView.of(schedule)

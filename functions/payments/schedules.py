"""The dunning schedule of a tenant: its own, or the standard one."""

from __future__ import annotations

from billing.aws.changes import Changes
from billing.aws.table import Table
from billing.core.dunning import STANDARD, Schedule
from payments.store import schedule_key


def schedule_of(table: Table, tenant: str) -> Schedule:
    """What happens while an invoice of this tenant stays unpaid, from now on."""
    item = table.get(**schedule_key(tenant))
    return Schedule.from_data(item["schedule"]) if item else STANDARD


def set_schedule(changes: Changes, schedule: Schedule) -> None:
    """Replace it; what is being dunned already goes on as it began."""
    key = schedule_key(changes.context.tenant)
    stored = changes.table.get(**key)
    item = {**key, "schedule": schedule.to_data()}
    changes.put(item, seen=stored["version"] if stored else None, label="schedule")

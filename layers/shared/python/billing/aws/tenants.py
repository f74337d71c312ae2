"""What a subsystem keeps of the tenants it works for: the newest state of each, and how far its clock is.

| pk (behind `T#<tenant>#`) | sk     | item                                            |
|---------------------------|--------|-------------------------------------------------|
| tenant/<tenant>           | TENANT | projection: legal entities, clock               |
| tenant/<tenant>           | CLOCK  | projection: how far its test clock has advanced |
"""

from __future__ import annotations

from datetime import datetime

from billing.aws.changes import Changes
from billing.aws.table import Key, Table, found, item_key
from billing.aws.wall import wall_now
from events.base import Message
from events.foundation import ClockAdvancedV1, TenantChangedV1


def tenant_key(tenant: str) -> Key:
    """The projection of a tenant."""
    return item_key(tenant, f"tenant/{tenant}", "TENANT")


def clock_key(tenant: str) -> Key:
    """How far a tenant's test clock has advanced."""
    return item_key(tenant, f"tenant/{tenant}", "CLOCK")


def tenant_changed(event: TenantChangedV1, message: Message, changes: Changes) -> None:
    """Keep the newest state of a tenant."""
    state = event.model_dump(mode="json", exclude_none=True)
    changes.put_newer({**tenant_key(message.tenant), "state": state}, sequence=message.sequence)


def keep_clock(event: ClockAdvancedV1, message: Message, changes: Changes) -> None:
    """Keep how far a clock has advanced."""
    item = {**clock_key(message.tenant), "now": event.now.isoformat()}
    changes.put_newer(item, sequence=event.step)


def tenant_state(table: Table, tenant: str) -> TenantChangedV1:
    """What foundation said last of a tenant."""
    return TenantChangedV1.model_validate(found(table, tenant_key(tenant), "tenant")["state"])


def tenant_now(table: Table, tenant: str) -> tuple[datetime, str | None]:
    """The time a tenant lives in and the test clock it comes from, for work no request began."""
    state = tenant_state(table, tenant)
    if state.clock is None or state.clock_now is None:
        return wall_now(), None
    advanced = table.get(**clock_key(tenant))
    now = datetime.fromisoformat(advanced["now"]) if advanced else state.clock_now
    return max(now, state.clock_now), state.clock

"""Tenants and clocks as foundation tells them."""

from __future__ import annotations

from billing.aws.changes import Changes
from billing.aws.due import sweep_clock
from billing.aws.queue import Consumer
from events.base import Message
from events.foundation import ClockAdvancedV1, TenantChangedV1
from payments import tenants
from payments.store import clock_key

handler = consumer = Consumer("payments.on_foundation_events")

consumer.on(TenantChangedV1)(tenants.tenant_changed)


@consumer.on(ClockAdvancedV1)
def clock_advanced(event: ClockAdvancedV1, message: Message, changes: Changes) -> None:
    """Do what the new time makes due."""
    item = {**clock_key(message.tenant), "now": event.now.isoformat()}
    changes.put_newer(item, sequence=event.step)
    sweep_clock(changes, "work")

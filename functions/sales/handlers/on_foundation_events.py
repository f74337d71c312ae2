"""Tenants, sources and clocks as foundation tells them."""

from __future__ import annotations

from billing.aws.changes import Changes
from billing.aws.due import sweep_clock
from billing.aws.queue import Consumer
from billing.aws.tenants import keep_clock, tenant_changed
from events.base import Message
from events.foundation import ClockAdvancedV1, SourceRegisteredV1, TenantChangedV1
from sales import tenants

handler = consumer = Consumer("sales.on_foundation_events")

consumer.on(TenantChangedV1)(tenant_changed)
consumer.on(SourceRegisteredV1)(tenants.source_registered)


@consumer.on(ClockAdvancedV1)
def clock_advanced(event: ClockAdvancedV1, message: Message, changes: Changes) -> None:
    """Do what the new time makes due."""
    keep_clock(event, message, changes)
    sweep_clock(changes, "work")

"""What sales keeps of foundation: tenants with their legal entities and clocks, and registered sources."""

from __future__ import annotations

from billing.aws.changes import Changes
from events.base import Message
from events.foundation import SourceRegisteredV1, TenantChangedV1
from sales.store import source_key, tenant_key


def tenant_changed(event: TenantChangedV1, message: Message, changes: Changes) -> None:
    """Keep the newest state of a tenant."""
    state = event.model_dump(mode="json", exclude_none=True)
    item = {**tenant_key(message.tenant), "state": state}
    changes.put_newer(item, sequence=message.sequence)


def source_registered(event: SourceRegisteredV1, message: Message, changes: Changes) -> None:
    """Keep whose events of a source are."""
    item = {**source_key(event.source), "tenant": message.tenant}
    changes.put_newer(item, sequence=message.sequence)

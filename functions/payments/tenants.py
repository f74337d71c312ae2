"""What payments keeps of foundation: tenants with their legal entities and clocks."""

from __future__ import annotations

from billing.aws.changes import Changes
from events.base import Message
from events.foundation import TenantChangedV1
from payments.store import tenant_key


def tenant_changed(event: TenantChangedV1, message: Message, changes: Changes) -> None:
    """Keep the newest state of a tenant."""
    state = event.model_dump(mode="json", exclude_none=True)
    changes.put_newer({**tenant_key(message.tenant), "state": state}, sequence=message.sequence)

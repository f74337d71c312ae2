"""What sales keeps of foundation: tenants with their legal entities and clocks, and registered sources."""

from __future__ import annotations

from billing.aws.changes import Changes
from events.base import Message
from events.foundation import SourceRegisteredV1
from sales.store import source_key


def source_registered(event: SourceRegisteredV1, message: Message, changes: Changes) -> None:
    """Keep whose events of a source are."""
    item = {**source_key(event.source), "tenant": message.tenant}
    changes.put_newer(item, sequence=message.sequence)

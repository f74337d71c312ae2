"""What documents committed goes out: to the domain bus or to its own queues."""

from __future__ import annotations

from typing import Any

from billing.aws.outbox import publish_records
from billing.aws.table import own_table


def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Publish the outbox rows of a batch of stream records."""
    return publish_records(own_table(), event["Records"])

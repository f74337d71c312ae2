"""Wall time, for what is not business: leases, retries, signatures, `recorded_at`."""

from __future__ import annotations

from datetime import UTC, datetime


def wall_now() -> datetime:
    """The instant on the wall; no business rule may read it."""
    return datetime.now(UTC)

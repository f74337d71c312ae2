"""Every minute: what documents left unpublished goes out. It has no due work of its own."""

from __future__ import annotations

from billing.aws.due import tick
from billing.aws.observability import logger
from billing.aws.table import own_table


def handler(_event: object, _context: object) -> dict[str, int]:
    """Sweep once."""
    done = tick(own_table(), None)
    logger.info("tick", extra=done)
    return done

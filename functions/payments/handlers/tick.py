"""Every minute: what is due in payments is handed to its queue, what was left unpublished goes out."""

from __future__ import annotations

from billing.aws.due import tick
from billing.aws.observability import logger
from billing.aws.table import own_table


def handler(_event: object, _context: object) -> dict[str, int]:
    """Sweep once; a missed tick is made up for by the next."""
    done = tick(own_table(), "work")
    logger.info("tick", extra=done)
    return done

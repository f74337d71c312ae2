"""Invoked by the account's own people: feed a consumer from the archive."""

from __future__ import annotations

from datetime import date
from typing import Any

from pydantic import Field, ValidationError

from billing.aws.bodies import Command
from billing.aws.observability import logger
from billing.aws.table import own_table
from billing.core.errors import RuleError
from foundation.replay import Replay, replay


class Order(Command):
    """What to replay; days are those the events were recorded on."""

    consumer: str
    tenant: str = Field(pattern=r"^ten_[a-z0-9]{1,40}$")
    first: date
    last: date
    types: tuple[str, ...] = ()


def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Send the events again; the answer counts them by type."""
    try:
        order = Order.model_validate(event)
        sent = replay(Replay(**order.model_dump()), own_table())
    except ValidationError as error:
        found = [f"{'.'.join(map(str, item['loc']))}: {item['msg']}" for item in error.errors()]
        return {"ok": False, "code": "invalid", "detail": "; ".join(found)}
    except RuleError as error:
        return {"ok": False, "code": error.code, "detail": str(error)}
    logger.info("replayed", extra={"consumer": order.consumer, "events": sum(sent.values())})
    return {"ok": True, "sent": sent}

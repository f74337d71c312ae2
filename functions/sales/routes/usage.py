"""Routes of usage."""

from __future__ import annotations

import json
from typing import Annotated, Any

from pydantic import Field

from billing.aws.changes import Changes
from billing.aws.clients import client
from billing.aws.http import Api
from billing.aws.settings import queue_url
from billing.aws.table import aggregate_pk, own_table
from billing.core.ids import content_hash
from sales.commands import UsageAcceptedV1
from sales.routes.models import Command, View
from sales.usage.door import MOST_EVENTS, judge, set_aside_items


class UsageBody(Command):
    """1 to 100 usage events (CloudEvents). Each is identified by its source, id and the day of its time."""

    events: Annotated[list[dict[str, Any]], Field(min_length=1, max_length=MOST_EVENTS)]


class ReceiptView(View):
    """What becomes of one event; `accepted` means durably queued."""

    id: str | None
    verdict: str
    reason: str | None = None
    field: str | None = None
    meters: list[str] = []


class ReceiptsView(View):
    """A receipt per event, in their order."""

    receipts: list[ReceiptView]


class SetAsideView(View):
    """A usage event that counted for nobody, and why."""

    source: str
    event: str
    type: str
    verdict: str
    reason: str | None = None
    field: str | None = None


def register(api: Api) -> None:
    """Add the routes."""

    @api.ask("/sales/usage", scope="usage:write")
    def report_usage(body: UsageBody) -> ReceiptsView:  # pyright: ignore[reportUnusedFunction]
        """Report usage; sent twice it counts once, so this needs no Idempotency-Key."""
        changes = Changes(own_table(), api.context)
        tenant, now = api.identity.tenant, api.context.now
        judged = judge(changes.table, tenant, body.events, now)
        for item in set_aside_items(tenant, judged, now):
            changes.keep(item)
        if judged.accepted:
            _queue(changes, judged.accepted)
        changes.commit()
        return ReceiptsView(
            receipts=[
                ReceiptView(
                    id=r.id, verdict=r.verdict.value, reason=r.reason, field=r.field, meters=list(r.meters)
                )
                for r in judged.receipts
            ]
        )

    @api.get("/sales/usage/unmatched/<day>", scope="sales:read")
    def list_unmatched(day: str) -> list[SetAsideView]:  # pyright: ignore[reportUnusedFunction]
        """Events that counted for nobody, by the day they came."""
        pk = aggregate_pk(api.identity.tenant, f"unmatched/{day}")
        return [SetAsideView(**item) for item in own_table().query(pk, "EVENT#", limit=1000)]


def _queue(changes: Changes, events: list[dict[str, Any]]) -> None:
    """Queue what was accepted before saying so; under a clock it is counted.

    Named after its content: asked again after a lost answer it is the same message and the same chunk.
    """
    command = UsageAcceptedV1(events=events)
    about = content_hash(json.dumps(events, sort_keys=True))
    message = changes.message(command, subject=f"tenant/{changes.context.tenant}", about=about)
    body = message.model_dump_json(by_alias=True, exclude_none=True)
    client("sqs").send_message(QueueUrl=queue_url("usage"), MessageBody=body)
    changes.sent(message, "usage")

"""Routes of usage."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import date
from typing import Annotated, Any

from aws_lambda_powertools.event_handler.openapi.params import Query
from pydantic import Field

from billing.aws.bodies import Command, View
from billing.aws.changes import Changes
from billing.aws.clients import client
from billing.aws.cursor import read_cursor, write_cursor
from billing.aws.http import Api
from billing.aws.settings import queue_url
from billing.aws.table import own_table
from billing.core.ids import content_hash
from sales.commands import UsageAcceptedV1
from sales.usage import fate, unmatched
from sales.usage.door import MOST_EVENTS, Door, Judged

LARGEST_MESSAGE = 200 * 1024  # bytes of events in one message, of the 256 KiB a queue takes
SET_ASIDE_AT_ONCE = 50  # of the 100 writes of one transaction

Attribute = Annotated[str, Query(max_length=200)]


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


class SetAsideList(View):
    """A page of usage events that counted for nobody; `next` goes on behind it."""

    events: list[SetAsideView]
    next: str | None = None


class ReplayView(View):
    """What became of a page of unmatched events; `next` goes on behind it."""

    verdicts: dict[str, int]
    next: str | None = None


class FateView(View):
    """What became of an event. `counted` says by which meters; `chunk` and `fold` where it is kept.

    `replaced` and `voided` name the event that did it, `unmatched` and `rejected` their reason. `not_yet`
    is an event under way, or one that was never sent.
    """

    fate: str
    meters: list[str] = []
    chunk: str | None = None
    fold: int | None = None
    copies: int = 0
    differing: int = 0
    by: str | None = None
    reason: str | None = None
    field: str | None = None


def register(api: Api) -> None:
    """Add the routes."""

    @api.ask("/sales/usage", scope="usage:write")
    def report_usage(body: UsageBody) -> ReceiptsView:  # pyright: ignore[reportUnusedFunction]
        """Report usage; sent twice it counts once, so this needs no Idempotency-Key."""
        changes = Changes(own_table(), api.context)
        judged = Door(changes.table, api.identity.tenant).judge(body.events, api.context.now)
        _set_aside(changes, judged)
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
    def list_unmatched(day: date, cursor: str | None = None) -> SetAsideList:  # pyright: ignore[reportUnusedFunction]
        """Events that counted for nobody, by the day they came."""
        items, behind = unmatched.listed(own_table(), api.identity.tenant, day.isoformat(), cursor)
        return SetAsideList(events=[SetAsideView(**item) for item in items], next=behind)

    @api.post("/sales/usage/unmatched/<day>/replay", scope="usage:write")
    def replay_unmatched(day: date, cursor: str | None = None) -> ReplayView:  # pyright: ignore[reportUnusedFunction]
        """Judge unmatched events of a day again, 50 at a time: a customer or meter may exist by now."""
        changes, after = api.changes(), read_cursor(cursor, "EVENT#")
        found = unmatched.replay(changes, day.isoformat(), after, api.context.now)
        _queue(changes, found.accepted)
        return ReplayView(verdicts=found.verdicts, next=write_cursor(found.behind) if found.behind else None)

    @api.get("/sales/usage/events/<event>", scope="sales:read")
    def read_fate(event: str, source: Attribute, subject: Attribute, day: date) -> FateView:  # pyright: ignore[reportUnusedFunction]
        """What became of an event: by its id, its source, whose it is and the UTC day of its time."""
        sought = fate.Sought(api.identity.tenant, subject, source, event, day.isoformat())
        found = fate.find(own_table(), sought, api.context.now)
        return FateView(**asdict(found))


def _set_aside(changes: Changes, judged: Judged) -> None:
    """Keep what did not count; what one transaction cannot take goes first, in one of its own."""
    for start in range(SET_ASIDE_AT_ONCE, len(judged.set_aside), SET_ASIDE_AT_ONCE):
        first = changes.beside(f"set aside {start}")
        some = Judged(set_aside=judged.set_aside[start : start + SET_ASIDE_AT_ONCE])
        unmatched.set_aside(first, some, changes.context.now)
        first.commit()
    rest = Judged(set_aside=judged.set_aside[:SET_ASIDE_AT_ONCE])
    unmatched.set_aside(changes, rest, changes.context.now)


def _queue(changes: Changes, events: list[dict[str, Any]]) -> None:
    """Queue what was accepted before saying so; under a clock it is counted.

    Named after its content: asked again after a lost answer it is the same message and the same chunk.
    """
    for part in unmatched.in_parts(events, LARGEST_MESSAGE):
        command = UsageAcceptedV1(events=part)
        about = content_hash(json.dumps(part, sort_keys=True))
        message = changes.message(command, subject=f"tenant/{changes.context.tenant}", about=about)
        body = message.model_dump_json(by_alias=True, exclude_none=True)
        client("sqs").send_message(QueueUrl=queue_url("usage"), MessageBody=body)
        changes.sent(message, "usage")

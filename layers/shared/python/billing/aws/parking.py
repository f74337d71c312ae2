"""Work that cannot succeed as things stand: parked with its reason, listed, and lifted once that is mended.

A due item whose work is refused for good would be tried, and make a dead letter, at every tick. Parked, it
keeps what it was due for and stands in no sweep; its one dead letter rings the alarm. It gets its work back
when that letter is redriven, when somebody lifts it, or when a change of the item says anew what is due.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from pydantic import BaseModel, Field

from billing.aws.bodies import Command
from billing.aws.changes import Changes
from billing.aws.context import Context
from billing.aws.cursor import read_cursor, write_cursor
from billing.aws.due import WorkDueV1
from billing.aws.items import Item
from billing.aws.table import Table, aggregate_pk, item_key
from billing.aws.wall import wall_now
from billing.aws.work import parked_partition, sortable, without_work
from billing.core.errors import NotFoundError, RuleError
from events.base import Message, instant_text

PAGE = 50
_ALWAYS = sortable(datetime.max.replace(tzinfo=UTC))


class Parked(BaseModel):
    """Work that is parked: of what, since when on the wall, why, and when it was due."""

    subject: str = Field(examples=["subscription/sub_..."])
    work: str = Field(examples=["SUBSCRIPTION"])
    reason: str
    at: str
    due_at: str


class ParkedPage(BaseModel):
    """A page of parked work, the oldest first; `next` goes on behind it."""

    parked: list[Parked]
    next: str | None = None


class LiftBody(Command):
    """Which work to lift, as the list names it."""

    subject: str = Field(max_length=300)
    work: str = Field(max_length=300)


def park(table: Table, context: Context, message: Message, reason: str) -> None:
    """Park the item that this command is about, unless it moved on meanwhile."""
    if message.type != WorkDueV1.detail_type():
        return
    item = table.get(message.data["pk"], message.data["sk"])
    if item is None or "parked" in item or item.get("work_at") != sortable(message.time):
        return
    now, seen = wall_now(), item["version"]
    parked = {"reason": reason, "at": instant_text(now), "work": item["work"], "work_at": item["work_at"]}
    index = {"work": parked_partition(context.tenant), "work_at": sortable(now)}
    changes = Changes(table, context, part=f"parked {seen}")
    changes.put({**item, **index, "parked": parked}, seen=seen, label="parked")
    changes.tells_due(item["pk"], item["sk"], at=None, version=seen + 1)
    changes.commit()


def lift_again(table: Table, context: Context, message: Message) -> None:
    """A dead letter came back: the item it is about gets its work back before it is done."""
    if message.type != WorkDueV1.detail_type():
        return
    item = table.get(message.data["pk"], message.data["sk"])
    if item and "parked" in item:
        changes = Changes(table, context, part=f"lifted {item['version']}")
        _lift(changes, item)
        changes.commit()


def lift(changes: Changes, subject: str, work: str) -> Parked:
    """Give parked work back to the sweeps; returns what it was."""
    item = changes.table.get(**item_key(changes.context.tenant, subject, work))
    if item is None or "parked" not in item:
        raise NotFoundError("parked_not_found", "no such work is parked; read the list", "subject")
    _lift(changes, item)
    return _view(item)


def page(table: Table, tenant: str, cursor: str | None) -> ParkedPage:
    """What is parked of a tenant."""
    after = _after(tenant, read_cursor(cursor, ""))
    keys = list(table.work(parked_partition(tenant), _ALWAYS, limit=PAGE + 1, after=after))
    items = [item for key in keys[:PAGE] if (item := table.get(key["pk"], key["sk"])) and "parked" in item]
    behind = _place(keys[PAGE - 1]) if len(keys) > PAGE else None
    return ParkedPage(parked=[_view(item) for item in items], next=write_cursor(behind) if behind else None)


def _lift(changes: Changes, item: Item) -> None:
    parked: dict[str, str] = item["parked"]
    index = {"work": parked["work"], "work_at": parked["work_at"]}
    changes.put({**without_work(item), **index}, seen=item["version"], label="lifted")
    due_at = datetime.fromisoformat(parked["work_at"])
    changes.tells_due(item["pk"], item["sk"], at=due_at, version=item["version"] + 1)


def _view(item: Item) -> Parked:
    parked: dict[str, str] = item["parked"]
    return Parked(
        subject=item["pk"].split("#", 2)[2],
        work=item["sk"],
        reason=parked["reason"],
        at=parked["at"],
        due_at=parked["work_at"],
    )


def _place(key: Item) -> str:
    return f"{key['work_at']}|{key['pk'].split('#', 2)[2]}|{key['sk']}"


def _after(tenant: str, place: str | None) -> dict[str, Any] | None:
    """The key of the work index behind which a list goes on."""
    if place is None:
        return None
    at, _, rest = place.partition("|")
    subject, _, sk = rest.partition("|")
    try:
        work_at = sortable(datetime.fromisoformat(at))
    except ValueError as error:
        raise RuleError("cursor_invalid", "this is no cursor of this list", "cursor") from error
    if work_at != at or not subject or not sk:
        raise RuleError("cursor_invalid", "this is no cursor of this list", "cursor")
    pk = aggregate_pk(tenant, subject)
    return {"pk": pk, "sk": sk, "work": parked_partition(tenant), "work_at": work_at}

"""Who changed what, when and why: an entry for every write through an API, committed with what it tells of.

| pk (behind `T#<tenant>#`) | sk                        | item                                              |
|---------------------------|---------------------------|---------------------------------------------------|
| audit/<day on the wall>   | AUDIT#<instant>#<request> | actor, what was asked, why, before and after      |

What a version-checked write replaced is read again for the entry: if it is not what the use case saw, the
condition fails and nothing is committed. Personal data and secrets are told by the name of their field alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from pydantic import BaseModel, Field

from billing.aws.changes import Changes, Touched
from billing.aws.cursor import first_page, read_cursor
from billing.aws.items import Item
from billing.aws.table import Table, aggregate_pk
from billing.aws.wall import wall_now
from billing.aws.work import sortable
from billing.core.errors import RuleError
from events.base import instant_text

PAGE = 50
LONGEST_REASON = 200
_PREFIX = "AUDIT#"
_MOST_FIELDS = 60  # of one item; an entry stays a fraction of what an item may hold
_LONGEST_VALUE = 200

# Hidden wherever they stand, also inside others; a write names what else is personal in its item.
_HIDDEN = frozenset(
    {"address", "body", "client_secret", "digest", "email", "iban", "label", "last4", "person"}
    | {"phone", "recipient", "secret", "token", "url"}
)
_TECHNICAL = frozenset({"pk", "sk", "version", "work", "work_at"})


class FieldChange(BaseModel):
    """A field that changed; of a hidden one only that it did."""

    field: str = Field(examples=["data.status"])
    before: Any = None
    after: Any = None
    hidden: bool = False


class ItemChange(BaseModel):
    """What changed of one thing."""

    subject: str = Field(examples=["subscription/sub_..."])
    what: str = Field(examples=["subscription"])
    fields: list[FieldChange]
    more: int = Field(default=0, description="How many changed fields are not shown.")


class AuditEntry(BaseModel):
    """One write: who asked for what, when on the wall and in the tenant's time, why, and what it changed."""

    at: str
    time: str
    actor: str
    request: str
    what: str = Field(examples=["POST /sales/subscriptions/sub_.../cancel"])
    why: str | None = None
    changes: list[ItemChange]


class AuditPage(BaseModel):
    """A page of entries, oldest first; `next` goes on behind it."""

    entries: list[AuditEntry]
    next: str | None = None


def record(changes: Changes, what: str, why: str | None = None) -> None:
    """Add the entry of everything this unit of work changes so far."""
    context, now = changes.context, wall_now()
    request = context.causation_id.rpartition("/")[2]
    entry = AuditEntry(
        at=instant_text(now),
        time=instant_text(context.now),
        actor=context.actor,
        request=request,
        what=what,
        why=why,
        changes=[_item_change(changes.table, touched) for touched in changes.touched],
    )
    key = {"pk": _pk(context.tenant, now.date()), "sk": f"{_PREFIX}{sortable(now)}#{request}"}
    changes.keep({**key, "entry": entry.model_dump(mode="json", exclude_none=True)})


def reason(text: str | None) -> str | None:
    """The caller's reason, from the header `Audit-Reason`."""
    if text is not None and (len(text) > LONGEST_REASON or not text.isprintable()):
        raise RuleError("audit_reason_invalid", f"at most {LONGEST_REASON} printable characters")
    return text or None


def page(table: Table, tenant: str, day: date, cursor: str | None) -> AuditPage:
    """The entries of a day on the wall, in UTC."""
    found = table.query(_pk(tenant, day), _PREFIX, after=read_cursor(cursor, _PREFIX))
    items, behind = first_page(found, PAGE)
    return AuditPage(entries=[AuditEntry.model_validate(item["entry"]) for item in items], next=behind)


def _pk(tenant: str, day: date) -> str:
    return aggregate_pk(tenant, f"audit/{day.isoformat()}")


def _item_change(table: Table, touched: Touched) -> ItemChange:
    stored = table.get(touched.pk, touched.sk) if touched.seen is not None else None
    before, after = dict(_leaves(stored or {})), dict(_leaves(touched.item or {}))
    differing = [name for name in sorted(before.keys() | after.keys()) if before.get(name) != after.get(name)]
    private = _HIDDEN | touched.private
    return ItemChange(
        subject=touched.pk.split("#", 2)[-1],
        what=touched.label,
        fields=[_change(n, before.get(n), after.get(n), private) for n in differing[:_MOST_FIELDS]],
        more=max(0, len(differing) - _MOST_FIELDS),
    )


def _change(name: str, before: Any, after: Any, private: frozenset[str]) -> FieldChange:
    if not private.isdisjoint(name.split(".")):
        return FieldChange(field=name, hidden=True)
    return FieldChange(field=name, before=before, after=after)


def _leaves(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """The plain values of an item by their path; long texts by their beginning."""
    if isinstance(value, Mapping):
        item: Item = dict(value)  # pyright: ignore[reportUnknownArgumentType]
        for name, inner in item.items():
            if path or name not in _TECHNICAL:
                yield from _leaves(inner, f"{path}.{name}" if path else name)
    elif isinstance(value, list):
        for n, inner in enumerate(value):  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
            yield from _leaves(inner, f"{path}.{n}")
    elif isinstance(value, int | bool):
        yield path, value
    elif isinstance(value, str | Decimal):
        yield path, str(value)[:_LONGEST_VALUE]
    elif value is not None:
        yield path, "(bytes)"

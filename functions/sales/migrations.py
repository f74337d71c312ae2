"""Use cases of migrations: show what one would cost each subscriber, schedule it in pieces, take it back."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import islice

from billing.aws.changes import Changes
from billing.aws.items import Item
from billing.aws.table import Table, found
from billing.core.catalogue import Plan
from billing.core.errors import NotFoundError, RuleError
from billing.core.ids import derived_id
from billing.core.invoicing import Invoice
from billing.core.migration import Migration, Stage, boundary_from, migrated, taken_back
from billing.core.pausing import comes_at
from billing.core.subscription import Subscription
from sales import catalogue, overrides, subscribers
from sales.add_ons import require_sound
from sales.commands import MigrateV1
from sales.currencies import require_sold
from sales.steps import billed_at
from sales.store import migrated_key, migration_key
from sales.subscriptions import store_scheduled, stored_subscription

PIECE = 15  # subscribers in one unit of work: four writes each
PAGE = 10  # subscribers in one page of a preview: two invoices each


@dataclass(frozen=True, slots=True)
class Wish:
    """Whom to take where; `into` None is the plan itself, `versions` empty all but the one on sale."""

    plan: str
    versions: tuple[int, ...] = ()
    into: str | None = None
    not_before: datetime | None = None


@dataclass(frozen=True, slots=True)
class Foreseen:
    """What a migration means for one subscriber: when, and the invoices of that moment without and with it.

    `skipped` says why it is left alone; there are none where there is nothing to bill, and two where the
    currency changes.
    """

    subscription: Subscription
    at: datetime
    without: tuple[Invoice, ...] = ()
    with_it: tuple[Invoice, ...] = ()
    skipped: str | None = None


def preview(
    table: Table, tenant: str, wish: Wish, at: datetime, cursor: tuple[str, ...] = ()
) -> tuple[Migration, list[Foreseen], tuple[str, ...] | None]:
    """The migration that a wish makes, a page of what it means, and where the next page begins."""
    migration, new = _wished(table, tenant, wish, "mig_foreseen", at)
    page = list(islice(_subscribers(table, tenant, migration, cursor), PAGE))
    seen = [_foreseen(table, tenant, name, new, wish.not_before) for _, name in page]
    return migration, seen, (_place(page[-1]) if len(page) == PAGE else None)


def begin(changes: Changes, wish: Wish, *, key: str) -> Migration:
    """Begin to schedule a migration; the work goes on in pieces."""
    tenant, now = changes.context.tenant, changes.context.now
    id_ = derived_id("mig", tenant, key)
    migration, _ = _wished(changes.table, tenant, wish, id_, now)
    _go_on(changes, migration, seen=None)
    return migration


def cancel(changes: Changes, migration: str) -> Migration:
    """Take back what is scheduled and not in force yet; the work goes on in pieces."""
    stored, seen = read(changes.table, changes.context.tenant, migration)
    if stored.stage in {Stage.CANCELING, Stage.CANCELED}:
        raise RuleError("transition_not_allowed", f"it is {stored.stage}; allowed: nothing")
    canceling = replace(stored, stage=Stage.CANCELING, step=stored.step + 1, cursor=())
    _go_on(changes, canceling, seen=seen)
    return canceling


def piece(changes: Changes, migration: str, step: int) -> None:
    """Do the next piece; whoever comes second, or after a cancellation, finds another step."""
    table, tenant = changes.table, changes.context.tenant
    stored, seen = read(table, tenant, migration)
    if stored.step != step:
        return
    if stored.stage is Stage.RUNNING:
        page = list(islice(_subscribers(table, tenant, stored, stored.cursor), PIECE))
        new = catalogue.plan_version(table, tenant, stored.into, stored.version)
        done = stored.counted([_schedule(changes, stored, new, name) for _, name in page])
        ended, places = Stage.SCHEDULED, [_place(each) for each in page]
    else:
        after = stored.cursor[0] if stored.cursor else None
        rows = list(islice(_rows(table, tenant, stored.id, after), PIECE))
        back = sum(_take_back(changes, stored, row) for row in rows)
        done = replace(stored, taken_back=stored.taken_back + back)
        ended, places = Stage.CANCELED, [(_name(row),) for row in rows]
    if len(places) < PIECE:
        _store(changes, replace(done, stage=ended, step=step + 1, cursor=()), seen=seen)
        return
    _go_on(changes, replace(done, step=step + 1, cursor=places[-1]), seen=seen)


def read(table: Table, tenant: str, migration: str) -> tuple[Migration, int]:
    """A migration and its stored version."""
    item = found(table, migration_key(tenant, migration), "migration")
    return Migration.from_data(item["data"]), item["version"]


def listed(table: Table, tenant: str) -> list[Migration]:
    """Every migration, newest first."""
    pk = migration_key(tenant, "")["pk"]
    every = [Migration.from_data(item["data"]) for item in table.query(pk, "MIGRATION#")]
    return sorted(every, key=lambda each: each.asked_at, reverse=True)


def outcomes(
    table: Table, tenant: str, migration: str, *, after: str | None, limit: int
) -> list[tuple[str, str | None]]:
    """A page of (subscription, why it was left alone) in the order of the subscriptions."""
    return [
        (_name(row), row.get("skipped")) for row in islice(_all_rows(table, tenant, migration, after), limit)
    ]


def _wished(table: Table, tenant: str, wish: Wish, id_: str, now: datetime) -> tuple[Migration, Plan]:
    latest, _ = catalogue.latest_version(table, tenant, wish.plan)
    new = catalogue.plan_on_sale(table, tenant, wish.into or wish.plan)
    goal = (new.key, new.version)
    versions = wish.versions or tuple(n for n in range(1, latest + 1) if (wish.plan, n) != goal)
    for n, version in enumerate(versions):
        if (wish.plan, version) == goal:
            message = f"{new.ref} is where it leads: name older versions, or publish first"
            raise RuleError("nothing_to_migrate", message, f"body.versions[{n}]")
        if not 1 <= version <= latest:
            message = f"{wish.plan} has versions 1 to {latest}"
            raise NotFoundError("unknown_version", message, f"body.versions[{n}]")
    if not versions:
        raise RuleError("nothing_to_migrate", f"{new.ref} is the only version", "body.plan")
    versions = tuple(sorted(set(versions)))
    return Migration(id_, wish.plan, versions, *goal, asked_at=now, not_before=wish.not_before), new


def _subscribers(
    table: Table, tenant: str, migration: Migration, cursor: tuple[str, ...]
) -> Iterator[tuple[int, str]]:
    """(version, subscription) of everybody whom it concerns, behind a cursor."""
    begun, after = (int(cursor[0]), cursor[1]) if cursor else (0, None)
    for version in migration.versions:
        if version >= begun:
            behind = after if version == begun else None
            for item in subscribers.page(table, tenant, migration.plan, version, after=behind):
                yield version, item["sk"].removeprefix(subscribers.PREFIX)


def _place(of: tuple[int, str]) -> tuple[str, ...]:
    return str(of[0]), of[1]


def _foreseen(table: Table, tenant: str, name: str, new: Plan, not_before: datetime | None) -> Foreseen:
    stored, _ = stored_subscription(table, tenant, name)
    at = comes_at(stored, boundary_from(stored, not_before))
    try:
        after = _migrated(table, tenant, stored, new, not_before)
    except RuleError as refused:
        return Foreseen(stored, at, skipped=refused.code)
    return Foreseen(stored, at, billed_at(table, tenant, stored, at), billed_at(table, tenant, after, at))


def _migrated(
    table: Table, tenant: str, stored: Subscription, new: Plan, not_before: datetime | None
) -> Subscription:
    """With the migration scheduled; whose add-ons or overrides do not fit the new plan is left alone."""
    own = overrides.at_change(table, tenant, stored, new.key) if new.key != stored.plan else None
    after = migrated(stored, new, not_before, own)
    require_sold(table, tenant, stored, after)
    require_sound(table, tenant, after)
    return after


def _schedule(changes: Changes, migration: Migration, new: Plan, name: str) -> str | None:
    """Schedule it for one subscriber; why it is left alone, or None."""
    tenant = changes.context.tenant
    stored, seen = stored_subscription(changes.table, tenant, name)
    row = migrated_key(tenant, migration.id, name)
    try:
        after = _migrated(changes.table, tenant, stored, new, migration.not_before)
    except RuleError as refused:
        changes.keep({**row, "skipped": refused.code})
        return refused.code
    store_scheduled(changes, stored, after, seen)
    changes.keep({**row})
    return None


def _take_back(changes: Changes, migration: Migration, row: Item) -> bool:
    """Take it back for one subscriber; whether there was anything to take back."""
    stored, seen = stored_subscription(changes.table, changes.context.tenant, _name(row))
    after = taken_back(stored, migration.into, migration.version)
    if after == stored:
        return False
    store_scheduled(changes, stored, after, seen)
    return True


def _all_rows(table: Table, tenant: str, migration: str, after: str | None) -> Iterator[Item]:
    pk = migrated_key(tenant, migration, "")["pk"]
    return table.query(pk, subscribers.PREFIX, after=f"{subscribers.PREFIX}{after}" if after else None)


def _rows(table: Table, tenant: str, migration: str, after: str | None) -> Iterator[Item]:
    return (row for row in _all_rows(table, tenant, migration, after) if "skipped" not in row)


def _name(row: Item) -> str:
    return row["sk"].removeprefix(subscribers.PREFIX)


def _go_on(changes: Changes, migration: Migration, *, seen: int | None) -> None:
    """Keep where it stands, and ask for its next piece."""
    _store(changes, migration, seen=seen)
    command = MigrateV1(migration=migration.id, step=migration.step)
    changes.send("work", command, subject=f"migration/{migration.id}", about=str(migration.step))


def _store(changes: Changes, migration: Migration, *, seen: int | None) -> None:
    item: Item = {**migration_key(changes.context.tenant, migration.id), "data": migration.to_data()}
    changes.put(item, seen=seen, label="migration")

"""Use cases of test clocks: set one, ask it to advance, count receipts, step when all has settled."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from billing.aws.changes import Changes
from billing.aws.clients import client
from billing.aws.context import Context
from billing.aws.items import Item, pack
from billing.aws.settings import optional
from billing.aws.table import Table, aggregate_pk
from billing.core.errors import NotFoundError, RuleError
from events.foundation import ClockAdvancedV1, WorkDoneV1, WorkFailedV1
from events.subscriptions import counted_consumers
from foundation.settling import OUTCOME, Books, Move, Next, Pair, expectations, next_move
from foundation.store import clock_key

IDLE, ADVANCING, FAILED = "idle", "advancing", "failed"
SHOWN = 20  # of what is open, and of what is due, in a view
_BATCH = 25  # deletes in one call


def new_clock(changes: Changes, clock: str, now: datetime) -> None:
    """A clock that stands at an instant."""
    item = {**clock_key(changes.context.tenant, clock), "now": now.isoformat(), "status": IDLE, "step": 0}
    changes.put({**item, "ticks": 0}, seen=None, label="clock")


def advance(changes: Changes, to: datetime) -> Item:
    """Ask a clock to advance; it steps as soon as everything begun before has settled."""
    context = changes.context
    stored = read(changes.table, context.tenant, context.clock)
    now = datetime.fromisoformat(stored["now"])
    if to < now:
        raise RuleError("clock_backwards", f"the clock stands at {stored['now']}", "to")
    if stored["status"] == ADVANCING:
        raise RuleError("clock_advancing", f"on its way to {stored['target']}", "to")
    item = {**stored, "status": ADVANCING, "target": to.isoformat(), "ticks": 0, "failure": None}
    changes.put(item, seen=stored["version"], label="clock")
    return item


def read(table: Table, tenant: str, clock: str | None) -> Item:
    """A tenant's clock; a tenant in wall time has none."""
    item = table.get(**clock_key(tenant, clock)) if clock else None
    if item is None:
        raise NotFoundError("no_clock", "this tenant lives in wall time")
    return item


def books(table: Table, tenant: str, clock: str) -> Books:
    """What is known under a clock, read consistently."""
    expected: set[Pair] = set()
    received: set[Pair] = set()
    due: dict[str, datetime] = {}
    for item in table.query(aggregate_pk(tenant, f"clock/{clock}")):
        kind, _, rest = item["sk"].partition("#")
        if kind == "DUE":
            if item.get("at"):
                due[rest] = datetime.fromisoformat(item["at"])
        elif kind in {"EXPECTED", "RECEIVED"}:
            message, _, consumer = rest.rpartition("#")
            (expected if kind == "EXPECTED" else received).add((message, consumer))
    return Books(frozenset(expected), frozenset(received), due)


def count(changes: Changes, receipt: WorkDoneV1, source: str) -> None:
    """Write down one receipt: what it closes, what it announces, what became due."""
    pk = aggregate_pk(changes.context.tenant, f"clock/{receipt.clock}")
    came = [(receipt.message, receipt.consumer)] if receipt.message else []
    came += [(key, OUTCOME) for key in receipt.resolved]
    for message, consumer in came:
        changes.keep({"pk": pk, "sk": f"RECEIVED#{message}#{consumer}"})
    emitted = [
        (item.id, [item.consumer] if item.consumer else _heard_by(item.type)) for item in receipt.emitted
    ]
    for message, consumer in expectations(emitted, receipt.awaited):
        changes.keep({"pk": pk, "sk": f"EXPECTED#{message}#{consumer}"})
    for change in receipt.due:
        key = f"DUE#{source.removeprefix('billing.')}#{change.key}"
        known = changes.table.get(pk, key)
        if known is None or known["of_version"] < change.version:
            at = change.at.isoformat() if change.at else None
            changes.keep({"pk": pk, "sk": key, "of_version": change.version, "at": at})


def fail(changes: Changes, failure: WorkFailedV1) -> None:
    """A message went to the dead letters: the advance fails and says which."""
    stored = read(changes.table, changes.context.tenant, failure.clock)
    said = f"{failure.consumer} could not handle {failure.type} {failure.message}: {failure.reason}"
    changes.put({**stored, "status": FAILED, "failure": said}, seen=stored["version"], label="clock")


def step(table: Table, tenant: str, clock: str) -> Next | None:
    """Step a clock that may; of several that look at once, one wins. None when it is not advancing."""
    stored = read(table, tenant, clock)
    if stored["status"] != ADVANCING:
        return None
    known = books(table, tenant, clock)
    now, target = datetime.fromisoformat(stored["now"]), datetime.fromisoformat(stored["target"])
    following = next_move(known, now=now, target=target, ticks=stored["ticks"])
    if following.move is Move.WAIT:
        return following
    changes = Changes(table, _frame(tenant, clock, following.at))
    item: Item = {**stored, "now": following.at.isoformat()}
    if following.move is Move.TICK:
        ticks = stored["ticks"] + 1 if following.at == now else 1
        number = stored["step"] + 1
        item |= {"step": number, "ticks": ticks}
        _say(changes, clock, following.at, number)
    else:
        failure = f"due work does not clear: {', '.join(following.overdue)}" if following.overdue else None
        status = FAILED if following.move is Move.FAIL else IDLE
        item |= {"status": status, "failure": failure, "target": None}
    changes.put(item, seen=stored["version"], label="clock")
    changes.commit()
    _forget(table, tenant, clock, known)
    return following


def view(table: Table, tenant: str, clock: str | None) -> dict[str, Any]:
    """A clock as its owner sees it: where it stands, what is still open, what is due next."""
    stored = read(table, tenant, clock)
    known = books(table, tenant, clock or "")
    upcoming = sorted(known.due.items(), key=lambda pair: pair[1])[:SHOWN]
    return {
        "now": stored["now"],
        "target": stored.get("target"),
        "status": stored["status"],
        "step": stored["step"],
        "failure": stored.get("failure"),
        "open": sorted(f"{message} at {consumer}" for message, consumer in known.open)[:SHOWN],
        "open_count": len(known.open),
        "due": [{"key": key, "at": at.isoformat()} for key, at in upcoming],
    }


def _say(changes: Changes, clock: str, at: datetime, number: int) -> None:
    """Announce a step, together with the receipts it must bring."""
    event = ClockAdvancedV1(clock=clock, now=at, step=number)
    message = changes.emit(event, subject=f"clock/{clock}", sequence=number, clock=clock)
    pk = aggregate_pk(changes.context.tenant, f"clock/{clock}")
    for consumer in _heard_by(event.detail_type()):
        changes.keep({"pk": pk, "sk": f"EXPECTED#{message}#{consumer}"})


def _heard_by(type_: str) -> list[str]:
    """Who owes a receipt for an event, among the subsystems of this deployment."""
    deployed = optional("SUBSYSTEMS").split()
    return [name for name in counted_consumers(type_) if not deployed or name.split(".")[0] in deployed]


def _frame(tenant: str, clock: str, at: datetime) -> Context:
    return Context(tenant, at, "system/foundation", f"clock/{clock}", f"clock/{clock}")


def _forget(table: Table, tenant: str, clock: str, known: Books) -> None:
    """Remove what is settled, so that a long life does not make every look longer.

    A crash in between leaves pairs that agree: they change no decision.
    """
    pk = aggregate_pk(tenant, f"clock/{clock}")
    names = [
        f"{kind}#{m}#{c}" for m, c in known.expected & known.received for kind in ("EXPECTED", "RECEIVED")
    ]
    for start in range(0, len(names), _BATCH):
        deletes = [
            {"DeleteRequest": {"Key": pack({"pk": pk, "sk": name})}} for name in names[start : start + _BATCH]
        ]
        client("dynamodb").batch_write_item(RequestItems={table.name: deletes})

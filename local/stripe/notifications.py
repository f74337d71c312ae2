"""Teaches whom an event is announced to, and the ways a notification can be asked to go wrong."""

from __future__ import annotations

import time
from fnmatch import fnmatchcase

from local.stripe import faults
from local.stripe.errors import Object
from local.stripe.store import Store

HELD = 4e12


def announce(store: Store, account: str, event: Object) -> int:
    """Put an event on its way to every endpoint that asked for it; how many that are."""
    endpoints = [
        endpoint for endpoint in store.scan(account, "webhook_endpoint") if _wants(endpoint, event["type"])
    ]
    return sum(_enqueue(store, account, endpoint["id"], event) for endpoint in reversed(endpoints))


def _wants(endpoint: Object, type_: str) -> bool:
    enabled = endpoint["status"] == "enabled"
    return enabled and any(fnmatchcase(type_, wanted) for wanted in endpoint["enabled_events"])


def _enqueue(store: Store, account: str, endpoint: str, event: Object) -> int:
    """One delivery; with a fault none, two, a late or a false one."""
    fault = faults.take(store, "notification", event["type"], account, event["data"]["object"])
    kind, due = (fault or {}).get("kind"), time.time()
    copies = {"drop_notification": 0, "duplicate_notification": 2}.get(str(kind), 1)
    if kind == "delay_notification":
        due += float((fault or {}).get("seconds", 1))
    if kind == "reorder_notification":
        due = HELD
    twist = kind if kind in {"forge_notification", "stale_notification"} else None
    for _ in range(copies):
        deliver(store, endpoint, event["id"], event["type"], due=due, twist=twist)
    if due < HELD:
        release(store, endpoint)
    return copies


def release(store: Store, endpoint: str) -> None:
    """What was held back goes out now."""
    held = (
        "SELECT event, type FROM deliveries WHERE endpoint = ? AND state = 'pending' AND due = ? ORDER BY id"
    )
    waiting = store.execute(held, endpoint, HELD)
    gone = "DELETE FROM deliveries WHERE endpoint = ? AND state = 'pending' AND due = ?"
    store.execute(gone, endpoint, HELD)
    for event, type_ in waiting:
        deliver(store, endpoint, event, type_)


def deliver(
    store: Store, endpoint: str, event: str, type_: str, *, due: float | None = None, twist: str | None = None
) -> None:
    """Put one notification on its way."""
    statement = (
        "INSERT INTO deliveries (event, type, endpoint, due, state, twist) VALUES (?, ?, ?, ?, 'pending', ?)"
    )
    store.execute(statement, event, type_, endpoint, time.time() if due is None else due, twist)
    store.news.set()

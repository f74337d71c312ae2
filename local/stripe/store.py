"""Teaches where the simulator keeps things: one SQLite file, one lock, plain JSON objects.

objects     what the API shows, newest has the highest `seq`
hidden      what it never shows: card numbers, webhook secrets, the clock, faults
answers     the first answer to each idempotency key
deliveries  notifications under way to webhook endpoints, and what became of them
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from local.stripe.errors import ApiError, Object
from local.stripe.shapes import PREFIXES

SCHEMA = """
CREATE TABLE IF NOT EXISTS objects
    (seq INTEGER PRIMARY KEY, id TEXT UNIQUE NOT NULL, account TEXT NOT NULL, kind TEXT NOT NULL,
     body TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS objects_by_kind ON objects (account, kind, seq);
CREATE TABLE IF NOT EXISTS hidden (owner TEXT PRIMARY KEY, body TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS counters (name TEXT PRIMARY KEY, value INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS answers
    (account TEXT, key TEXT, request TEXT NOT NULL, request_id TEXT NOT NULL, status INTEGER NOT NULL,
     body TEXT NOT NULL, created INTEGER NOT NULL, PRIMARY KEY (account, key));
CREATE TABLE IF NOT EXISTS deliveries
    (id INTEGER PRIMARY KEY, event TEXT NOT NULL, type TEXT NOT NULL, endpoint TEXT NOT NULL,
     due REAL NOT NULL, tries INTEGER NOT NULL DEFAULT 0, state TEXT NOT NULL, twist TEXT, note TEXT);
CREATE INDEX IF NOT EXISTS deliveries_due ON deliveries (state, due, id);
"""


class Store:
    """Everything the simulator knows; whoever works with it holds its one lock."""

    def __init__(self, path: Path | str = ":memory:") -> None:
        self._lock = threading.RLock()
        self._db = sqlite3.connect(str(path), check_same_thread=False, isolation_level=None, timeout=1)
        try:
            # Exclusive: a second simulator on the same file would tell every event twice.
            self._db.executescript(f"PRAGMA locking_mode=EXCLUSIVE; PRAGMA journal_mode=WAL; {SCHEMA}")
            self._db.execute("PRAGMA synchronous=NORMAL")
        except sqlite3.Error:
            self._db.close()
            raise
        self.base_url = "http://127.0.0.1"
        self.news = threading.Event()

    def close(self) -> None:
        """Give the file back."""
        with self._lock:
            self._db.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All of it or nothing, and nobody in between."""
        with self._lock:
            self._db.execute("BEGIN")
            try:
                yield
            except BaseException:
                self._db.execute("ROLLBACK")
                raise
            self._db.execute("COMMIT")

    @contextmanager
    def attempt(self) -> Iterator[None]:
        """Inside a transaction: undo what a refusal leaves, except what the refusal keeps."""
        self._db.execute("SAVEPOINT attempt")
        try:
            yield
        except ApiError as error:
            if not error.keeps_effects:
                self._db.execute("ROLLBACK TO attempt")
            raise
        finally:
            self._db.execute("RELEASE attempt")

    def execute(self, statement: str, *values: Any) -> list[tuple[Any, ...]]:
        """One statement on one of the tables above."""
        with self._lock:
            return self._db.execute(statement, values).fetchall()

    def count(self, name: str) -> int:
        """The next number of a series."""
        statement = """INSERT INTO counters VALUES (?, 1)
            ON CONFLICT (name) DO UPDATE SET value = value + 1 RETURNING value"""
        return self.execute(statement, name)[0][0]

    def new_id(self, kind: str) -> str:
        """An id that another run of the same requests gives too."""
        prefix = PREFIXES[kind]
        return f"{prefix}_{self.count(prefix):08d}"

    def token(self, about: str) -> str:
        """Letters nobody guesses by accident, the same in every run."""
        return hashlib.sha256(f"simulator/{about}".encode()).hexdigest()[:32]

    def now(self) -> int:
        """The simulator's time: that of this machine, or where its clock was set."""
        return int(self.hidden("clock") or time.time())

    def hidden(self, owner: str) -> Any:
        """What is known and not shown, None if nothing."""
        found = self.execute("SELECT body FROM hidden WHERE owner = ?", owner)
        return json.loads(found[0][0]) if found else None

    def hide(self, owner: str, body: Any) -> None:
        """Keep something the API never shows."""
        self.execute("INSERT OR REPLACE INTO hidden VALUES (?, ?)", owner, json.dumps(body))

    def put(self, account: str, thing: Object) -> None:
        """Keep an object as it is now; it keeps its place in the lists."""
        statement = """INSERT INTO objects (id, account, kind, body) VALUES (?, ?, ?, ?)
            ON CONFLICT (id) DO UPDATE SET body = excluded.body"""
        self.execute(statement, thing["id"], account, thing["object"], json.dumps(thing))

    def remove(self, id_: str) -> None:
        """Forget an object."""
        self.execute("DELETE FROM objects WHERE id = ?", id_)

    def find(self, id_: str) -> tuple[str, int, Object] | None:
        """Account, place and object of an id."""
        found = self.execute("SELECT account, seq, body FROM objects WHERE id = ?", id_)
        return (found[0][0], found[0][1], json.loads(found[0][2])) if found else None

    def scan(
        self, account: str | None, kind: str, *, before: int | None = None, after: int | None = None
    ) -> Iterator[Object]:
        """Objects of a kind, newest first; `after` a place: oldest first from there."""
        order = "DESC" if after is None else "ASC"
        statement = f"""SELECT body FROM objects WHERE kind = ? AND (? IS NULL OR account = ?)
            AND (? IS NULL OR seq < ?) AND (? IS NULL OR seq > ?) ORDER BY seq {order}"""  # noqa: S608
        for (body,) in self._db.execute(statement, (kind, account, account, before, before, after, after)):
            yield json.loads(body)

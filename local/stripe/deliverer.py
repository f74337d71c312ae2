"""Teaches how an event reaches an endpoint: signed, one after the other, again with growing pauses."""

from __future__ import annotations

import hashlib
import hmac
import http.client
import json
import sqlite3
import threading
import time
from contextlib import suppress
from urllib.parse import urlsplit

from local.stripe.store import Store

PAUSES = (0.5, 1, 2, 4, 8, 15, 30, 60, 120, 300)
TIMEOUT, PATIENCE = 20.0, 2.0
IDLE = 1.0
HOUR = 3600


def signature(secret: str, body: bytes, at: int) -> str:
    """The `Stripe-Signature` header: a time and the HMAC over it and the raw body."""
    signed = f"{at}.".encode() + body
    return f"t={at},v1={hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()}"


class Deliverer:
    """One thread that works off the deliveries due; what it knows is in the store."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._work, name="deliveries", daemon=True)

    def start(self) -> None:
        """Begin, or go on where another run stopped."""
        self._thread.start()

    def stop(self) -> None:
        """End soon; a delivery still under way then is repeated by the next run."""
        self._ending.set()
        self._store.news.set()
        self._thread.join(timeout=PATIENCE)

    def _work(self) -> None:
        with suppress(sqlite3.ProgrammingError):  # the store was closed meanwhile
            while not self._ending.is_set():
                self._store.news.clear()
                pause = self._deliver_due()
                self._store.news.wait(pause)

    def _deliver_due(self) -> float:
        """Deliver what is due; seconds until there is more to do."""
        statement = """SELECT id, event, endpoint, tries, twist, due FROM deliveries
            WHERE state = 'pending' ORDER BY due, id LIMIT 1"""
        while not self._ending.is_set():
            found = self._store.execute(statement)
            wait = found[0][5] - time.time() if found else IDLE
            if wait > 0:
                return min(wait, IDLE)
            self._deliver(*found[0][:5])
        return 0

    def _deliver(self, id_: int, event_id: str, endpoint_id: str, tries: int, twist: str | None) -> None:
        event, endpoint = self._store.find(event_id), self._store.find(endpoint_id)
        if event is None or endpoint is None:
            self._note(id_, "canceled", tries, 0, "the endpoint is gone")
            return
        body = json.dumps(event[2], indent=2).encode()
        secret = self._store.hidden(f"secret/{endpoint_id}")
        at = int(time.time())
        if twist == "forge_notification":
            secret = "whsec_somebody_else"  # noqa: S105
        if twist == "stale_notification":
            at -= HOUR
        status, note = post(endpoint[2]["url"], body, signature(secret, body, at))
        if 200 <= status < 300:  # noqa: PLR2004
            self._note(id_, "delivered", tries + 1, 0, note)
            self._count_down(event_id)
        elif tries < len(PAUSES):
            self._note(id_, "pending", tries + 1, time.time() + PAUSES[tries], note)
        else:
            self._note(id_, "failed", tries + 1, 0, note)

    def _note(self, id_: int, state: str, tries: int, due: float, note: str) -> None:
        statement = "UPDATE deliveries SET state = ?, tries = ?, due = ?, note = ? WHERE id = ?"
        self._store.execute(statement, state, tries, due, note, id_)

    def _count_down(self, event_id: str) -> None:
        with self._store.transaction():
            if found := self._store.find(event_id):
                event = found[2]
                left = max(0, event["pending_webhooks"] - 1)
                self._store.put(found[0], event | {"pending_webhooks": left})


def post(url: str, body: bytes, signed: str) -> tuple[int, str]:
    """Status and words of one delivery; 0 when nobody answered. `*.localhost` is this machine too."""
    parts = urlsplit(url)
    headers = {
        "Content-Type": "application/json; charset=utf-8",
        "User-Agent": "Stripe/1.0 (simulator)",
        "Stripe-Signature": signed,
        "Host": parts.netloc,
    }
    connection = http.client.HTTPConnection("127.0.0.1", parts.port or 80, timeout=TIMEOUT)
    try:
        connection.request(
            "POST", f"{parts.path or '/'}{'?' if parts.query else ''}{parts.query}", body, headers
        )
        answer = connection.getresponse()
        answer.read()
    except (OSError, http.client.HTTPException) as error:
        return 0, type(error).__name__
    else:
        return answer.status, f"HTTP {answer.status}"
    finally:
        connection.close()

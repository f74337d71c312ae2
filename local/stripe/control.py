"""Teaches the levers under /_sim/: time, cards, misfortunes, and what the provider itself knows."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from local.stripe import faults, notifications, refunds
from local.stripe.account import API_VERSION, Account
from local.stripe.api import Answer, Request, account_of, as_json
from local.stripe.cards import BY_NUMBER
from local.stripe.errors import ApiError, InvalidRequestError, Object, missing
from local.stripe.store import Store

YEAR_LONG_AGO = 2001


class Control:
    """What tests and demonstrations may do to the provider."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._levers: list[tuple[str, str, Callable[..., Any]]] = [
            ("GET", "health", self.health),
            ("GET", "charges", self.charges),
            ("GET", "deliveries", self.deliveries),
            ("POST", "events/{id}/deliver", self.deliver),
            ("GET", "faults", lambda request: {"data": faults.waiting(store, _asker(request))}),
            ("POST", "faults", lambda request: faults.ask(store, _json(request), _asker(request))),
            ("DELETE", "faults", self.all_well),
            ("GET", "clock", lambda _: self._time()),
            ("POST", "clock", self.set_clock),
            ("POST", "cards/{id}", self.change_card),
            ("POST", "refunds/{id}", self.settle_refund),
        ]

    def answer(self, request: Request) -> Answer:
        """Pull a lever."""
        with self._store.transaction():
            try:
                for method, path, pull in self._levers:
                    pattern = f"/_sim/{path}".replace("{id}", "([A-Za-z0-9_]+)")
                    matched = re.fullmatch(pattern, request.path)
                    if method == request.method and matched:
                        return as_json(200, pull(request, *matched.groups()))
                known = ", ".join(f"{method} /_sim/{path}" for method, path, _ in self._levers)
                raise InvalidRequestError(f"There is no such lever. There are: {known}.", status=404)
            except ApiError as error:
                return as_json(error.status, error.body())

    def health(self, _: Request) -> Object:
        """Whether it runs, and whether notifications are still under way."""
        under_way = self._store.execute("SELECT count(*) FROM deliveries WHERE state = 'pending'")
        return {
            "status": "ok",
            "api_version": API_VERSION,
            "pending_deliveries": under_way[0][0],
            **self._time(),
        }

    def charges(self, request: Request) -> Object:
        """The provider's own list, newest first: of everybody, or of the key that asks."""
        found = list(self._store.scan(_asker(request), "charge"))
        collected: dict[str, int] = {}
        for charge in found:
            net = charge["amount_captured"] - charge["amount_refunded"]
            collected[charge["currency"]] = collected.get(charge["currency"], 0) + net
        return {"data": found, "collected": collected}

    def deliveries(self, _: Request) -> Object:
        """Every notification and what became of it, oldest first."""
        names = ("event", "type", "endpoint", "state", "tries", "note")
        rows = self._store.execute(f"SELECT {', '.join(names)} FROM deliveries ORDER BY id")  # noqa: S608
        return {"data": [dict(zip(names, row, strict=True)) for row in rows]}

    def deliver(self, _: Request, event_id: str) -> Object:
        """Send an event again to everybody who wants it."""
        account_id, event = self._find(event_id, "event")
        return {"deliveries": notifications.announce(self._store, account_id, event)}

    def all_well(self, request: Request) -> Object:
        """Take every wished misfortune back, or those of the key that asks; what was held back goes out."""
        faults.clear(self._store, _asker(request))
        for endpoint in list(self._store.scan(_asker(request), "webhook_endpoint")):
            notifications.release(self._store, endpoint["id"])
        return {"data": []}

    def set_clock(self, request: Request) -> Object:
        """Let time stand still at an instant (`{"now": "2025-01-31T00:00:00Z"}`), or run again (null)."""
        wanted = _json(request).get("now")
        try:
            instant = wanted if wanted is None else datetime.fromisoformat(wanted)
        except (TypeError, ValueError):
            instant = datetime(1, 1, 1)  # noqa: DTZ001
        if instant is not None and (instant.tzinfo is None or instant.year < YEAR_LONG_AGO):
            message = "`now` is an instant such as 2025-01-31T00:00:00Z, or null."
            raise InvalidRequestError(message, param="now")
        self._store.hide("clock", instant and int(instant.timestamp()))
        return self._time()

    def change_card(self, request: Request, method_id: str) -> Object:
        """Let a saved card behave like another test card (`number`), or expire (`expired`: true)."""
        account_id, method = self._find(method_id, "payment_method")
        wish = _json(request)
        account = Account(self._store, account_id)
        if number := wish.get("number"):
            if number not in BY_NUMBER:
                raise InvalidRequestError("`number` is none of the test numbers.", param="number")
            known = self._store.hidden(f"card/{method_id}")
            self._store.hide(f"card/{method_id}", known | {"number": number})
        elif wish.get("expired") is True:
            last_year = datetime.fromtimestamp(account.now, UTC).year - 1
            card = method["card"] | {"exp_year": last_year}
            return account.change(method, "payment_method.automatically_updated", card=card)
        else:
            raise InvalidRequestError('Send {"number": "<a test number>"} or {"expired": true}.')
        return method

    def settle_refund(self, request: Request, refund_id: str) -> Object:
        """Let a refund succeed or fail at the bank."""
        account_id, _ = self._find(refund_id, "refund")
        status = _json(request).get("status")
        if status not in {"succeeded", "failed"}:
            raise InvalidRequestError("`status` is succeeded or failed.", param="status")
        return refunds.settle(Account(self._store, account_id), refund_id, succeeded=status == "succeeded")

    def _find(self, id_: str, kind: str) -> tuple[str, Object]:
        found = self._store.find(id_)
        if found is None or found[2]["object"] != kind:
            raise missing(kind, id_)
        return found[0], found[2]

    def _time(self) -> Object:
        now = datetime.fromtimestamp(self._store.now(), UTC).isoformat().replace("+00:00", "Z")
        return {"now": now, "clock": "set" if self._store.hidden("clock") else "running"}


def _asker(request: Request) -> str | None:
    """The account of the key that asks; None stands for everybody."""
    return account_of(request.headers) if "authorization" in request.headers else None


def _json(request: Request) -> dict[str, Any]:
    """The wish; only as application/json, which no foreign web page can send unasked."""
    kind = request.headers.get("content-type", "").partition(";")[0]
    try:
        body = json.loads(request.body) if kind == "application/json" else None
    except ValueError:
        body = None
    if not isinstance(body, dict):
        raise InvalidRequestError("Send a JSON object with content type application/json.")
    return body

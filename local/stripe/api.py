"""Teaches how a request is answered: who asks, what is wished, was it asked before, what comes of it."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from local.stripe import checkout, faults, forms, parameters, refunds, routes
from local.stripe.account import API_VERSION, Account, Included
from local.stripe.errors import (
    ApiError,
    IdempotencyError,
    InjectedError,
    InvalidRequestError,
    Object,
    UnauthorizedError,
)
from local.stripe.store import Store

KEY_LIFE = 24 * 3600
LONGEST_KEY = 255
KEY_PREFIXES = ("sk_test_", "rk_test_")
LIVE_PREFIXES = ("sk_live_", "rk_live_", "pk_live_")
INCLUDED: Included = {
    ("checkout.session", "line_items"): checkout.line_items,
    ("charge", "refunds"): refunds.of_charge,
}
BEFORE: dict[str, InjectedError] = {
    "fail": InjectedError("An unknown error occurred.", status=500),
    "too_many_requests": InjectedError("Too many requests. Try again later.", status=429, code="rate_limit"),
    "in_use": InjectedError(
        "There is currently another in-progress request using this Idempotency-Key.",
        status=409,
        code="idempotency_key_in_use",
    ),
}


@dataclass(frozen=True)
class Request:
    """One HTTP request; the names of its headers in lower case."""

    method: str
    path: str
    query: str = ""
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    body: bytes = b""


@dataclass(frozen=True)
class Answer:
    """What goes back: `lost` says that it does not, `delay` when it does."""

    status: int
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    lost: bool = False
    delay: float = 0


def as_json(status: int, body: Any, headers: Mapping[str, str] | None = None) -> Answer:
    """An answer for programs."""
    data = json.dumps(body, indent=2).encode()
    return Answer(status, data, {"Content-Type": "application/json", **(headers or {})})


def account_of(headers: Mapping[str, str]) -> str:
    """The account a test key opens: every key has its own. A live key has no place here."""
    scheme, _, value = headers.get("authorization", "").partition(" ")
    if scheme.lower() == "basic":
        try:
            value = base64.b64decode(value, validate=True).decode("ascii").partition(":")[0]
        except ValueError:
            value = ""
    if value.startswith(LIVE_PREFIXES):
        raise UnauthorizedError(
            "This is a simulator and this is a live key: use a test key, sk_test_..., with it."
        )
    if not value:
        raise UnauthorizedError("You did not provide an API key: send `Authorization: Bearer sk_test_...`.")
    if not value.startswith(KEY_PREFIXES) or not value.replace("_", "").isalnum():
        raise UnauthorizedError(
            "Invalid API key provided: a test key looks like sk_test_<letters and digits>."
        )
    return f"acct_{hashlib.sha256(value.encode()).hexdigest()[:16]}"


class Api:
    """The provider's API on top of a store."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def answer(self, request: Request) -> Answer:
        """Answer one request, wholly or not at all."""
        with self._store.transaction():
            request_id = f"req_{self._store.count('req'):08d}"
            headers = {"Request-Id": request_id, "Stripe-Version": API_VERSION}
            try:
                account_id = account_of(request.headers)
                found = self._answer(request, account_id, request_id)
            except ApiError as error:
                found = as_json(error.status, error.body())
            return replace(found, headers={**headers, **found.headers})

    def _answer(self, request: Request, account_id: str, request_id: str) -> Answer:
        what, about = f"{request.method} {request.path}", self._about(request)
        fault = faults.take(self._store, "request", what, account_id, about) or {}
        if refusal := BEFORE.get(fault.get("kind", "")):
            raise refusal
        found = self._operate(
            request, account_id, request_id, broken=fault.get("kind") == "fail_after_effect"
        )
        if fault.get("kind") == "lose_answer":
            return replace(found, lost=True)
        if fault.get("kind") == "delay_answer":
            return replace(found, delay=fault["seconds"])
        return found

    def _about(self, request: Request) -> Object:
        """What a request is about: the thing its address names, and what it gives."""
        found = [self._store.find(part) for part in request.path.split("/")]
        named = next((thing[2] for thing in found if thing), {})
        return {**named, **_given(request)}

    def _operate(self, request: Request, account_id: str, request_id: str, *, broken: bool) -> Answer:
        route, ids = _route(request)
        params = parameters.check(route.schema, _given(request), route.modelled)
        key = request.headers.get("idempotency-key") if request.method == "POST" else None
        asked = f"{request.method} {request.path} {json.dumps(params, sort_keys=True)}"
        if key and (replayed := self._replay(account_id, key, asked)):
            return replayed
        account = Account(self._store, account_id, request_id=request_id, idempotency_key=key)
        try:
            with self._store.attempt():
                body = route.run(account, params, *ids)
                answer = as_json(200, account.expand(body, params.get("expand", []), INCLUDED))
        except ApiError as error:
            answer = as_json(error.status, error.body())
        if broken:
            error = InjectedError("An unknown error occurred.", status=500)
            answer = as_json(500, error.body(), {"Stripe-Should-Retry": "false"})
        if not key:
            return answer
        self._keep(account_id, key, asked, request_id, answer)
        return replace(
            answer, headers={**answer.headers, "Idempotency-Key": key, "Original-Request": request_id}
        )

    def _replay(self, account_id: str, key: str, asked: str) -> Answer | None:
        """The first answer to this key, if there is one of the last 24 hours."""
        if len(key) > LONGEST_KEY:
            raise InvalidRequestError(f"Idempotency keys have at most {LONGEST_KEY} characters.")
        oldest = self._store.now() - KEY_LIFE
        self._store.execute("DELETE FROM answers WHERE created <= ?", oldest)
        statement = "SELECT request, request_id, status, body FROM answers WHERE account = ? AND key = ?"
        found = self._store.execute(statement, account_id, key)
        if not found:
            return None
        first, request_id, status, body = found[0]
        if first != asked:
            raise IdempotencyError(
                "Keys for idempotent requests can only be used with the same parameters and address they "
                f"were first used with. Use a key other than '{key}' for a different request."
            )
        kept = {"Idempotency-Key": key, "Original-Request": request_id, "Idempotent-Replayed": "true"}
        return Answer(status, body.encode(), {"Content-Type": "application/json", **kept})

    def _keep(self, account_id: str, key: str, asked: str, request_id: str, answer: Answer) -> None:
        statement = "INSERT INTO answers VALUES (?, ?, ?, ?, ?, ?, ?)"
        body, now = answer.body.decode(), self._store.now()
        self._store.execute(statement, account_id, key, asked, request_id, answer.status, body, now)


def _route(request: Request) -> tuple[routes.Route, tuple[str, ...]]:
    version = request.headers.get("stripe-version", API_VERSION)
    if version != API_VERSION:
        message = f"This simulator speaks API version {API_VERSION}; the request asks for {version[:40]}."
        raise InvalidRequestError(message, param="Stripe-Version")
    if "stripe-account" in request.headers:
        message = "The simulator does not model connected accounts (Stripe-Account)."
        raise InvalidRequestError(message, code="simulator_unsupported")
    found = routes.find(request.method, request.path)
    if found is None:
        message = f"Unrecognized request URL ({request.method}: {request.path}), or not modelled here."
        raise InvalidRequestError(message, status=404)
    return found


def _given(request: Request) -> Object:
    if request.method != "POST":
        return forms.decode(request.query)
    try:
        return forms.decode(request.body.decode("ascii"))
    except UnicodeDecodeError:
        raise InvalidRequestError(
            "The form could not be read: send application/x-www-form-urlencoded."
        ) from None

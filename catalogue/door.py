"""The API that a catalogue is published to: its address and a key, nothing else."""

from __future__ import annotations

import http.client
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

from local.console import UserError

Json = dict[str, Any]
PATIENCE = 30.0
LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
SETTINGS = "Set BILLING_URL to the address of the API and BILLING_KEY to a key with the scope sales:write."


class RefusedError(Exception):
    """The API understood and refused; branch on `code`."""

    def __init__(self, status: int, body: Json) -> None:
        self.status = status
        self.code: str = body.get("code", "")
        self.detail: str = body.get("detail") or body.get("message", "")
        self.errors: list[dict[str, str]] = body.get("errors", [])
        super().__init__(f"{status} {self.code}: {self.detail}")


class SilentError(UserError):
    """Nobody answered: what was sent may have arrived all the same."""


@dataclass(frozen=True)
class Door:
    """One credential at one deployed API; `host` where the gateway goes by another name than its address."""

    address: str
    key: str
    host: str | None = None

    def ask(self, path: str) -> Any:
        """Read something."""
        return self._json("GET", path, None, {})

    def send(self, path: str, body: Json, *, key: str = "") -> Any:
        """Ask a question with a body, or with an idempotency `key` write something."""
        return self._json("POST", path, body, {"Idempotency-Key": key} if key else {})

    def _json(self, method: str, path: str, body: Json | None, headers: dict[str, str]) -> Any:
        status, answer = self._send(method, path, body, headers)
        try:
            found = json.loads(answer)
        except ValueError:
            advice = "Is BILLING_URL the address of the API (the output ApiUrl of the stack)?"
            raise UserError(f"{self.address} answered {status} with no JSON.", advice) from None
        if status in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}:
            missing = found.get("detail", "") if isinstance(found, dict) else ""
            raise UserError(
                f"{self.address} does not accept this key{f': {missing}' if missing else ''}.",
                "BILLING_KEY is an API key of the tenant: plan needs sales:read, apply sales:write.",
            )
        if status >= HTTPStatus.BAD_REQUEST:
            raise RefusedError(status, found if isinstance(found, dict) else {})
        return found

    def _send(self, method: str, path: str, body: Json | None, headers: dict[str, str]) -> tuple[int, bytes]:
        place = urlsplit(self.address)
        sent = {"Accept": "application/json", "Authorization": f"Bearer {self.key}", **headers}
        if self.host:
            sent["Host"] = self.host
        if body is not None:
            sent["Content-Type"] = "application/json"
        secure = place.scheme == "https"
        kind = http.client.HTTPSConnection if secure else http.client.HTTPConnection
        connection = kind(place.hostname or "", place.port, timeout=PATIENCE)
        try:
            content = json.dumps(body) if body is not None else None
            connection.request(method, f"{place.path.rstrip('/')}{path}", content, sent)
            reply = connection.getresponse()
            return reply.status, reply.read()
        except (OSError, http.client.HTTPException) as error:
            why = getattr(error, "strerror", None) or type(error).__name__
            advice = "Is the address right, and is it up?"
            raise SilentError(f"Nothing answers at {self.address} ({why}).", advice) from None
        finally:
            connection.close()


def door(environment: Mapping[str, str] = os.environ) -> Door:
    """The API that the environment names; without a word, the local cloud that runs on this machine."""
    address, key = environment.get("BILLING_URL", ""), environment.get("BILLING_KEY", "").strip()
    if not (key.isascii() and key.isprintable()):
        raise UserError("BILLING_KEY is no API key: it has letters that no key has.", SETTINGS)
    if not address:
        return _local(key)
    try:
        place = urlsplit(address)
        wrong = place.scheme not in {"http", "https"} or not place.hostname or place.port == 0
    except ValueError:
        raise UserError(f"BILLING_URL={address} is no address.", SETTINGS) from None
    if wrong:
        raise UserError(f"BILLING_URL={address} is no address of an API.", SETTINGS)
    if place.scheme == "http" and not _loopback(place.hostname or ""):
        raise UserError("BILLING_URL would send the key unencrypted.", "Use https://")
    if not key:
        raise UserError("There is no API key.", SETTINGS)
    return Door(address, key)


def _loopback(host: str) -> bool:
    return host in LOOPBACK or host.endswith(".localhost")


def _local(key: str) -> Door:
    """The local cloud, and there a tenant of its own that is opened once."""
    from catalogue.here import local_key  # noqa: PLC0415 - only who works here has a cloud here
    from local.cloud import lifecycle  # noqa: PLC0415

    try:
        cloud = lifecycle.running()
    except UserError:
        advice = f"Start it: make up\n{SETTINGS}"
        raise UserError("BILLING_URL is not set, and no local cloud runs here.", advice) from None
    host = f"{cloud.outputs['ApiId']}.execute-api.localhost:{cloud.ports.gateway}"
    return Door(cloud.address, key or local_key(cloud), host)

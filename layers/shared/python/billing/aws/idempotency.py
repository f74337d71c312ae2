"""The answer to a write, kept with its effect: the same key gives the same answer, for ever."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import Any

from billing.aws.items import Item
from billing.aws.table import Table, aggregate_pk
from billing.core.errors import RuleError

LONGEST_KEY = 200


class RepeatedError(Exception):
    """The request was answered before; this is that answer."""

    def __init__(self, answer: dict[str, Any]) -> None:
        super().__init__("answered before")
        self.answer = answer


@dataclass(frozen=True, slots=True)
class Attempted:
    """A write as its caller names it: who, with which key, and what exactly was asked."""

    tenant: str
    caller: str
    key: str
    fingerprint: str

    @property
    def address(self) -> tuple[str, str]:
        """Where its answer is kept."""
        digest = hashlib.sha256(f"{self.caller} {self.key}".encode()).hexdigest()[:40]
        return aggregate_pk(self.tenant, f"request/{digest}"), "ANSWER"

    def answer(self, status: int, body: str, secret: str | None = None) -> Item:
        """The item that keeps an answer, without its secret field: that is told once."""
        pk, sk = self.address
        if secret is not None:
            body = json.dumps(json.loads(body) | {secret: None})
        return {"pk": pk, "sk": sk, "fingerprint": self.fingerprint, "status": status, "body": body}


def attempted(tenant: str, caller: str, key: str | None, request: bytes) -> Attempted:
    """Name a write; the key is required because a lost answer must be safe to ask for again."""
    if not key:
        raise RuleError("idempotency_key_required", "send an Idempotency-Key header with every write")
    if len(key) > LONGEST_KEY or not key.isascii() or not key.isprintable():
        raise RuleError("idempotency_key_invalid", f"at most {LONGEST_KEY} printable ASCII characters")
    return Attempted(tenant, caller, key, hashlib.sha256(request).hexdigest())


def earlier_answer(table: Table, request: Attempted) -> dict[str, Any] | None:
    """The answer given before; the same key with another request is an error."""
    item = table.get(*request.address)
    if item is None:
        return None
    if item["fingerprint"] != request.fingerprint:
        raise RuleError("idempotency_key_reused", "this Idempotency-Key came with another request before")
    return {"status": item["status"], "body": item["body"]}

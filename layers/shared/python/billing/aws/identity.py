"""Who calls: what the authorizer proved of a request, and nothing the request says itself."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from billing.aws.context import Context
from billing.aws.wall import wall_now


@dataclass(frozen=True, slots=True)
class Identity:
    """A credential's tenant, name and scopes, and the time its tenant lives in."""

    tenant: str
    key: str
    scopes: frozenset[str]
    clock: str | None
    now: datetime

    def may(self, scope: str) -> bool:
        """Whether the credential has the scope, itself or as `<subsystem>:*` or `*`."""
        return bool(self.scopes & {scope, f"{scope.split(':', maxsplit=1)[0]}:*", "*"})


def identity_of(event: dict[str, Any]) -> Identity | None:
    """Read the authorizer's word; None on a route that needs no credential."""
    proven: dict[str, str] = event.get("requestContext", {}).get("authorizer", {}).get("lambda") or {}
    if not proven.get("tenant"):
        return None
    now = proven.get("now")
    return Identity(
        tenant=proven["tenant"],
        key=proven["key"],
        scopes=frozenset(proven.get("scopes", "").split()),
        clock=proven.get("clock") or None,
        now=datetime.fromisoformat(now) if now else wall_now(),
    )


def context_of(identity: Identity, request_id: str) -> Context:
    """The frame of the work this request begins."""
    return Context(
        tenant=identity.tenant,
        now=identity.now,
        actor=f"key/{identity.key}",
        correlation_id=f"request/{request_id}",
        causation_id=f"request/{request_id}",
        clock=identity.clock,
    )

"""The authorizer of every route: what a token proves, and the time its tenant lives in."""

from __future__ import annotations

from typing import Any

from billing.aws.observability import logger
from billing.aws.table import own_table
from foundation import clocks, keys, tenants

_REFUSED: dict[str, Any] = {"isAuthorized": False}


def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Answer for one request (payload 2.0, simple response); every kind of wrong looks the same."""
    headers: dict[str, str] = event.get("headers") or {}
    kind, _, text = headers.get("authorization", "").partition(" ")
    credential = keys.authenticate(own_table(), text.strip()) if kind.lower() == "bearer" else None
    logger.info("authorized", extra={"key": credential.key_id if credential else None})
    if credential is None:
        return _REFUSED
    proven = {
        "tenant": credential.tenant,
        "key": credential.key_id,
        "scopes": " ".join(credential.scopes),
    }
    state = tenants.read(own_table(), credential.tenant)["state"]
    if state.get("clock"):
        stood = clocks.read(own_table(), credential.tenant, state["clock"])
        proven |= {"clock": state["clock"], "now": stood["now"]}
    return {"isAuthorized": True, "context": proven}

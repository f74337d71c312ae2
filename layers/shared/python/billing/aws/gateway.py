"""The shape of requests as API Gateway hands them over (HTTP API, payload 2.0)."""

from __future__ import annotations

import base64
from typing import Any

LONGEST_PATH = 1024  # bytes; no id of ours is longer, and no key of the table could hold it


def raw_body(event: dict[str, Any]) -> bytes:
    """The bytes the caller sent (and signed); the gateway may have wrapped them."""
    body = event.get("body") or ""
    return base64.b64decode(body) if event.get("isBase64Encoded") else body.encode()


def too_long(event: dict[str, Any]) -> bool:
    """Whether an address is longer than any of ours."""
    return len(event["rawPath"].encode()) > LONGEST_PATH

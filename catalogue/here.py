"""The tenant of the local cloud that catalogues are tried on: opened once, its key kept beside the cloud."""

from __future__ import annotations

from datetime import UTC, datetime

from local.cloud.folder import Record, standard
from local.sandbox import open_sandbox

TENANT = "catalogue"


def local_key(cloud: Record) -> str:
    """The key of that tenant; it goes with the cloud."""
    kept = standard() / "catalogue.key"
    if kept.exists():
        return kept.read_text(encoding="utf-8")
    now = datetime.now(UTC).replace(microsecond=0)
    token = open_sandbox(cloud, TENANT, now=now).client.token or ""
    kept.touch(mode=0o600)
    kept.write_text(token, encoding="utf-8")
    return token

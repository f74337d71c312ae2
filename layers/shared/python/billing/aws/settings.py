"""The environment of a function, read once and checked before the first request."""

from __future__ import annotations

import os
from functools import cache


class SettingError(RuntimeError):
    """A function was deployed without something it needs."""


def setting(name: str) -> str:
    """A required setting; missing or empty stops the deployment, not the first customer."""
    value = os.environ.get(name, "")
    if not value:
        raise SettingError(f"the environment lacks {name}")
    return value


def optional(name: str, default: str = "") -> str:
    """A setting a stage may leave out."""
    return os.environ.get(name, "") or default


@cache
def subsystem() -> str:
    """Which subsystem this function belongs to; also the source of its events: `billing.<name>`."""
    return setting("SUBSYSTEM")


def queue_url(name: str) -> str:
    """The address of one of this subsystem's own command queues."""
    return setting(f"QUEUE_{name.upper()}_URL")

"""Looks again until something is so: nothing here sleeps and hopes."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def eventually(look: Callable[[], T], *, within: float = 20.0) -> T:
    """The first truthy answer, or a TimeoutError that shows the last one."""
    deadline = time.monotonic() + within
    while True:
        seen = look()
        if seen:
            return seen
        if time.monotonic() > deadline:
            raise TimeoutError(f"not so within {within:.0f} s; last seen: {seen!r}")
        time.sleep(0.1)

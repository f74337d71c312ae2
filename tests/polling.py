"""Looks again until something is so: a test never sleeps and hopes."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def eventually(look: Callable[[], T], *, within: float = 20.0) -> T:
    """The first truthy answer; an AssertionError with the last one once the time is over."""
    deadline = time.monotonic() + within
    while True:
        seen = look()
        if seen:
            return seen
        assert time.monotonic() < deadline, f"not so within {within:.0f} s; last seen: {seen!r}"
        time.sleep(0.05)

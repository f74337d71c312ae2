"""Which scope opens which route: asked before anything of a request is read."""

from __future__ import annotations

import re


class ScopeError(Exception):
    """The credential lacks the scope that this names."""


class Scopes:
    """The scopes of one door, by method and path."""

    def __init__(self) -> None:
        self._plain: dict[tuple[str, str], str] = {}
        self._named: list[tuple[str, re.Pattern[str], str]] = []

    def add(self, method: str, path: str, scope: str) -> None:
        """Say what a route needs; `<name>` in its path stands for one part of an address."""
        if "<" not in path:
            self._plain[method, path] = scope
            return
        pattern = re.sub(r"<\w+>", "[^/]+", re.escape(path))
        self._named.append((method, re.compile(pattern), scope))

    def of(self, method: str, path: str) -> str | None:
        """What a request needs; None where no such route is known, or anybody may take it."""
        if (method, path) in self._plain:
            return self._plain[method, path]
        known = ((m, scope) for m, pattern, scope in self._named if pattern.fullmatch(path))
        return next((scope for m, scope in known if m == method), None)

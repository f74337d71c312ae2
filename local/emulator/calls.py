"""Teaches who called what, and whether that was granted: one count per decision of IAM."""

from __future__ import annotations

import threading
from collections import Counter


class CallLog:
    """Counts of (session, action, resource, decision), refusals included; safe in threads."""

    def __init__(self) -> None:
        self._counts: Counter[tuple[str, str, str, str]] = Counter()
        self._lock = threading.Lock()

    def note(self, session: str, action: str, resource: str, decision: str) -> None:
        """Count one evaluation; one call may be evaluated more than once."""
        with self._lock:
            self._counts[session, action, resource, decision] += 1

    def rows(self) -> list[list[str | int]]:
        """Everything counted so far, sorted: session, action, resource, decision, count."""
        with self._lock:
            return [[*key, count] for key, count in sorted(self._counts.items())]

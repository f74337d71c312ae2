"""What came of the cases, for people and as JSON."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

from conformance.runner import Result


def as_text(results: Sequence[Result]) -> str:
    """Failures with expected and got, each reason for not asking once, then the counts."""
    lines: list[str] = []
    for result in results:
        if result.failed:
            expected, got = json.dumps(result.case.expected), json.dumps(result.got, default=str)
            lines += [
                f"FAILED {result.case.id} ({result.case.op})",
                f"  expected {expected}",
                f"  got      {got}",
            ]
    for (family, op, reason), count in _reasons(results).items():
        lines.append(f"UNSUPPORTED {family}/{op} ({count}): {reason}")
    for family, own in _by_family(results).items():
        lines.append(f"{family}: {_counts(own)}")
    lines.append(_counts(results))
    return "\n".join(lines)


def as_data(results: Sequence[Result]) -> dict[str, Any]:
    """The same as JSON-able data."""
    return {
        "families": {family: _numbers(own) for family, own in _by_family(results).items()},
        "total": _numbers(results),
        "failed": [
            {"id": r.case.id, "op": r.case.op, "expected": r.case.expected, "got": r.got}
            for r in results
            if r.failed
        ],
        "unsupported": [
            {"family": family, "op": op, "reason": reason, "cases": count}
            for (family, op, reason), count in _reasons(results).items()
        ],
    }


def _by_family(results: Iterable[Result]) -> dict[str, list[Result]]:
    found: dict[str, list[Result]] = {}
    for result in results:
        found.setdefault(result.case.family, []).append(result)
    return found


def _reasons(results: Iterable[Result]) -> Counter[tuple[str, str, str]]:
    return Counter((r.case.family, r.case.op, r.reason) for r in results if r.reason is not None)


def _numbers(results: Sequence[Result]) -> dict[str, int]:
    return {
        "passed": sum(result.passed for result in results),
        "failed": sum(result.failed for result in results),
        "unsupported": sum(result.reason is not None for result in results),
    }


def _counts(results: Sequence[Result]) -> str:
    numbers = _numbers(results)
    return ", ".join(f"{count} {name}" for name, count in numbers.items())

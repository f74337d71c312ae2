"""Read recorded cases, ask the engine, compare."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from pathlib import Path
from typing import Any

from billing.core.errors import RuleError
from billing.core.record import exact_text
from conformance import billing_periods, charge_models, proration
from conformance.case import Case, UnsupportedError, equal

FAMILIES = {
    "charge_models": charge_models,
    "proration": proration,
    "billing_periods": billing_periods,
}


@dataclass(frozen=True)
class Result:
    """What came of one case; `reason` says why it is unsupported."""

    case: Case
    got: Any = None
    reason: str | None = None
    passed: bool = False

    @property
    def failed(self) -> bool:
        """Whether it was asked and answered otherwise."""
        return self.reason is None and not self.passed


def read_cases(path: Path) -> list[Case]:
    """The cases of a file, or of every `.json` file in a folder."""
    files = sorted(path.glob("*.json")) if path.is_dir() else [path]
    if not files:
        raise ValueError("no .json file here")
    cases: list[Case] = []
    for file in files:
        found = json.loads(file.read_text(encoding="utf-8"))
        listed = found["cases"] if isinstance(found, dict) else found
        cases += [_case(data, file.stem) for data in listed]
    return cases


def _case(data: dict[str, Any], family: str) -> Case:
    return Case(
        id=data["id"],
        family=data.get("family", family),
        config=data.get("config", {}),
        input=data["input"],
        expected=data["expected"],
    )


def run(cases: Iterable[Case]) -> list[Result]:
    """Ask the engine each case."""
    return [_run(case) for case in cases]


def _run(case: Case) -> Result:
    family = FAMILIES.get(case.family)
    operation = family.OPERATIONS.get(case.op) if family else None
    if operation is None or family is None:
        return Result(
            case, reason="not covered by this runner yet" if family is None else "unknown operation"
        )
    try:
        got = operation(case)
    except UnsupportedError as unsupported:
        return Result(case, reason=str(unsupported))
    except RuleError as error:
        return _refused(case, error, family.ERRORS)
    except (LookupError, AttributeError, TypeError, ValueError, ArithmeticError) as error:
        return Result(case, got=f"not understood: {type(error).__name__}: {error}")
    shown = {name: _shown(got.get(name)) for name in case.expected}
    return Result(case, got=shown, passed=equal(case.expected, got))


def _refused(case: Case, error: RuleError, names: dict[str, str]) -> Result:
    """A refusal of ours: an answer where theirs is one, otherwise what we will not do."""
    name = names.get(error.code, error.code)
    if "error" in case.expected:
        return Result(case, got={"error": name}, passed=case.expected["error"] == name)
    if error.code == "unknown_zone":
        return Result(case, reason="an unknown time zone is refused, never taken for UTC")
    return Result(case, got={"error": f"{error.code}: {error.message}"})


def _shown(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, Fraction):
        return exact_text(value)
    if isinstance(value, list | tuple):
        return [_shown(item) for item in value]
    if isinstance(value, dict):
        return {name: _shown(item) for name, item in value.items()}
    return value

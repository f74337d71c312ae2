"""A recorded case in the neutral form, and what it takes to read and to compare its values."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from fractions import Fraction
from typing import Any

from billing.core.catalogue import Timing
from billing.core.instants import parse_instant
from billing.core.periods import Cadence, Unit
from billing.core.rounding import Rounding

Data = Mapping[str, Any]
TOLERANCE = Fraction(1, 10**9)
FROM_FLOAT = {"fraction", "amount_unrounded", "cycles"}


@dataclass(frozen=True)
class Case:
    """One evaluation: settings, facts, and what another system answered."""

    id: str
    family: str
    config: Data
    input: Data
    expected: Data

    @property
    def op(self) -> str:
        """What is asked."""
        return self.input["op"]


class UnsupportedError(Exception):
    """What no seller of ours would want, or what this product does not do; with the reason."""


def decimal(text: Any) -> Fraction:
    """An amount, quantity, rate or fraction."""
    return Fraction(str(text))


def optional(text: Any) -> Fraction | None:
    """The same, where null says that there is none."""
    return None if text is None else decimal(text)


def instant(text: str) -> datetime:
    """An instant; a calendar date is its midnight in UTC."""
    if len(text) == len("YYYY-MM-DD"):
        return datetime.combine(date.fromisoformat(text), datetime.min.time(), UTC)
    return parse_instant(text.replace("+00:00", "Z"))


DURATIONS = {"D": Unit.DAY, "W": Unit.WEEK, "M": Unit.MONTH, "Y": Unit.YEAR}


def cadence_of(duration: str) -> Cadence:
    """A cadence from `P1M`, `P2W`, `P30D`."""
    shape = re.fullmatch(r"P([1-9][0-9]*)([DWMY])", duration)
    if not shape:
        raise UnsupportedError("a cadence counts days or longer")
    return Cadence(DURATIONS[shape[2]], int(shape[1]))


TIMINGS = {"in_advance": Timing.ADVANCE, "in_arrears": Timing.ARREARS}


def timing_of(case: Case) -> Timing:
    """Whether a case bills ahead or behind."""
    if case.config.get("arrears_mode", "default") != "default":
        raise UnsupportedError("a period in arrears is billed when it has ended, never before")
    return TIMINGS[case.config["payment_term"]]


def like(text: str, found: datetime) -> str:
    """An instant of ours in the form of theirs: a date where they wrote a date."""
    return found.date().isoformat() if len(text) == len("YYYY-MM-DD") else found.isoformat()


def rounding(given: Data | None) -> tuple[Rounding, int | None]:
    """A rounding mode and its decimals; None decimals keep the value exact."""
    return (Rounding(given["mode"]), given["scale"]) if given else (Rounding.HALF_UP, None)


def equal(expected: Any, got: Any, name: str = "") -> bool:
    """Whether ours is theirs: by value, as instants, within 1e-9 where theirs was binary."""
    if isinstance(expected, dict):
        return isinstance(got, Mapping) and all(equal(v, got.get(k), k) for k, v in expected.items())
    if isinstance(expected, list):
        same_length = isinstance(got, list | tuple) and len(got) == len(expected)
        return same_length and all(equal(e, g, name) for e, g in zip(expected, got, strict=True))
    if expected is None or got is None or isinstance(expected, bool):
        return expected is got
    if isinstance(got, datetime):
        return instant(expected) == got
    if isinstance(got, Fraction | int):
        apart = abs(decimal(expected) - got)
        return apart <= TOLERANCE if name in FROM_FLOAT else not apart
    return expected == got

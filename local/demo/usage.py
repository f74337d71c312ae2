"""Teaches what the demo's customer used: a short script, or recorded requests from a CSV file."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from local.console import UserError

EVENT_TYPE = "llm.request"
COLUMNS = ("TIMESTAMP", "ContextTokens", "GeneratedTokens")
LONGEST = timedelta(days=27)  # all in one billing month, whichever month it is
SCRIPTED = 240


@dataclass(frozen=True)
class Request:
    """One request to a language model, and what it used."""

    id: str
    time: datetime
    context_tokens: int
    generated_tokens: int

    def data(self) -> dict[str, int]:
        """What the meters read."""
        return {"context_tokens": self.context_tokens, "generated_tokens": self.generated_tokens}

    def event(self, source: str, customer: str) -> dict[str, Any]:
        """As a CloudEvent for the API."""
        return {
            "specversion": "1.0",
            "id": self.id,
            "source": source,
            "type": EVENT_TYPE,
            "subject": customer,
            "time": self._time(),
            "data": self.data(),
        }

    def detail(self, customer: str) -> dict[str, Any]:
        """As the detail of an event on the ingress bus: attributes and properties side by side."""
        return {"id": self.id, "subject": customer, "time": self._time(), **self.data()}

    def _time(self) -> str:
        return self.time.isoformat().replace("+00:00", "Z")


def scripted() -> list[Request]:
    """240 requests from 10 o'clock on 16 November 2023, one a minute: 18,000,000 and 240,000 tokens."""
    start = datetime(2023, 11, 16, 10, tzinfo=UTC)
    return [Request(f"req-{n:04}", start + timedelta(minutes=n), 75_000, 1_000) for n in range(SCRIPTED)]


def recorded(path: Path) -> list[Request]:
    """Requests from a CSV file with TIMESTAMP (UTC), ContextTokens, GeneratedTokens, in the order of time."""
    try:
        with path.open(newline="", encoding="utf-8-sig") as lines:
            found = sorted(_rows(path, csv.DictReader(lines)), key=lambda request: request.time)
    except OSError as error:
        raise UserError(f"USAGE={path} cannot be read: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise UserError(f"USAGE={path} is not a text file in UTF-8.") from error
    if not found:
        raise UserError(f"USAGE={path} holds no request.")
    first, last = found[0].time, found[-1].time
    if (first.year, first.month) != (last.year, last.month) or last - first > LONGEST:
        raise UserError(f"USAGE={path} does not lie in one month: {first.date()} to {last.date()}.")
    return found


def _rows(path: Path, rows: csv.DictReader[str]) -> Iterator[Request]:
    missing = [name for name in COLUMNS if name not in (rows.fieldnames or ())]
    if missing:
        raise UserError(f"USAGE={path} lacks the columns: {', '.join(missing)}.")
    for number, row in enumerate(rows, 1):
        try:
            yield Request(f"{path.stem}-{number:06}", _instant(row["TIMESTAMP"]), *_tokens(row))
        except (ValueError, TypeError) as error:
            raise UserError(f"USAGE={path}, request {number}: {error}.") from error


def _instant(text: str) -> datetime:
    """Seven fractional digits are read to the microsecond; a time without zone is UTC."""
    whole, _, fraction = text.strip().partition(".")
    return datetime.fromisoformat(f"{whole}.{fraction[:6]:0<6}").replace(tzinfo=UTC)


def _tokens(row: dict[str, str]) -> tuple[int, int]:
    context, generated = int(row["ContextTokens"]), int(row["GeneratedTokens"])
    if context < 0 or generated < 0:
        raise ValueError("tokens are not negative")
    return context, generated

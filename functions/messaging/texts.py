"""The catalogue of texts: one TOML file a language, read once; what a language lacks is said in English."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from string import Formatter
from typing import Any

from billing.core.record import Record
from messaging.formats import FALLBACK

_FOLDER = Path(__file__).parent / "texts"
Values = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Line(Record):
    """A sentence or a row; it is said only if everything it names is known."""

    text: str
    when: str | None = None

    def said(self, values: Values) -> str | None:
        """The text with its values, or None."""
        named = {name for _, name, _, _ in Formatter().parse(self.text) if name}
        if self.when:
            named.add(self.when)
        return self.text.format_map(values) if named <= values.keys() else None


@dataclass(frozen=True, slots=True)
class Fact(Record):
    """A label and its value."""

    label: str
    value: str
    when: str | None = None

    def said(self, values: Values) -> dict[str, str] | None:
        """The row with its value, or None."""
        value = Line(self.value, self.when).said(values)
        return {"label": self.label, "value": value} if value else None


@dataclass(frozen=True, slots=True)
class Action(Record):
    """What the reader can do: the words on the button, and the name of the value it leads to."""

    label: str
    link: str
    when: str | None = None

    def said(self, values: Values) -> dict[str, str] | None:
        """The button, or None."""
        link = Line(f"{{{self.link}}}", self.when).said(values)
        return {"label": self.label, "link": link} if link else None


@dataclass(frozen=True, slots=True)
class Text:
    """What one notice says in one language."""

    subject: str
    preview: str
    heading: str
    lines: tuple[Line, ...]
    amount: tuple[Fact, ...] = ()  # of which one is said
    facts: tuple[Fact, ...] = ()
    action: Action | None = None
    document: Action | None = None  # to read, beside what there is to do

    @classmethod
    def of(cls, data: Mapping[str, Any]) -> Text:
        """A section of a catalogue file."""
        lines = (Line(line) if isinstance(line, str) else Line(**line) for line in data["lines"])
        return cls(
            subject=data["subject"],
            preview=data["preview"],
            heading=data["heading"],
            lines=tuple(lines),
            amount=tuple(Fact(**fact) for fact in data.get("amount", ())),
            facts=tuple(Fact(**fact) for fact in data.get("facts", ())),
            action=Action(**data["action"]) if "action" in data else None,
            document=Action(**data["document"]) if "document" in data else None,
        )


@dataclass(frozen=True, slots=True)
class Common:
    """What every notice says in one language."""

    greeting: str
    greeting_unnamed: str
    closing: str
    footer: str
    method: str  # a saved payment method, by its brand and last digits
    sepa_debit: str
    unsubscribe: str = ""


@cache
def languages() -> frozenset[str]:
    """The languages there are texts in."""
    return frozenset(path.stem for path in _FOLDER.glob("*.toml"))


@cache
def common(language: str) -> Common:
    """What every notice says."""
    return Common(**_file(language)["common"])


@cache
def text(language: str, template: str) -> Text:
    """What one notice says."""
    sections = _file(language)
    return Text.of(sections.get(template) or _file(FALLBACK)[template])


@cache
def _file(language: str) -> dict[str, Any]:
    return tomllib.loads((_FOLDER / f"{language}.toml").read_text("utf-8"))

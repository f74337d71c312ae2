"""What a plan looks like on a terminal, and in a log."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from rich.console import Console
from rich.text import Text

Json = dict[str, Any]
SIGNS = {"added": ("+", "green"), "changed": ("~", "yellow"), "removed": ("-", "red")}
WORDS = {"added": "added", "changed": "changed", "removed": "withdrawn"}
SHOWN_OF_HASH = 12
ABSENT = "—"


def show(console: Console, publication: Json) -> None:
    """Every change with its fields, and who keeps what they have."""
    for change in publication["changes"]:
        for line in _change(change):
            console.print(line)
    console.print()
    console.print(Text(summary(publication["changes"])))


def summary(changes: Iterable[Json]) -> str:
    """How much changes: `1 added, 2 changed`."""
    counted = dict.fromkeys(WORDS, 0)
    for change in changes:
        counted[change["action"]] += 1
    return ", ".join(f"{n} {WORDS[action]}" for action, n in counted.items() if n) + "."


def keepers(counted: Mapping[str, int]) -> str:
    """Who stays where they are: `3 subscribers keep what they have: 1 on version 1, 2 on version 2`."""
    number = sum(counted.values())
    who = "1 subscriber keeps what it has" if number == 1 else f"{number} subscribers keep what they have"
    versions = sorted(counted.items(), key=lambda item: int(item[0]))
    return f"{who}: {', '.join(f'{n} on version {version}' for version, n in versions)}"


def _change(change: Json) -> Iterator[Text]:
    sign, colour = SIGNS[change["action"]]
    yield Text.assemble(
        (f"{sign} {change['kind']} {change['key']}", f"bold {colour}"), f"   {_versions(change)}".rstrip()
    )
    width = max((len(field["field"]) for field in change["fields"]), default=0)
    for field in change["fields"]:
        yield Text.assemble(
            f"    {field['field']:{width}}   ",
            (_value(field["old"]), "red"),
            " → ",
            (_value(field["new"]), "green"),
        )
    if change["subscribers"]:
        yield Text(f"    {keepers(change['subscribers'])}", style="dim")


def _versions(change: Json) -> str:
    old, new = change["from_version"], change["version"]
    match change["action"]:
        case "changed":
            return f"version {old} → {new}" if new else ""
        case "added":
            named = "" if change["detail"] == change["key"] else change["detail"]
            return f"version {new}   {named}" if new else named
        case _:
            return f"version {old}, no longer sold" if old else "no longer offered"


def _value(text: str | None) -> str:
    return ABSENT if text is None else (text if text else "(empty)")

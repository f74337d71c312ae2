"""What may change within a version of an event: optional fields may be added, nothing else.

Both directions must hold: new code reads what was archived years ago, and a consumer deployed last month
reads what is said today (it ignores the fields it does not know). Both schemas are the plain JSON Schema
that pydantic writes: objects, arrays, maps, alternatives and references into `$defs`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

Schema = dict[str, Any]

_PROSE = frozenset({"$defs", "$id", "$schema", "title", "description", "examples"})  # changes no message
_WALKED = frozenset({"properties", "required", "items", "additionalProperties", "anyOf", "$ref"})


def breaks(frozen: Schema, current: Schema) -> list[str]:
    """Every change from the published schema to the current one that is none a version allows."""
    return list(_Comparison(frozen, current).between(frozen, current, ""))


class _Comparison:
    """A walk through two schemas side by side."""

    def __init__(self, frozen: Schema, current: Schema) -> None:
        self._frozen = frozen.get("$defs", {})
        self._current = current.get("$defs", {})

    def between(self, frozen: Schema, current: Schema, path: str) -> Iterator[str]:
        """What differs at a path and below it."""
        old, new = _resolved(frozen, self._frozen), _resolved(current, self._current)
        for name in sorted((old.keys() | new.keys()) - _PROSE - _WALKED):
            if old.get(name) != new.get(name):
                where = f"{path or 'the event'}: {name}"
                yield f"{where} changed from {old.get(name)!r} to {new.get(name)!r}"
        yield from self._fields(old, new, path)
        for name, mark in (("items", "[]"), ("additionalProperties", "{}")):
            yield from self._inner(old.get(name), new.get(name), f"{path}{mark}")
        yield from self._alternatives(old.get("anyOf", []), new.get("anyOf", []), path)

    def _fields(self, old: Schema, new: Schema, path: str) -> Iterator[str]:
        before, after = old.get("properties", {}), new.get("properties", {})
        needed, needs = set(old.get("required", [])), set(new.get("required", []))
        for name in sorted(before.keys() | after.keys()):
            here = f"{path}.{name}" if path else name
            if name not in after:
                yield f"{here}: removed"
            elif name not in before:
                if name in needs:
                    yield f"{here}: added as required; give it a default"
            else:
                if (name in needed) != (name in needs):
                    yield f"{here}: now {'required' if name in needs else 'optional'}"
                yield from self.between(before[name], after[name], here)

    def _inner(self, old: Any, new: Any, path: str) -> Iterator[str]:
        if isinstance(old, dict) and isinstance(new, dict):
            yield from self.between(old, new, path)  # pyright: ignore[reportUnknownArgumentType]
        elif old != new:
            yield f"{path}: changed from {old!r} to {new!r}"

    def _alternatives(self, old: list[Schema], new: list[Schema], path: str) -> Iterator[str]:
        if len(old) != len(new):
            yield f"{path}: had {len(old)} alternatives, has {len(new)}"
            return
        for before, after in zip(old, new, strict=True):
            yield from self.between(before, after, path)


def _resolved(schema: Schema, definitions: dict[str, Schema]) -> Schema:
    """A schema with its reference followed; what stands beside the reference (a default) stays."""
    if "$ref" not in schema:
        return schema
    beside = {name: value for name, value in schema.items() if name != "$ref"}
    return {**definitions[schema["$ref"].rpartition("/")[2]], **beside}

"""The one JSON parser for input: no duplicate keys, no NaN, no bottomless nesting, no huge numbers."""

from __future__ import annotations

import json
import re
from typing import Any

LARGEST_BODY = 256 * 1024  # bytes
DEEPEST = 32
_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")
LONGEST_NUMBER = 40  # digits; longer ones cost quadratic time to convert


class StrictJsonError(ValueError):
    """The bytes are not JSON as we accept it; the text says why and never repeats the value."""


def strict_loads(body: bytes, *, largest: int = LARGEST_BODY) -> Any:
    """Parse JSON, or raise StrictJsonError.

    A number with a fraction or exponent comes back as its text: no binary float ever exists.
    """
    if len(body) > largest:
        raise StrictJsonError(f"the body has {len(body)} bytes, at most {largest}")
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError as error:
        raise StrictJsonError("the body is not UTF-8") from error
    _check_depth(text)
    try:
        parsed = json.loads(
            text,
            object_pairs_hook=_unique,
            parse_constant=_refuse_constant,
            parse_float=_bounded_text,
            parse_int=_bounded_int,
        )
    except json.JSONDecodeError as error:
        raise StrictJsonError(f"not JSON: {error.msg} at character {error.pos}") from error
    if _SURROGATE.search(text):
        _check_characters(parsed)
    return parsed


def _check_characters(parsed: Any) -> None:
    """Half a character, escaped, parses and cannot be written anywhere."""
    try:
        json.dumps(parsed, ensure_ascii=False).encode()
    except UnicodeEncodeError as error:
        raise StrictJsonError("half a surrogate pair is no character") from error


def _check_depth(text: str) -> None:
    """Bound the nesting before the parser recurses into it; brackets inside strings do not count."""
    if text.count("[") + text.count("{") <= DEEPEST:
        return
    depth, inside, escaped = 0, False, False
    for character in text:
        if inside:
            inside = escaped or character != '"'
            escaped = character == "\\" and not escaped
        elif character == '"':
            inside = True
        elif character in "[{":
            depth += 1
            if depth > DEEPEST:
                raise StrictJsonError(f"nested deeper than {DEEPEST}")
        elif character in "]}":
            depth -= 1


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise StrictJsonError(f"the field {twice[:60]!r} stands twice")
    return found


def _refuse_constant(text: str) -> None:
    raise StrictJsonError(f"{text} is not a number we accept")


def _bounded_int(text: str) -> int:
    return int(_bounded_text(text))


def _bounded_text(text: str) -> str:
    if len(text) > LONGEST_NUMBER:
        raise StrictJsonError(f"a number of {len(text)} characters, at most {LONGEST_NUMBER}")
    return text

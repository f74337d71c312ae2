"""Teaches how Stripe's form bodies nest: `a[b]=1`, `a[0][b]=1`, `a[]=1`."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import parse_qsl

from local.stripe.errors import InvalidRequestError

NAME = re.compile(r"^([^\[\]]+)((?:\[[^\[\]]*\])*)$")
MAX_FIELDS, MAX_DEPTH = 1000, 10


def decode(text: str) -> dict[str, Any]:
    """Nested values of a form or query; every leaf is still a string."""
    root: dict[str, Any] = {}
    try:
        pairs = parse_qsl(text, keep_blank_values=True, max_num_fields=MAX_FIELDS, errors="strict")
    except ValueError as error:
        raise InvalidRequestError(f"The form could not be read: {error}.") from None
    for name, value in pairs:
        matched = NAME.match(name)
        path = [matched[1], *re.findall(r"\[([^\[\]]*)\]", matched[2])] if matched else []
        if not path or len(path) > MAX_DEPTH:
            raise InvalidRequestError(f"Invalid parameter name: {name[:80]}.")
        _put(root, path, value)
    return {name: _lists(value) for name, value in root.items()}


def _put(into: dict[str, Any], path: list[str], value: str) -> None:
    for part in path[:-1]:
        below = into.setdefault(part or str(len(into)), {})
        if not isinstance(below, dict):
            raise InvalidRequestError(
                f"Parameter {path[0]} is given both as a value and as a hash.", param=path[0]
            )
        into = below
    into[path[-1] or str(len(into))] = value


def _lists(value: Any) -> Any:
    """Turn what is numbered from 0 into lists."""
    if not isinstance(value, dict):
        return value
    if list(value) == [str(number) for number in range(len(value))]:
        return [_lists(item) for item in value.values()]
    return {name: _lists(item) for name, item in value.items()}

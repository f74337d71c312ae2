"""Data from outside as records: every field known, present and of its kind, or an error that names it."""

from __future__ import annotations

import types
from collections.abc import Mapping
from dataclasses import MISSING, fields
from datetime import datetime
from enum import Enum
from fractions import Fraction
from typing import Any, TypeVar, Union, cast, get_args, get_origin, get_type_hints

from billing.core.errors import RuleError
from billing.core.instants import parse_instant
from billing.core.quantities import parse_decimal
from billing.core.record import Record

R = TypeVar("R", bound=Record)


def read_strict(cls: type[R], data: object, field: str) -> R:
    """Read a record; RuleError codes: unknown_field, missing_field, wrong_type, invalid_decimal ..."""
    given = as_mapping(data, field)
    hints = get_type_hints(cls)
    known = {item.name: item for item in fields(cast("Any", cls)) if item.init}
    for name in given:
        if name not in known and not (name == "kind" and cls.KIND):
            raise RuleError("unknown_field", f"known here: {', '.join(known)}", f"{field}.{name}")
    values: dict[str, Any] = {}
    for name, item in known.items():
        place = f"{field}.{name}"
        if name in given:
            values[name] = _value(hints[name], given[name], place)
        elif item.default is MISSING and item.default_factory is MISSING:
            raise RuleError("missing_field", "this field is required", place)
    try:
        return cls(**values)
    except RuleError as error:
        place = f"{field}.{error.field}" if error.field else field
        raise RuleError(error.code, error.message, place) from error


def as_mapping(data: object, field: str) -> Mapping[str, Any]:
    """An object with text keys, or an error."""
    if not isinstance(data, Mapping):
        raise RuleError("wrong_type", "an object is expected", field)
    return cast("Mapping[str, Any]", data)


def as_list(data: object, field: str) -> list[Any]:
    """A list, or an error."""
    if not isinstance(data, list):
        raise RuleError("wrong_type", "a list is expected", field)
    return cast("list[Any]", data)


def _value(hint: Any, data: Any, field: str) -> Any:
    origin, args = get_origin(hint), get_args(hint)
    if origin in {Union, types.UnionType}:
        return _one_of(tuple(arg for arg in args if arg is not type(None)), data, field)
    if origin is tuple:
        items = as_list(data, field)
        return tuple(_value(args[0], item, f"{field}[{n}]") for n, item in enumerate(items))
    if origin is not None and issubclass(origin, Mapping):
        given = as_mapping(data, field)
        return {key: _value(args[1], item, f"{field}.{key}") for key, item in given.items()}
    return _single(hint, data, field)


def _one_of(choices: tuple[Any, ...], data: Any, field: str) -> Any:
    if len(choices) == 1:
        return None if data is None else _value(choices[0], data, field)
    kinds = {choice.KIND: choice for choice in choices}
    kind = as_mapping(data, field).get("kind")
    if kind not in kinds:
        raise RuleError("unknown_kind", f"one of: {', '.join(kinds)}", f"{field}.kind")
    return read_strict(kinds[kind], data, field)


def _single(hint: Any, data: Any, field: str) -> Any:
    if hint is Fraction:
        return parse_decimal(str(data) if type(data) is int else data, field, negative=True)
    if hint is datetime:
        if not isinstance(data, str):
            raise RuleError("wrong_type", "an instant is a text such as 2026-01-31T09:30:00Z", field)
        return parse_instant(data, field)
    if issubclass(hint, Record):
        return read_strict(hint, data, field)
    if issubclass(hint, Enum):
        try:
            return hint(data)
        except ValueError as error:
            allowed = ", ".join(str(item.value) for item in hint)
            raise RuleError("unknown_value", f"one of: {allowed}", field) from error
    if type(data) is not hint:
        raise RuleError("wrong_type", f"{hint.__name__} is expected", field)
    return data

"""Values as JSON-able data and back, driven by their own type hints."""

from __future__ import annotations

import types
from collections.abc import Callable, Mapping
from dataclasses import MISSING, fields
from datetime import date, datetime
from enum import Enum
from fractions import Fraction
from functools import cache
from typing import Any, ClassVar, Self, Union, cast, get_args, get_origin, get_type_hints

from billing.core.errors import RuleError
from billing.core.instants import instant_text, parse_instant
from billing.core.quantities import decimal_text, parse_ratio

Reader = Callable[[Any], Any]


class Record:
    """A frozen dataclass that can be written as JSON-able data.

    Exact numbers become decimal text (`8/15` when they have no end), instants ISO 8601 text,
    enums their value; None is left out where it is the default. Variants of a union name themselves
    in `kind`.
    """

    __slots__ = ()
    KIND: ClassVar[str | None] = None

    def to_data(self) -> dict[str, Any]:
        """As JSON-able data."""
        data: dict[str, Any] = {} if self.KIND is None else {"kind": self.KIND}
        for name in _names(type(self)):
            value = getattr(self, name)
            if value is not None or name not in _none_by_default(type(self)):
                data[name] = _write(value)
        return data

    def sparse(self) -> dict[str, Any]:
        """As a person writes it: without what is at its default."""
        data: dict[str, Any] = {} if self.KIND is None else {"kind": self.KIND}
        for item in fields(cast("Any", self)):
            value = getattr(self, item.name)
            usual = item.default if item.default_factory is MISSING else item.default_factory()
            if item.init and value != usual:
                data[item.name] = _write(value, sparse=True)
        return data

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> Self:
        """Read what `to_data` wrote; what is missing takes its default."""
        readers = _readers(cls)
        values = {name: read(data[name]) for name, read in readers.items() if name in data}
        try:
            return cls(**values)
        except TypeError as error:
            raise RuleError("invalid_data", f"{cls.__name__} cannot be read: {error}") from error


@cache
def _names(cls: type[Any]) -> tuple[str, ...]:
    return tuple(field.name for field in fields(cls) if field.init)


@cache
def _none_by_default(cls: type[Any]) -> frozenset[str]:
    return frozenset(field.name for field in fields(cls) if field.default is None)


@cache
def _readers(cls: type[Any]) -> dict[str, Reader]:
    hints = get_type_hints(cls)
    return {name: _reader(hints[name]) for name in _names(cls)}


def _write(value: Any, *, sparse: bool = False) -> Any:  # noqa: PLR0911 -- one return a kind of value
    match value:
        case Enum():
            return value.value
        case Fraction():
            return exact_text(value)
        case datetime():
            return instant_text(value)
        case date():
            return value.isoformat()
        case tuple() | list():
            return [_write(item, sparse=sparse) for item in cast("list[Any]", value)]
        case Mapping():
            return {str(key): _write(item, sparse=sparse) for key, item in cast("Any", value).items()}
        case str() | int() | bool() | None:
            return value
        case _:
            return value.sparse() if sparse else value.to_data()


def exact_text(value: Fraction) -> str:
    """An exact number as decimal text, or as a ratio when the decimal would not end."""
    try:
        return decimal_text(value)
    except RuleError:
        return str(value)


def parse_exact(text: str) -> Fraction:
    """Read what `exact_text` wrote."""
    return parse_ratio(text) if "/" in text else Fraction(text)


def _reader(hint: Any) -> Reader:
    origin, args = get_origin(hint), get_args(hint)
    if origin in {Union, types.UnionType}:
        return _union(tuple(arg for arg in args if arg is not type(None)))
    if origin is tuple:
        return _tuple(args)
    if origin is not None and issubclass(origin, Mapping):
        each = _reader(args[1])
        return lambda data: {key: each(item) for key, item in data.items()}
    return _plain(hint)


def _tuple(args: tuple[Any, ...]) -> Reader:
    if len(args) > 1 and args[1] is not Ellipsis:
        each = [_reader(arg) for arg in args]
        return lambda data: tuple(read(item) for read, item in zip(each, data, strict=True))
    every = _reader(args[0])  # pyright: ignore[reportGeneralTypeIssues]
    return lambda data: tuple(every(item) for item in data)


def _union(choices: tuple[Any, ...]) -> Reader:
    if len(choices) == 1:
        inner = _reader(choices[0])
        return lambda data: None if data is None else inner(data)
    by_kind = {choice.KIND: choice for choice in choices if getattr(choice, "KIND", None)}
    return lambda data: by_kind[data["kind"]].from_data(data) if isinstance(data, Mapping) else data


def _plain(hint: Any) -> Reader:
    if hint is Fraction:
        return parse_exact
    if hint is datetime:
        return parse_instant
    if hint is date:
        return date.fromisoformat
    if isinstance(hint, type) and hasattr(hint, "from_data"):
        return cast("Any", hint).from_data
    if isinstance(hint, type) and issubclass(hint, Enum):
        return hint
    return lambda data: data

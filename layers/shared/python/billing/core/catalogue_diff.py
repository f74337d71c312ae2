"""What differs between two things that are sold, field by field, as a person reads it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import MISSING, dataclass, fields
from datetime import datetime
from enum import Enum
from fractions import Fraction
from typing import Any, cast

from billing.core.currency import exponent
from billing.core.instants import instant_text
from billing.core.record import Record, exact_text

_MONEY = ("amount", "minimum", "maximum")
_IDENTITIES = ("key", "feature", "price")
CURRENCY_LETTERS = 3


@dataclass(frozen=True, slots=True)
class Difference(Record):
    """One field that is not what it was; None is absent."""

    field: str
    old: str | None = None
    new: str | None = None


@dataclass(frozen=True, slots=True)
class _Leaf:
    """A value as text; one that is `usual` goes without saying where its whole part is new or gone."""

    text: str | None
    usual: bool = False
    order: bool = False


def differences(old: Record, new: Record) -> tuple[Difference, ...]:
    """The fields that differ, in the order of the new one; versions are no content.

    Parts with a key are compared with the part of that key, wherever it stands.
    """
    before, after = dict(_leaves(old, "")), dict(_leaves(new, ""))
    found: list[Difference] = []
    for path in dict.fromkeys([*after, *before]):
        was, now = before.get(path), after.get(path)
        if was and now:
            listed = was.order and now.order
            if was.text != now.text and not (listed and _keys(was) != _keys(now)):
                found.append(Difference(path, was.text, now.text))
        elif (only := was or now) and not only.usual and only.text is not None:
            found.append(Difference(path, was and was.text, now and now.text))
    return tuple(found)


def _keys(leaf: _Leaf) -> set[str]:
    return set((leaf.text or "").split(", "))


def _leaves(
    record: Record, path: str, currency: str | None = None, *, usual: bool = False
) -> Iterator[tuple[str, _Leaf]]:
    if record.KIND:
        yield _at(path, "kind"), _Leaf(record.KIND)
    for item in fields(cast("Any", record)):
        if not item.init or (not path and item.name == "version"):
            continue
        value = getattr(record, item.name)
        normal = usual or (item.default is not MISSING and value == item.default)
        normal = normal or (item.default_factory is not MISSING and value == item.default_factory())
        money = currency if item.name.endswith(_MONEY) else None
        yield from _of_value(value, _at(path, item.name), money, currency, usual=normal)


def _of_value(
    value: Any, path: str, money: str | None, currency: str | None, *, usual: bool
) -> Iterator[tuple[str, _Leaf]]:
    match value:
        case Record():
            yield from _leaves(value, path, currency, usual=usual)
        case tuple():
            yield from _of_parts(cast("tuple[Any, ...]", value), path, currency, usual=usual)
        case Mapping():
            for key, each in cast("Mapping[str, Any]", value).items():
                named = key if len(key) == CURRENCY_LETTERS and key.isupper() else currency
                yield from _of_value(each, _at(path, key), named, named, usual=usual)
        case _:
            yield path, _Leaf(_text(value, money), usual)


def _of_parts(
    parts: tuple[Any, ...], path: str, currency: str | None, *, usual: bool
) -> Iterator[tuple[str, _Leaf]]:
    if not all(isinstance(part, Record) for part in parts):
        yield path, _Leaf(", ".join(str(_text(part, None)) for part in parts), usual)
        return
    names = [_identity(part) for part in parts]
    if all(names) and len(set(names)) == len(names):
        yield path, _Leaf(", ".join(cast("Iterable[str]", names)), usual=True, order=True)
        places = [_at(path, str(name)) for name in names]
    else:
        places = [f"{path}[{n}]" for n in range(len(parts))]
    for place, part in zip(places, parts, strict=True):
        yield from _leaves(part, place, currency, usual=usual)


def _identity(part: Any) -> str | None:
    return next((getattr(part, name) for name in _IDENTITIES if hasattr(part, name)), None)


def _at(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


def _text(value: Any, currency: str | None) -> str | None:
    match value:
        case None:
            return None
        case Enum():
            return str(value.value)
        case bool():
            return str(value).lower()
        case datetime():
            return instant_text(value)
        case Fraction():
            return _amount(value, currency) if currency else exact_text(value)
        case _:
            return str(value)


def _amount(value: Fraction, currency: str) -> str:
    """Money with at least the decimals of its currency: 49.00, 0.000003."""
    text, places = exact_text(value), exponent(currency)
    whole, _, decimals = text.partition(".")
    return f"{whole}.{decimals.ljust(places, '0')}" if places and "/" not in text else text

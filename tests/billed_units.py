"""What DynamoDB bills for a call, by its published size rules.

An item is the length of its names and values; writes count in units of 1 KB of the larger of what was there
and what is there now, reads in units of 4 KB; a transaction costs twice, an eventually consistent read half.
An index is written when what it holds of an item changes: once for an entry that comes, goes or changes,
twice for one that moves; always at the plain price. A refused write costs what it would have cost.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

Attributes = Mapping[str, Any]

_KB = 1024
_READ = 4 * _KB
_ENTRY = 1  # byte for each element of a list or map, which themselves take
_CONTAINER = 3


@dataclass(frozen=True, slots=True)
class Units:
    """Read and write request units."""

    reads: float = 0.0
    writes: float = 0.0

    def __add__(self, other: Units) -> Units:
        return Units(self.reads + other.reads, self.writes + other.writes)


@dataclass(frozen=True, slots=True)
class Index:
    """A secondary index: its key, and the attributes it holds (None: all)."""

    key: tuple[str, ...]
    held: frozenset[str] | None


@dataclass(frozen=True, slots=True)
class Shape:
    """What of a table decides about its bill."""

    key: tuple[str, ...]
    indexes: tuple[Index, ...] = ()

    @classmethod
    def of(cls, description: Mapping[str, Any]) -> Shape:
        """From a DescribeTable answer."""
        table = description["Table"]
        key = _key(table)
        indexes = (_index(index, key) for index in table.get("GlobalSecondaryIndexes", []))
        return cls(key, tuple(indexes))


def item_size(item: Attributes | None) -> int:
    """Bytes of an item in DynamoDB's typed form."""
    return sum(len(name.encode()) + _size(value) for name, value in (item or {}).items())


def written(shape: Shape, old: Attributes | None, new: Attributes | None, *, transaction: bool) -> Units:
    """One item put, changed or deleted."""
    table = _started(max(item_size(old), item_size(new)), _KB) * (2 if transaction else 1)
    return Units(writes=table + sum(_index_write(index, old, new) for index in shape.indexes))


def refused(old: Attributes | None, new: Attributes | None, *, transaction: bool) -> Units:
    """A write whose condition did not hold."""
    return Units(writes=_started(max(item_size(old), item_size(new)), _KB) * (2 if transaction else 1))


def read(size: int, *, consistent: bool, transaction: bool = False) -> Units:
    """One item, or everything a query looked at, of this many bytes."""
    factor = 2.0 if transaction else 1.0 if consistent else 0.5
    return Units(reads=_started(size, _READ) * factor)


def _key(described: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple(part["AttributeName"] for part in described["KeySchema"])


def _index(described: Mapping[str, Any], table_key: tuple[str, ...]) -> Index:
    projection, key = described["Projection"], _key(described)
    if projection["ProjectionType"] == "ALL":
        return Index(key, None)
    return Index(key, frozenset((*table_key, *key, *projection.get("NonKeyAttributes", ()))))


def _index_write(index: Index, old: Attributes | None, new: Attributes | None) -> int:
    before, after = _entry(index, old), _entry(index, new)
    if before == after:
        return 0
    sizes = [_started(item_size(entry), _KB) for entry in (before, after) if entry is not None]
    moved = before and after and any(before[name] != after[name] for name in index.key)
    return sum(sizes) if moved else max(sizes)


def _entry(index: Index, item: Attributes | None) -> dict[str, Any] | None:
    if item is None or any(name not in item for name in index.key):
        return None
    return {name: value for name, value in item.items() if index.held is None or name in index.held}


def _started(size: int, unit: int) -> int:
    return max(1, -(-size // unit))


def _size(value: Mapping[str, Any]) -> int:
    [(kind, content)] = value.items()
    match kind:
        case "S" | "B" | "N":
            size = _scalar_size(kind, content)
        case "SS" | "NS" | "BS":
            size = sum(_scalar_size(kind[0], inner) for inner in content)
        case "L":
            size = _CONTAINER + sum(_ENTRY + _size(inner) for inner in content)
        case "M":
            size = _CONTAINER + sum(_ENTRY + len(name.encode()) + _size(v) for name, v in content.items())
        case _:  # BOOL, NULL
            size = 1
    return size


def _scalar_size(kind: str, content: Any) -> int:
    if kind == "N":
        return _number_size(content)
    if kind == "B":
        return len(base64.b64decode(content) if isinstance(content, str) else content)
    return len(content.encode())


def _number_size(text: str) -> int:
    """A byte, one for every two digits that count (in pairs from the point on), one more below zero."""
    sign, digits, exponent = Decimal(text).as_tuple()
    significant = "".join(map(str, digits)).lstrip("0")
    kept = significant.rstrip("0")
    if not kept:
        return 1
    odd = (int(exponent) + len(significant) - len(kept)) % 2
    return 1 + -(-(len(kept) + odd) // 2) + sign

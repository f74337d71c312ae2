"""Items as Python values, and back: integers stay integers, nothing becomes a float."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from boto3.dynamodb.types import TypeDeserializer, TypeSerializer

Item = dict[str, Any]

_serializer = TypeSerializer()
_deserializer = TypeDeserializer()


def pack(item: Mapping[str, Any]) -> dict[str, Any]:
    """To DynamoDB's typed attributes; absent (None) fields are left out."""
    return {name: _serializer.serialize(value) for name, value in item.items() if value is not None}


def pack_value(value: Any) -> dict[str, Any]:
    """One value to a typed attribute."""
    return _serializer.serialize(value)


def unpack(attributes: Mapping[str, Any]) -> Item:
    """From DynamoDB's typed attributes; whole numbers as int."""
    return {name: _plain(_deserializer.deserialize(value)) for name, value in attributes.items()}


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else value
    if isinstance(value, dict):
        return {name: _plain(inner) for name, inner in value.items()}  # pyright: ignore[reportUnknownVariableType]
    if isinstance(value, list):
        return [_plain(inner) for inner in value]  # pyright: ignore[reportUnknownVariableType]
    return value

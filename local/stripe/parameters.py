"""Teaches which request parameters exist: the SDK's own TypedDicts are the schema."""

from __future__ import annotations

import sys
import types
import typing
from functools import cache
from typing import Any, NotRequired, Required, get_args, get_origin

from typing_extensions import get_type_hints, is_typeddict

import stripe
from local.stripe.errors import InvalidRequestError
from stripe._request_options import RequestOptions
from stripe._stripe_object import UntypedStripeObject

OPTIONS = frozenset(RequestOptions.__annotations__)
MOST_METADATA, LONGEST_NAME, LONGEST_VALUE = 50, 40, 500
BOOLEANS = {"true": True, "false": False}
REMOVED = {"payment_method_types": "allowed_payment_method_types"}
Params = dict[str, Any]


def check(schema: type | None, given: Params, modelled: frozenset[str]) -> Params:
    """Typed values of a request; refuses what Stripe does not know and what is not modelled here."""
    known = _fields(schema) if schema else {"expand": (list[str], False)}
    for name in given:
        if name in REMOVED and name not in known:
            raise InvalidRequestError(
                f"`{name}` is no longer supported: use `{REMOVED[name]}`.",
                code=f"{name}_no_longer_supported",
                param=name,
            )
    typed = _struct(known, given, "")
    for name in typed:
        if name not in modelled and name != "expand":
            raise InvalidRequestError(
                f"The simulator does not model `{name}` here: leave it out, or try it in a Stripe sandbox.",
                code="simulator_unsupported",
                param=name,
            )
    _check_metadata(typed.get("metadata"))
    return typed


def _check_metadata(metadata: Any) -> None:
    if not isinstance(metadata, dict):
        return
    if len(metadata) > MOST_METADATA:
        raise InvalidRequestError(f"Metadata has at most {MOST_METADATA} keys.", param="metadata")
    for name, value in metadata.items():
        if len(name) > LONGEST_NAME or len(value) > LONGEST_VALUE:
            message = f"Metadata keys have at most {LONGEST_NAME} characters, values at most {LONGEST_VALUE}."
            raise InvalidRequestError(message, param=f"metadata[{name[:LONGEST_NAME]}]")


@cache
def _fields(schema: type) -> dict[str, tuple[Any, bool]]:
    """Type of each field, and whether it must be there."""
    module = vars(sys.modules[schema.__module__])
    names = {**vars(typing), **module, "StripeContext": stripe.StripeContext}
    hints = get_type_hints(schema, names, include_extras=True)
    fields: dict[str, tuple[Any, bool]] = {}
    for name, hint in hints.items():
        if name in OPTIONS:
            continue
        optional = get_origin(hint) is NotRequired
        bare = get_args(hint)[0] if get_origin(hint) in {NotRequired, Required} else hint
        fields[name] = (bare, not optional)
    return fields


def _struct(fields: dict[str, tuple[Any, bool]], given: Params, path: str) -> Params:
    for name in given:
        if name not in fields:
            full = _join(path, name)
            message = f"Received unknown parameter: {full}"
            raise InvalidRequestError(message, code="parameter_unknown", param=full)
    for name, (_, needed) in fields.items():
        if (
            needed and given.get(name) in {None, ""}
            if not isinstance(given.get(name), dict | list)
            else False
        ):
            full = _join(path, name)
            message = f"Missing required param: {full}."
            raise InvalidRequestError(message, code="parameter_missing", param=full)
    return {name: _value(fields[name][0], value, _join(path, name)) for name, value in given.items()}


def _join(path: str, name: str) -> str:
    return f"{path}[{name}]" if path else name


def _value(hint: Any, value: Any, path: str) -> Any:
    """One value as its type says, or the complaint of the alternative that fits its form best."""
    if get_origin(hint) in {typing.Union, types.UnionType}:
        return _union(get_args(hint), value, path)
    if isinstance(value, dict):
        if is_typeddict(hint):
            return _struct(_fields(hint), value, path)
        if get_origin(hint) is dict:
            return {name: _value(get_args(hint)[1], item, _join(path, name)) for name, item in value.items()}
        raise InvalidRequestError(f"Invalid {path}: a hash was not expected here.", param=path)
    if isinstance(value, list):
        if get_origin(hint) is list:
            item = get_args(hint)[0]
            return [_value(item, part, f"{path}[{number}]") for number, part in enumerate(value)]
        raise InvalidRequestError(f"Invalid {path}: an array was not expected here.", param=path)
    return _scalar(hint, value, path)


def _union(choices: tuple[Any, ...], value: Any, path: str) -> Any:
    """Where the SDK lists values and adds `str` for those to come, only the listed ones exist today."""
    listed = [text for choice in choices if get_origin(choice) is typing.Literal for text in get_args(choice)]
    if isinstance(value, str) and value in listed:
        return value
    closed = any(listed)
    complaint: InvalidRequestError | None = None
    for choice in choices:
        if get_origin(choice) in {typing.Literal, UntypedStripeObject} or (closed and choice is str):
            continue
        if _fits(choice, value):
            try:
                return _value(choice, value, path)
            except InvalidRequestError as error:
                complaint = error
    raise complaint or _not_listed(listed, value, path)


def _fits(hint: Any, value: Any) -> bool:
    if isinstance(value, dict):
        return is_typeddict(hint) or get_origin(hint) is dict
    if isinstance(value, list):
        return get_origin(hint) is list
    return not is_typeddict(hint) and get_origin(hint) not in {dict, list}


def _not_listed(listed: list[Any], value: Any, path: str) -> InvalidRequestError:
    known = [str(text) for text in listed if text]
    shown = ", ".join(known) if known else "a value of another form"
    return InvalidRequestError(
        f"Invalid {path}: must be one of {shown}; got '{str(value)[:80]}'.", param=path
    )


def _scalar(hint: Any, value: str, path: str) -> Any:
    if get_origin(hint) is typing.Literal:
        if value in get_args(hint):
            return value
        raise _not_listed(list(get_args(hint)), value, path)
    if hint is bool:
        if value in BOOLEANS:
            return BOOLEANS[value]
        raise InvalidRequestError(
            f"Invalid boolean: {value[:80]}", code="parameter_invalid_boolean", param=path
        )
    if hint is int:
        return _integer(value, path)
    if hint is float:
        raise InvalidRequestError(
            f"The simulator does not model `{path}`.", code="simulator_unsupported", param=path
        )
    if is_typeddict(hint) or get_origin(hint) in {dict, list}:
        kind = "array" if get_origin(hint) is list else "object"
        raise InvalidRequestError(f"Invalid {kind}", code=f"parameter_invalid_{kind}", param=path)
    return value


def _integer(value: str, path: str) -> int:
    digits = value.removeprefix("-")
    if digits.isascii() and digits.isdigit() and len(digits) <= 18:  # noqa: PLR2004
        return int(value)
    raise InvalidRequestError(f"Invalid integer: {value[:80]}", code="parameter_invalid_integer", param=path)

"""Teaches which misfortunes can be asked for, and counts them down as they happen.

Asked for as `{"kind": ..., "on": ..., "times": 1}`; `on` is a pattern over what it concerns:
`POST /v1/payment_intents*` for requests, `payment_intent.*` for notifications. Asked for with a key, it
meets that account only; with a `customer`, only what concerns that one.
"""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import Any

from local.stripe.errors import InvalidRequestError, Object
from local.stripe.store import Store

KINDS = {
    "lose_answer": "request",  # it happens, the connection closes, nobody is told
    "fail_after_effect": "request",  # it happens, the answer is 500, and stays 500 for that key
    "fail": "request",  # nothing happens, 500
    "too_many_requests": "request",  # nothing happens, 429
    "in_use": "request",  # nothing happens, 409: the key's first request still runs
    "delay_answer": "request",  # it happens, the answer comes `seconds` later
    "drop_notification": "notification",
    "duplicate_notification": "notification",
    "delay_notification": "notification",
    "reorder_notification": "notification",  # goes out behind the next one
    "forge_notification": "notification",  # signed with another secret
    "stale_notification": "notification",  # signed an hour ago
}
FIELDS = frozenset({"kind", "on", "times", "seconds", "customer"})


def ask(store: Store, wish: Object, account: str | None = None) -> Object:
    """Keep a misfortune for later; it is refused when nothing could ever meet it."""
    if strange := wish.keys() - FIELDS:
        raise InvalidRequestError(
            f"Unknown field {', '.join(sorted(strange))}: use {', '.join(sorted(FIELDS))}."
        )
    if wish.get("kind") not in KINDS:
        raise InvalidRequestError(f"Unknown kind of fault: use one of {', '.join(KINDS)}.", param="kind")
    times, seconds = wish.get("times", 1), wish.get("seconds", 1)
    if not isinstance(times, int) or isinstance(times, bool) or times < 1:
        raise InvalidRequestError("`times` is how often it happens: a number from 1.", param="times")
    if not isinstance(seconds, int | float) or not 0 <= seconds <= 60:  # noqa: PLR2004
        raise InvalidRequestError("`seconds` is a number from 0 to 60.", param="seconds")
    customer = wish.get("customer")
    if customer is not None and not isinstance(customer, str):
        raise InvalidRequestError("`customer` is the id of one: cus_...", param="customer")
    fault = {"kind": wish["kind"], "on": str(wish.get("on", "*")), "times": times, "seconds": seconds}
    fault["customer"] = customer
    store.hide("faults", [*waiting(store), fault | {"account": account}])
    return fault


def waiting(store: Store, account: str | None = None) -> list[dict[str, Any]]:
    """What was asked for and has not happened yet, in order: all of it, or what meets one account only."""
    faults: list[dict[str, Any]] = store.hidden("faults") or []
    return [fault for fault in faults if account in {None, fault["account"]}]


def clear(store: Store, account: str | None = None) -> None:
    """From now on nothing goes wrong, or nothing that was to meet this account only."""
    store.hide("faults", [fault for fault in waiting(store) if account not in {None, fault["account"]}])


def take(store: Store, concerns: str, what: str, account: str, about: Object) -> Object | None:
    """The first fault that meets this, counted down; None when all goes well."""
    faults = waiting(store)
    for fault in faults:
        if fault["account"] not in {None, account}:
            continue
        if fault["customer"] and fault["customer"] != _customer(store, about):
            continue
        if KINDS[fault["kind"]] == concerns and fnmatchcase(what, fault["on"]):
            fault["times"] -= 1
            store.hide("faults", [kept for kept in faults if kept["times"]])
            return fault
    return None


def _customer(store: Store, about: Object) -> str | None:
    """Whose business it is: the thing's own customer, or that of the payment it belongs to."""
    if about.get("object") == "customer":
        return about["id"]
    if about.get("customer"):
        return str(about["customer"])
    for name in ("payment_intent", "charge"):
        payment = store.find(str(about.get(name)))
        if payment:
            return _customer(store, payment[2])
    return None

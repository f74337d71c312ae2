"""Teaches what an object looks like before anything is known: every field the SDK declares, null."""

from __future__ import annotations

from functools import cache
from typing import Any

import stripe

CLASSES: dict[str, Any] = {
    "balance_transaction": stripe.BalanceTransaction,
    "charge": stripe.Charge,
    "checkout.session": stripe.checkout.Session,
    "customer": stripe.Customer,
    "event": stripe.Event,
    "payment_intent": stripe.PaymentIntent,
    "payment_method": stripe.PaymentMethod,
    "refund": stripe.Refund,
    "setup_intent": stripe.SetupIntent,
    "webhook_endpoint": stripe.WebhookEndpoint,
}
PREFIXES = {
    "balance_transaction": "txn",
    "charge": "ch",
    "checkout.session": "cs_test",
    "customer": "cus",
    "event": "evt",
    "payment_intent": "pi",
    "payment_method": "pm",
    "refund": "re",
    "setup_intent": "seti",
    "webhook_endpoint": "we",
}
NEVER_SENT = frozenset({"OBJECT_NAME", "deleted"})


@cache
def _names(kind: str) -> tuple[str, ...]:
    return tuple(name for name in CLASSES[kind].__annotations__ if name not in NEVER_SENT)


def blank(kind: str, **known: Any) -> dict[str, Any]:
    """An object of this kind with what is known of it; a field the SDK does not have is a mistake here."""
    shape: dict[str, Any] = {**dict.fromkeys(_names(kind)), "object": kind}
    if "livemode" in shape:
        shape["livemode"] = False
    strange = known.keys() - shape.keys()
    if strange:
        raise TypeError(f"{kind} has no field {', '.join(sorted(strange))}")
    return shape | known


def listing(url: str, data: list[dict[str, Any]], *, more: bool = False) -> dict[str, Any]:
    """One page of a list."""
    return {"object": "list", "data": data, "has_more": more, "url": url}

"""The example of an event: every field filled, each with a value as it could really be."""

from __future__ import annotations

import re
import types
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import AwareDatetime

from events.base import Event, Part

# A field's example by its name; a name not listed here gets one of its type.
_BY_NAME: dict[str, Any] = {
    "add_on": "storage",
    "add_on_version": 1,
    "quantity": 2,
    "plans": ["team"],
    "bundle": "team_plus@1",
    "action_url": "https://pay.example.com/authenticate/src_1",
    "advice": "new_method",
    "amount_minor": 6378,
    "awaited": ["pay_m6wv4zr8bnc2ya9teh7d2kq5x3"],
    "applied_minor": 6378,
    "about_at": "2026-02-01T00:00:00Z",
    "at": "2026-02-01T00:00:00Z",
    "balance_minor": 0,
    "bic": "COBADEFFXXX",
    "brand": "Visa",
    "change": "chg_8n3q7kd2mvw4h6zr9bcya2e5tx",
    "channel": "email",
    "city": "Zürich",
    "closing_minor": 6378,
    "clock": "clk_acme",
    "clock_now": "2026-01-01T00:00:00Z",
    "consumer": "sales.work",
    "country": "CH",
    "credit_note": "crn_n3q7kd2mvw4h6zr9bcya2e5t8x",
    "currency": "CHF",
    "customer": "cus_3k5v7mq2h4xw6a2bzr9dyt8nce",
    "document": "inv_5t8xn3q7kd2mvw4h6zr9bcya2e",
    "document_kind": "invoice",
    "due_at": "2026-01-31T00:00:00Z",
    "due_minor": 6378,
    "email": "ada@example.com",
    "endpoint": "0204:991-12345-67",
    "ends_at": "2026-02-01T00:00:00Z",
    "external_id": "ada",
    "fail": "closed",
    "exemption": "Small business",
    "feature": "completions",
    "formats": ["pdf", "cii.xml", "ubl.xml", "html", "json"],
    "features": ["completions"],
    "first": "2026-01-01",
    "iban": "CH9300762011623852957",
    "headline": {"CHF": 4900},
    "id": "evt_h7d2kq5x3m6wv4zr8bnc2ya9te",
    "instalments": "thirds",
    "invoice": "inv_5t8xn3q7kd2mvw4h6zr9bcya2e",
    "invoice_prefix": "INV-",
    "key": "main",
    "kind": "quota",
    "label": "Visa ending in 4242",
    "last": "2026-01-31",
    "late_minor": 6378,
    "last4": "4242",
    "legal_entity": "main",
    "limit": "1000000",
    "limit_kind": "overage",
    "link": "https://billing.example.com/documents/open/t",
    "locale": "en",
    "location": "s3://billing-records/ten_acme/inv_5t8xn3q7kd2mvw4h6zr9bcya2e/3f6c9a.json",
    "message": "evt_h7d2kq5x3m6wv4zr8bnc2ya9te",
    "meter": "context_tokens",
    "method": "pm_1",
    "name": "Acme AG",
    "notice": "ntc_w4h6zr9bcya2e5t8xn3q7kd2mv",
    "now": "2026-02-01T00:00:00Z",
    "number": "INV-000001",
    "opening_minor": 0,
    "outcome": "charge",
    "order": "PO-2026-0815",
    "paused_keeps": ["exports"],
    "payment_days": 30,
    "pending_currency": "EUR",
    "person": "u_1815",
    "phone": "+41 44 123 45 67",
    "postcode": "8001",
    "payment": "pay_m6wv4zr8bnc2ya9teh7d2kq5x3",
    "period_end": "2026-02-01T00:00:00Z",
    "period_start": "2026-01-01T00:00:00Z",
    "plan": "team",
    "plan_version": 1,
    "provider": "stripe",
    "provider_ref": "pi_1",
    "rail": "card",
    "rank": 10,
    "reason": "insufficient_funds",
    "reference": "991-12345-67",
    "refund_minor": 0,
    "registration": "CHE-123.456.788",
    "resolved": ["pay_m6wv4zr8bnc2ya9teh7d2kq5x3"],
    "resumes_at": "2026-03-01T00:00:00Z",
    "rules": ["BR-S-02: the seller has no tax number; set `tax_id`"],
    "sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "source": "acme.app",
    "statement": "stm_dyt8nce3k5v7mq2h4xw6a2bzr9",
    "status": "active",
    "step": 1,
    "subscription": "sub_q2h4xw6a2bzr9dyt8nce3k5v7m",
    "street": "Bahnhofstrasse 21",
    "tax_id": "CHE123456788",
    "tax_rates": {"standard": "8.1"},
    "tenant": "ten_acme",
    "template": "payment_failed",
    "total_minor": 6378,
    "trial_ends_at": "2026-02-01T00:00:00Z",
    "type": "InvoiceFinalized.v1",
    "used": {"context_tokens": "250000"},
    "value": "priority",
    "what": "change",
    "zone": "Europe/Zurich",
}
# Where the same name means something else in one event.
_BY_EVENT: dict[tuple[str, str], Any] = {
    ("AccessDenied.v1", "reason"): "limit_reached",
    ("AccessDenied.v1", "used"): "1000000",
    ("SubscriptionTrialEnding.v1", "ends_at"): "2026-02-01T00:00:00Z",
    ("CreditNoteIssued.v1", "reason"): "goodwill",
    ("StatementDrawn.v1", "number"): "20260131-W6A2BZ",
    ("InvoiceWrittenOff.v1", "reason"): "uncollectible",
}
_BY_TYPE: dict[Any, Any] = {
    str: "example",
    int: 1,
    bool: True,
    AwareDatetime: "2026-01-01T00:00:00Z",
}


def example(cls: type[Event]) -> dict[str, Any]:
    """A message that carries this event, as it travels."""
    producer = "sales" if cls.producer == "*" else cls.producer
    return {
        "specversion": "1.0",
        "id": _BY_NAME["id"],
        "source": f"billing.{producer}",
        "type": cls.detail_type(),
        "subject": _subject(cls),
        "time": "2026-01-01T00:00:00Z",
        "tenant": "ten_acme",
        "sequence": 1,
        "recordedat": "2026-01-01T00:00:00.250000Z",
        "correlationid": "request/3f6c9a",
        "causationid": "request/3f6c9a",
        "actor": "key/key_1",
        "clock": "clk_acme",
        "datacontenttype": "application/json",
        "data": _filled(cls)
        | {field: value for (type_, field), value in _BY_EVENT.items() if type_ == cls.detail_type()},
    }


def _subject(cls: type[Event]) -> str:
    """The aggregate an event is named after: `invoice/inv_...`."""
    kind = re.findall("[A-Z][a-z]+", cls.__name__)[0].lower()
    return f"{kind}/{_BY_NAME.get(kind, 'example_1')}"


def _filled(cls: type[Part]) -> dict[str, Any]:
    return {name: _value(name, field.annotation) for name, field in cls.model_fields.items()}


def _value(name: str, type_: Any) -> Any:
    """The example of one field; what a name says counts only where it is of the field's type."""
    origin, inner = get_origin(type_), get_args(type_)
    if origin is Annotated:
        return _value(name, inner[0])
    if origin in {Union, types.UnionType}:
        return _value(name, next(option for option in inner if option is not type(None)))
    known: Any = _BY_NAME.get(name)
    if origin in {list, tuple}:
        return known if type(known) is list else [_value("", inner[0])]  # pyright: ignore[reportUnknownVariableType]
    if origin is dict:
        return known if type(known) is dict else {"example": _value("", inner[1])}  # pyright: ignore[reportUnknownVariableType]
    if isinstance(type_, type) and issubclass(type_, Part):
        return _filled(type_)
    if type_ not in _BY_TYPE:
        raise TypeError(f"{name}: primitives, instants, lists, maps and parts only, not {type_}")
    return known if type(known) is type(_BY_TYPE[type_]) else _BY_TYPE[type_]

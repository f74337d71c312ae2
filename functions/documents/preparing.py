"""From what was asked for to the exact document: the record of sales, and who sells and buys as known now."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any
from urllib.parse import quote

from billing.aws.settings import optional
from billing.aws.table import Table
from billing.core.account import Statement
from billing.core.credit import CreditNote
from billing.core.document import Document, DocumentKind, OpenItem, Reference
from billing.core.document_building import (
    credit_document,
    invoice_document,
    receipt_document,
    reminder_document,
    statement_document,
)
from billing.core.document_instalments import late_since
from billing.core.errors import RuleError
from billing.core.instants import parse_instant
from billing.core.invoicing import Invoice
from billing.core.money import Money
from billing.core.periods import local_date
from documents import files, projections
from documents.asked import Asked
from documents.making import JSON


def document_of(table: Table, tenant: str, asked: Asked) -> Document:
    """The document, exact."""
    if asked.kind in {DocumentKind.RECEIPT, DocumentKind.REMINDER}:
        return _following(table, tenant, asked)
    seller = projections.seller_of(projections.entity(table, tenant, asked.legal_entity))
    buyer = projections.buyer_of(table, tenant, asked.customer)
    record = _record(asked)
    if asked.kind is DocumentKind.CREDIT_NOTE:
        corrects = record["corrects"]
        issued = corrects["issued_at"]
        on = local_date(parse_instant(issued), buyer.zone) if issued else None
        note = CreditNote.from_data(record["credit_note"])
        return credit_document(note, Reference(corrects["number"], on), seller, buyer)
    if asked.kind is DocumentKind.STATEMENT:
        return statement_document(Statement.from_data(record["statement"]), seller, buyer)
    invoice = Invoice.from_data(record["invoice"])
    return invoice_document(invoice, seller, buyer, _pay_link(tenant, invoice.id))


def needs_invoice(asked: Asked) -> bool:
    """Whether it is made from the document of its invoice."""
    return asked.kind in {DocumentKind.RECEIPT, DocumentKind.REMINDER}


def _following(table: Table, tenant: str, asked: Asked) -> Document:
    """A receipt or a reminder says what the invoice's own document says."""
    invoice = Document.from_data(json.loads(files.read(files.key_of(tenant, asked.invoice, JSON))))
    buyer = projections.buyer_of(table, tenant, asked.customer)
    if asked.kind is DocumentKind.RECEIPT:
        paid = Money(int(asked.facts["paid"]), invoice.currency) if "paid" in asked.facts else None
        return receipt_document(invoice, asked.id, asked.at, buyer.zone, paid=paid)
    opened = Money(int(asked.facts["open"]), invoice.currency)
    item = OpenItem(
        invoice.number,
        invoice.issued_on,
        late_since(invoice, opened, local_date(asked.at, buyer.zone)),
        invoice.total or opened,
        opened,
    )
    letter = reminder_document(invoice, asked.id, asked.at, buyer.zone, int(asked.facts["level"]), [item])
    return replace(letter, pay_link=_pay_link(tenant, asked.invoice))


def _record(asked: Asked) -> dict[str, Any]:
    if asked.location is None or asked.sha256 is None:
        raise RuleError("record_missing", "the event named no record")
    data: dict[str, Any] = json.loads(files.read_record(asked.location, asked.sha256))
    if data.get("version") != 1:
        raise RuleError("record_unknown", "this version of the record is not known here")
    return data


def _pay_link(tenant: str, invoice: str) -> str | None:
    """The page where it is paid; payments answers there to whoever has the link."""
    base = optional("PUBLIC_URL").rstrip("/")
    return f"{base}/payments/pay/{quote(tenant, safe='')}/{quote(invoice, safe='')}" if base else None

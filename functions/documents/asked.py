"""Documents that events ask for: noted with all they will be made from, made later by the one that makes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from billing.aws.changes import Changes
from billing.aws.table import Table, found
from billing.core.document import DocumentKind
from billing.core.ids import derived_id
from billing.core.record import Record
from documents.commands import MakeDocumentV1
from documents.store import document_key, listed_key
from events.base import Event, Message, RecordPart
from events.payments import DunningStepDueV1
from events.sales import CreditNoteIssuedV1, InvoiceFinalizedV1, InvoicePaidV1, StatementDrawnV1

REMIND = "remind"


class Status(StrEnum):
    """What became of a document."""

    WAITING = "waiting"
    READY = "ready"
    PARKED = "parked"  # it breaks a rule; mended and retried, it may still become ready


@dataclass(frozen=True, slots=True)
class Asked(Record):
    """A document, what it is made from, and what was made."""

    id: str
    kind: DocumentKind
    number: str
    customer: str
    legal_entity: str
    invoice: str  # empty for a statement
    at: datetime
    location: str | None = None  # of the record of sales
    sha256: str | None = None  # of that record
    facts: Mapping[str, str] = field(default_factory=dict[str, str])
    status: Status = Status.WAITING
    rules: tuple[str, ...] = ()
    lacks: tuple[str, ...] = ()  # why there is no e-invoice, where none is owed
    format: str | None = None
    files: Mapping[str, str] = field(default_factory=dict[str, str])  # ending -> SHA-256
    template: str | None = None  # version of the seller's own; None for the product's
    amount_minor: int = 0
    due_minor: int = 0
    currency: str = ""
    told: int = 0  # how often it was said to be ready


def ask(event: Event, message: Message, changes: Changes) -> None:
    """Note the document an event asks for; an event without a record asks for none."""
    for wanted in _wanted(event, message):
        write(changes, wanted, seen=None)
        listed = listed_key(message.tenant, wanted.customer, wanted.at, wanted.id)
        changes.keep({**listed, "document": wanted.id})
        changes.send(
            "make",
            MakeDocumentV1(document=wanted.id),
            subject=f"document/{wanted.id}",
            about="make",
        )


def write(changes: Changes, asked: Asked, *, seen: int | None) -> None:
    """Keep a document as it stands."""
    key = document_key(changes.context.tenant, asked.id)
    changes.put({**key, "data": asked.to_data()}, seen=seen, label="document")


def stored(table: Table, tenant: str, document: str) -> tuple[Asked, int]:
    """A document and its stored version."""
    item = found(table, document_key(tenant, document), "document")
    return Asked.from_data(item["data"]), item["version"]


def _wanted(event: Event, message: Message) -> list[Asked]:
    match event:
        case InvoiceFinalizedV1() if event.invoice.record:
            return [
                _of(event.invoice, DocumentKind.INVOICE, event.invoice.invoice, message, event.invoice.record)
            ]
        case CreditNoteIssuedV1() if event.credit_note.record:
            note = event.credit_note
            return [_of(note, DocumentKind.CREDIT_NOTE, note.credit_note, message, note.record)]
        case InvoicePaidV1() if event.payment and event.invoice.total_minor > 0:
            id_ = derived_id("rcp", event.invoice.invoice)
            facts = {} if event.paid_minor is None else {"paid": str(event.paid_minor)}
            return [_of(event.invoice, DocumentKind.RECEIPT, id_, message, facts=facts)]
        case DunningStepDueV1() if event.action == REMIND and event.number:
            id_ = derived_id("rem", event.invoice, str(event.step))
            facts = {"level": str(event.step), "open": str(event.amount_minor)}
            return [_of(event, DocumentKind.REMINDER, id_, message, facts=facts)]
        case StatementDrawnV1() if event.record:
            facts = {"mail": "yes" if event.mail else "no"}
            return [_of(event, DocumentKind.STATEMENT, event.statement, message, event.record, facts)]
        case _:
            return []


def _of(
    about: Any,
    kind: DocumentKind,
    id_: str,
    message: Message,
    record: RecordPart | None = None,
    facts: Mapping[str, str] | None = None,
) -> Asked:
    return Asked(
        id=id_,
        kind=kind,
        number=about.number or "",
        customer=about.customer,
        legal_entity=about.legal_entity,
        invoice=getattr(about, "invoice", ""),
        at=message.time,
        location=record.location if record else None,
        sha256=record.sha256 if record else None,
        facts=facts or {},
    )

"""What documents says: what is ready to be read, and what must not leave."""

from __future__ import annotations

from typing import ClassVar

from events.base import Event, Instant


class DocumentReadyV1(Event):
    """A document is stored for ever and can be sent; said again when somebody wants it sent again."""

    producer: ClassVar[str] = "documents"

    document: str
    document_kind: str  # invoice, credit_note, receipt, reminder or statement
    number: str
    customer: str
    legal_entity: str
    invoice: str  # that it is about; empty for a statement
    sha256: str  # of the PDF
    formats: list[str]
    link: str | None = None  # to the PDF, for whoever has it, until it expires
    amount_minor: int
    due_minor: int
    currency: str
    about_at: Instant | None = None  # business time of what it documents: the payment of a receipt
    mail: bool = True  # whether the customer shall get it by mail
    again: bool = False  # somebody asked for it to be sent once more


class DocumentParkedV1(Event):
    """A document breaks a rule and is not sent; mend what the rule names and retry it."""

    producer: ClassVar[str] = "documents"

    document: str
    document_kind: str
    number: str
    customer: str
    legal_entity: str
    rules: list[str]

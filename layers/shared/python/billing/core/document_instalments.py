"""The instalments of an invoice as its documents say them, by days of its buyer."""

from __future__ import annotations

from datetime import date

from billing.core.document import DatedPart, Document
from billing.core.invoicing import Invoice
from billing.core.money import Money
from billing.core.periods import local_date


def dated_parts(invoice: Invoice, zone: str) -> tuple[DatedPart, ...]:
    """The instalments that balance has not paid already."""
    return tuple(
        DatedPart(local_date(each.due_at, zone), Money(minor, invoice.currency))
        for each, minor in zip(invoice.instalments, invoice.left, strict=True)
        if minor
    )


def late_since(invoice: Document, opened: Money, on: date) -> date:
    """When what is open on a day was due: the date of the earliest instalment it reaches back to."""
    since = invoice.due_on or invoice.issued_on
    for part in reversed([part for part in invoice.instalments if part.due_on <= on]):
        since, opened = part.due_on, opened - part.amount
        if opened.minor <= 0:
            break
    return since


def payment_terms(document: Document) -> str | None:
    """What BT-20 says beside the first due date: that there is none, or which others follow it."""
    if document.instalments:
        parts = [
            f"{each.amount.plain()} {document.currency} by {each.due_on}" for each in document.instalments
        ]
        return f"Payable in {len(parts)} instalments: {', '.join(parts)}"
    asks = document.due is not None and document.due.minor > 0
    return "Due on receipt" if asks and not document.due_on else None

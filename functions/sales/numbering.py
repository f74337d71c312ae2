"""Document numbers: without a gap per legal entity and series, each taken in its document's transaction."""

from __future__ import annotations

from datetime import datetime

from billing.aws.changes import Changes
from events.foundation import LegalEntity
from sales.store import number_key, series_key

INVOICES, CREDIT_NOTES = "invoice", "credit_note"
SERIES = (INVOICES, CREDIT_NOTES)


def take_number(changes: Changes, issuer: LegalEntity, series: str, document: str) -> tuple[str, datetime]:
    """The next number of a series, and the instant the document is issued at.

    A number is never older than the one before it, also when late work catches up.
    """
    tenant, now = changes.context.tenant, changes.context.now
    key = series_key(tenant, issuer.key, series)
    stored = changes.table.get(**key) or {"last": 0}
    number = stored["last"] + 1
    last = stored.get("last_issued_at")
    at = max(now, datetime.fromisoformat(last)) if last else now
    item = {**key, "last": number, "last_issued_at": at.isoformat()}
    changes.put(item, seen=stored.get("version"), label="series")
    taken = number_key(tenant, issuer.key, series, number)
    changes.put({**taken, "document": document}, seen=None, label=f"number {number}")
    prefix = issuer.invoice_prefix if series == INVOICES else issuer.credit_note_prefix
    return f"{prefix}{number:06}", at


def group(tenant: str, entity: str, series: str) -> str:
    """The FIFO group of a series: one document at a time."""
    return f"{tenant}.{entity}.{series}"

"""The whole of a finalized document, for whoever makes something of it: too large for an event, so in S3.

Named after its content, it is never written over; one that a lost race left behind is named by no event.
"""

from __future__ import annotations

import hashlib
import json
from typing import Any

from billing.aws.clients import client
from billing.aws.settings import optional
from billing.core.account import Statement
from billing.core.credit import CreditNote
from billing.core.instants import instant_text
from billing.core.invoicing import Invoice
from events.base import RecordPart


def invoice_record(tenant: str, invoice: Invoice) -> RecordPart | None:
    """Keep a finalized invoice."""
    return _keep(tenant, invoice.id, {"invoice": invoice.to_data()})


def credit_record(tenant: str, note: CreditNote, invoice: Invoice) -> RecordPart | None:
    """Keep an issued credit note, with what its invoice is called."""
    issued = instant_text(invoice.issued_at) if invoice.issued_at else None
    corrects = {"number": invoice.number, "issued_at": issued}
    return _keep(tenant, note.id, {"credit_note": note.to_data(), "corrects": corrects})


def statement_record(tenant: str, drawn: Statement) -> RecordPart | None:
    """Keep a statement as it was drawn."""
    return _keep(tenant, drawn.id, {"statement": drawn.to_data()})


def _keep(tenant: str, id_: str, data: dict[str, Any]) -> RecordPart | None:
    """Write it before the event that names it; None where nobody makes documents."""
    bucket = optional("RECORDS_BUCKET")
    if not bucket:
        return None
    body = json.dumps({"version": 1, **data}, ensure_ascii=False, sort_keys=True).encode()
    sha256 = hashlib.sha256(body).hexdigest()
    key = f"records/{tenant}/{id_}/{sha256}.json"
    client("s3").put_object(Bucket=bucket, Key=key, Body=body, ContentType="application/json")
    return RecordPart(location=f"s3://{bucket}/{key}", sha256=sha256)

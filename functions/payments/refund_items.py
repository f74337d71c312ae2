"""Refunds in the table: to items and back, and when to look at one again."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from billing.aws.changes import Changes
from billing.aws.items import Item
from billing.aws.table import Table, aggregate_pk, found
from billing.core.refund import Refund, RefundStatus
from events.payments import RefundPart
from payments.store import refund_key

_PAUSES = (timedelta(minutes=2), timedelta(minutes=15), timedelta(hours=1), timedelta(hours=6))
_PENDING = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class StoredRefund:
    """A refund as it is stored, with what concerns its sending in wall time."""

    refund: Refund
    version: int | None = None
    submitted_at: datetime | None = None
    sent_at: datetime | None = None
    looks: int = 0
    awaited: bool = False


def stored_refund(table: Table, tenant: str, invoice: str, refund: str) -> StoredRefund:
    """A refund by its invoice and id."""
    return refund_of(found(table, refund_key(tenant, invoice, refund), "refund"))


def refund_of(item: Item) -> StoredRefund:
    """Read an item."""
    submitted, sent = item.get("submitted_at"), item.get("sent_at")
    return StoredRefund(
        refund=Refund.from_data(item["data"]),
        version=item["version"],
        submitted_at=datetime.fromisoformat(submitted) if submitted else None,
        sent_at=datetime.fromisoformat(sent) if sent else None,
        looks=item["looks"],
        awaited=item["awaited"],
    )


def write_refund(changes: Changes, stored: StoredRefund, wall: datetime) -> None:
    """Write a refund; the next look at the provider is due while an answer is still to come."""
    refund = stored.refund
    item: Item = {
        **refund_key(changes.context.tenant, refund.invoice, refund.id),
        "data": refund.to_data(),
        "submitted_at": stored.submitted_at.isoformat() if stored.submitted_at else None,
        "sent_at": stored.sent_at.isoformat() if stored.sent_at else None,
        "looks": stored.looks,
        "awaited": stored.awaited,
    }
    due_at = _next_look(refund.status, stored.looks, wall)
    changes.put_wall_due(item, seen=stored.version, due_at=due_at, label="refund")


def refunds_of(table: Table, tenant: str, invoice: str) -> list[Refund]:
    """The refunds of an invoice."""
    pk = aggregate_pk(tenant, f"invoice/{invoice}")
    return [refund_of(item).refund for item in table.query(pk, "REFUND#")]


def refund_part(refund: Refund) -> RefundPart:
    """What the others need to know of a refund."""
    return RefundPart(
        refund=refund.id,
        invoice=refund.invoice,
        customer=refund.customer,
        amount_minor=refund.amount_minor,
        currency=refund.currency,
        legal_entity=refund.legal_entity,
        provider=refund.provider,
        payment=refund.payment,
        credit_note=refund.credit_note,
        provider_ref=refund.provider_ref,
    )


def _next_look(status: RefundStatus, looks: int, wall: datetime) -> datetime | None:
    if status is RefundStatus.PENDING:
        return wall + _PENDING
    waits = status in {RefundStatus.SUBMITTED, RefundStatus.UNKNOWN}
    return wall + _PAUSES[min(looks, len(_PAUSES) - 1)] if waits else None

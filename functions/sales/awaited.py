"""What becomes of an invoice that a change waits for is told to its subscription."""

from __future__ import annotations

from billing.aws.changes import Changes
from billing.core.invoicing import Invoice
from sales.commands import PaidChangeSettledV1


def invoice_settled(changes: Changes, invoice: Invoice, *, paid: bool) -> None:
    """Tell the change that waits for an invoice; most are waited for by none."""
    if invoice.settles is None or invoice.subscription is None:
        return
    command = PaidChangeSettledV1(subscription=invoice.subscription, change=invoice.settles, paid=paid)
    changes.send(
        "work", command, subject=f"subscription/{invoice.subscription}", about=f"{invoice.id} {paid}"
    )

"""Routes of refunds."""

from __future__ import annotations

from pydantic import Field

from billing.aws.bodies import Amount, Command, View
from billing.aws.http import Api
from billing.core.instants import instant_text
from billing.core.refund import Refund
from payments.refunding import request_refund


class RefundBody(Command):
    """How much goes back, in minor units; all that is left where nothing is said."""

    minor: int | None = Field(default=None, gt=0, le=10**15, strict=True)


class RefundView(View):
    """Money on its way back to the customer."""

    id: str
    payment: str
    status: str
    amount: Amount
    created_at: str
    credit_note: str | None = None
    provider_ref: str | None = None
    reason: str | None = None

    @classmethod
    def of(cls, refund: Refund) -> RefundView:
        """A refund as an answer."""
        return cls(
            id=refund.id,
            payment=refund.payment,
            status=refund.status,
            amount=Amount(**refund.amount.to_data()),
            created_at=instant_text(refund.created_at),
            credit_note=refund.credit_note,
            provider_ref=refund.provider_ref,
            reason=refund.reason,
        )


def register(api: Api) -> None:
    """Add the routes."""

    @api.post("/payments/invoices/<invoice>/refunds", scope="payments:write", status=201)
    def refund(invoice: str, body: RefundBody) -> list[RefundView]:  # pyright: ignore[reportUnusedFunction]
        """Send money of an invoice back, from its newest payment first; never more than it brought."""
        made = request_refund(api.changes(), invoice, body.minor, about=api.key)
        return [RefundView.of(refund) for refund in made]

"""Routes of promotional credit."""

from __future__ import annotations

from datetime import datetime

from pydantic import Field

from billing.aws.bodies import Amount, Command, View
from billing.aws.http import Api
from billing.aws.table import own_table
from billing.core.currency import exponent
from billing.core.ids import customer_id
from billing.core.instants import instant_text
from billing.core.money import BOUND, Money
from billing.core.promotional import PromotionalCredit
from events.base import Instant
from sales import promotional
from sales.routes.models import Currency, Line

PAGE = 50


class AmountBody(Command):
    """Minor units of a currency, more than nothing."""

    minor: int = Field(gt=0, le=BOUND, examples=[2500])
    currency: Currency


class CreditBody(Command):
    """How much, and why, as invoices say it; it acts on what is billed before `until`."""

    amount: AmountBody
    reason: Line
    until: Instant | None = None


class PromotionalCreditView(View):
    """What was given, what invoices took of it less what came back, and what they may still take."""

    id: str
    amount: Amount
    reason: str
    given_at: str
    until: str | None = None
    withdrawn_at: str | None = None
    drawn: Amount
    left: Amount

    @classmethod
    def of(cls, credit: PromotionalCredit, at: datetime) -> PromotionalCreditView:
        """A credit as an answer of an instant."""
        return cls(
            id=credit.id,
            amount=Amount(**credit.amount.to_data()),
            reason=credit.reason,
            given_at=instant_text(credit.given_at),
            until=instant_text(credit.until) if credit.until else None,
            withdrawn_at=instant_text(credit.withdrawn_at) if credit.withdrawn_at else None,
            drawn=Amount(minor=credit.drawn_minor, currency=credit.amount.currency),
            left=Amount(**credit.left_at(at).to_data()),
        )


class PromotionalCreditList(View):
    """A page of credits; `next` goes on behind it."""

    credits: list[PromotionalCreditView]
    next: str | None = None


def register(api: Api) -> None:
    """Add the routes."""

    @api.post("/sales/customers/<customer>/credits", scope="sales:write", status=201)
    def give_credit(customer: str, body: CreditBody) -> PromotionalCreditView:  # pyright: ignore[reportUnusedFunction]
        """Give a customer promotional credit: its invoices draw it, earliest end first. It is never money."""
        exponent(body.amount.currency, "body.amount.currency")
        amount = Money(body.amount.minor, body.amount.currency)
        known = customer_id(api.identity.tenant, customer)
        made = promotional.give(api.changes(), known, amount, body.reason, body.until, key=api.key)
        return PromotionalCreditView.of(made, api.context.now)

    @api.get("/sales/customers/<customer>/credits", scope="sales:read")
    def list_credits(customer: str, cursor: str | None = None) -> PromotionalCreditList:  # pyright: ignore[reportUnusedFunction]
        """A customer's promotional credit with what is left of each."""
        tenant, now = api.identity.tenant, api.context.now
        known, behind = promotional.page(own_table(), tenant, customer_id(tenant, customer), cursor, PAGE)
        return PromotionalCreditList(
            credits=[PromotionalCreditView.of(each, now) for each in known], next=behind
        )

    @api.delete("/sales/customers/<customer>/credits/<credit>", scope="sales:write")
    def withdraw_credit(customer: str, credit: str) -> PromotionalCreditView:  # pyright: ignore[reportUnusedFunction]
        """Withdraw what is left of a credit; invoices that took of it stay as they are."""
        known = customer_id(api.identity.tenant, customer)
        withdrawn = promotional.withdraw(api.changes(), known, credit)
        return PromotionalCreditView.of(withdrawn, api.context.now)

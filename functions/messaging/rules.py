"""Which event tells a customer what, and until when it is worth telling: one row a rule."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from billing.core.money import Money
from billing.core.payment import Advice, Reason
from billing.core.record import Record
from events.base import Event
from events.payments import PaymentActionRequiredV1, PaymentFailedV1, PaymentPart
from events.sales import (
    InvoiceFinalizedV1,
    InvoicePaidV1,
    SubscriptionStartedV1,
)


class Category(StrEnum):
    """What a customer may switch off by itself. Money matters reach them always."""

    BILLING = "billing"
    ACCOUNT = "account"
    OFFERS = "offers"  # the only one that is not sent again when a crash leaves open whether it went


@dataclass(frozen=True, slots=True)
class Facts(Record):
    """What an event says to a customer. Never a name or an address: those are read when it is sent."""

    customer: str
    legal_entity: str | None = None
    plan: str | None = None
    plan_version: int | None = None
    invoice: str | None = None
    amount: Money | None = None
    payment: str | None = None
    advice: str | None = None
    link: str | None = None
    ends_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Rule:
    """An event, the notice it makes (`facts` is None where there is nothing to tell), and its end.

    `moot` names what may have become of its invoice that makes it untrue; `lasts` is wall time since
    the event was recorded: after a long outage or a replay nobody is told old news.
    """

    template: str
    on: type[Event]
    category: Category
    facts: Callable[[Any], Facts | None]
    lasts: timedelta
    moot: frozenset[str] = frozenset()


PAID, VOID = "paid", "void"
NOT_THE_CUSTOMERS = frozenset({Reason.PROVIDER_ERROR, Reason.INVALID_REQUEST, Reason.NOT_SENT})


def _started(event: SubscriptionStartedV1) -> Facts:
    state = event.state
    return Facts(state.customer, state.legal_entity, plan=state.plan, plan_version=state.plan_version)


def _invoiced(event: InvoiceFinalizedV1) -> Facts | None:
    invoice = event.invoice
    if invoice.due_minor <= 0:
        return None
    amount = Money(invoice.due_minor, invoice.currency)
    return Facts(invoice.customer, invoice.legal_entity, invoice=invoice.invoice, amount=amount)


def _paid(event: InvoicePaidV1) -> Facts | None:
    invoice = event.invoice
    if invoice.total_minor <= 0:
        return None
    return Facts(
        invoice.customer,
        invoice.legal_entity,
        invoice=invoice.invoice,
        amount=Money(invoice.total_minor, invoice.currency),
        payment=event.payment,
    )


def _failed(event: PaymentFailedV1) -> Facts | None:
    """Only what the customer can do something about; who must confirm is told by another notice."""
    if event.reason in NOT_THE_CUSTOMERS or event.advice == Advice.CUSTOMER_ACTION:
        return None
    return _attempted(event.payment, advice=event.advice)


def _action_required(event: PaymentActionRequiredV1) -> Facts:
    return _attempted(event.payment, link=event.action_url)


def _attempted(payment: PaymentPart, *, advice: str | None = None, link: str | None = None) -> Facts:
    return Facts(
        payment.customer,
        payment.legal_entity,
        invoice=payment.invoice,
        amount=Money(payment.amount_minor, payment.currency),
        payment=payment.payment,
        advice=advice,
        link=link,
    )


_WEEK, _MONTH = timedelta(days=7), timedelta(days=30)
_OVER = frozenset({PAID, VOID})

RULES: tuple[Rule, ...] = (
    Rule("welcome", SubscriptionStartedV1, Category.ACCOUNT, _started, _WEEK),
    Rule("invoice", InvoiceFinalizedV1, Category.BILLING, _invoiced, _MONTH, frozenset({VOID})),
    Rule("receipt", InvoicePaidV1, Category.BILLING, _paid, _MONTH),
    Rule("payment_failed", PaymentFailedV1, Category.BILLING, _failed, _WEEK, _OVER),
    Rule("action_required", PaymentActionRequiredV1, Category.BILLING, _action_required, _WEEK, _OVER),
)

BY_TEMPLATE: dict[str, Rule] = {rule.template: rule for rule in RULES}


def rules_for(event: type[Event]) -> list[Rule]:
    """What an event tells."""
    return [rule for rule in RULES if rule.on is event]

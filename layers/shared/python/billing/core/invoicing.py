"""From a subscription to an invoice: the lines of a billing moment, their tax, and the document's life."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from fractions import Fraction
from typing import Any

from billing.core.catalogue import Plan, Price, Source, Timing
from billing.core.ids import derived_id
from billing.core.journal import Account
from billing.core.measured import Measured
from billing.core.money import Money, total
from billing.core.periods import Period, Schedule
from billing.core.pricing import TierPart, rate
from billing.core.record import Record
from billing.core.rounding import Rounding
from billing.core.subscription import Subscription


class InvoiceStatus(StrEnum):
    """Where an invoice stands; behind `draft` its lines and total never change."""

    DRAFT = "draft"
    OPEN = "open"
    PAID = "paid"
    VOID = "void"  # credited in full before anything was paid
    WRITTEN_OFF = "written_off"


@dataclass(frozen=True, slots=True)
class Usage(Record):
    """What a meter counted in a period, and from what: enough to count it again.

    `detail` is for the charge models that look further than the quantity.
    """

    quantity: Fraction
    manifest: Mapping[str, Any] = field(default_factory=dict[str, Any])
    detail: Measured | None = None


@dataclass(frozen=True, slots=True)
class Line(Record):
    """One line with its own calculation. Its id says what it is about, so a repeat is itself."""

    id: str
    price: str
    name: str
    period: Period | None
    timing: Timing
    quantity: Fraction
    billed: Fraction
    amount: Money
    tax_category: str
    parts: tuple[TierPart, ...] = ()
    manifest: Mapping[str, Any] = field(default_factory=dict[str, Any])

    @property
    def account(self) -> Account:
        """Where its amount is booked: what was billed ahead is deferred until it is earned."""
        ahead = self.timing is Timing.ADVANCE and self.period is not None
        return Account.DEFERRED_REVENUE if ahead else Account.REVENUE


@dataclass(frozen=True, slots=True)
class Tax(Record):
    """The tax of one category: its rate in percent, on what, how much."""

    category: str
    rate_percent: Fraction
    taxable: Money
    amount: Money


@dataclass(frozen=True, slots=True)
class Invoice(Record):
    """An invoice; amounts in its one currency."""

    id: str
    customer: str
    legal_entity: str
    currency: str
    created_at: datetime
    lines: tuple[Line, ...]
    taxes: tuple[Tax, ...]
    subscription: str | None = None
    status: InvoiceStatus = InvoiceStatus.DRAFT
    number: str | None = None
    issued_at: datetime | None = None
    due_at: datetime | None = None
    overdue_at: datetime | None = None
    overdue: bool = False
    paid_minor: int = 0
    credited_minor: int = 0

    @property
    def net(self) -> Money:
        """The sum of the lines."""
        return total([line.amount for line in self.lines], self.currency)

    @property
    def tax(self) -> Money:
        """The sum of the taxes."""
        return total([tax.amount for tax in self.taxes], self.currency)

    @property
    def total(self) -> Money:
        """Net and tax."""
        return self.net + self.tax

    @property
    def due(self) -> Money:
        """What is still to be paid; nothing of a draft, a void or a written-off one."""
        if self.status not in {InvoiceStatus.OPEN, InvoiceStatus.PAID}:
            return Money.zero(self.currency)
        return self.total - Money(self.paid_minor + self.credited_minor, self.currency)

    @property
    def work_at(self) -> datetime | None:
        """When it must be looked at next: an open invoice becomes overdue once."""
        return self.overdue_at if self.status is InvoiceStatus.OPEN and not self.overdue else None


def bill(
    subscription: Subscription,
    plan: Plan,
    *,
    closed: Period | None,
    opened: Period | None,
    usage: Mapping[str, Usage],
    tax_rates: Mapping[str, Fraction],
    at: datetime,
) -> Invoice | None:
    """The draft of one billing moment: arrears of the period that closed, advance of the one that opened.

    The very function behind preview and run. None when there is nothing to say.
    """
    lines = [
        line
        for price in plan.prices
        if (line := _line(subscription, plan, price, closed, opened, usage)) is not None
    ]
    if not lines:
        return None
    return Invoice(
        id=derived_id("inv", subscription.id, at.isoformat()),
        customer=subscription.customer,
        legal_entity=subscription.legal_entity,
        currency=subscription.currency,
        created_at=at,
        lines=tuple(lines),
        taxes=taxes(lines, tax_rates, subscription.currency, plan.rounding),
        subscription=subscription.id,
    )


def taxes(
    lines: list[Line], rates: Mapping[str, Fraction], currency: str, rounding: Rounding
) -> tuple[Tax, ...]:
    """One tax per category, rounded once on the category's sum (EN 16931, BR-CO-17)."""
    found: dict[str, Money] = {}
    for line in lines:
        found[line.tax_category] = found.get(line.tax_category, Money.zero(currency)) + line.amount
    return tuple(
        Tax(category, rates[category], taxable, taxable.times(rates[category] / 100, rounding))
        for category, taxable in found.items()
        if rates.get(category)
    )


def _line(
    subscription: Subscription,
    plan: Plan,
    price: Price,
    closed: Period | None,
    opened: Period | None,
    usage: Mapping[str, Usage],
) -> Line | None:
    """The line of one price at this moment, or None where it is not its turn."""
    period = _billed_period(subscription, price, closed, opened)
    first = opened is not None and opened.start == subscription.schedule.anchor
    if period is None and not (price.cadence is None and first):
        return None
    used = usage.get(price.meter or "", Usage(Fraction(0)))
    quantity = {
        Source.FIXED: price.quantity,
        Source.SEATS: subscription.seats,
        Source.METER: used.quantity,
    }[price.source]
    used_up = used.detail or quantity if price.source is Source.METER else quantity
    rated = rate(price, subscription.currency, used_up, plan.rounding, places=plan.rounding_places)
    which = period.start.isoformat() if period else "once"
    return Line(
        id=f"{subscription.id}/{price.key}/v{plan.version}/{which}",
        price=price.key,
        name=price.name,
        period=period,
        timing=price.timing,
        quantity=rated.quantity,
        billed=rated.billed,
        amount=rated.amount,
        tax_category=price.tax_category,
        parts=rated.parts,
        manifest=used.manifest if price.source is Source.METER else {},
    )


def _billed_period(
    subscription: Subscription, price: Price, closed: Period | None, opened: Period | None
) -> Period | None:
    """The period of its own cadence that a price bills now: it opens or closes at this moment."""
    if price.cadence is None:
        return None
    anchor = subscription.schedule
    own = Schedule(anchor.anchor, anchor.zone, price.cadence, anchor.anchor_day)
    if price.timing is Timing.ADVANCE:
        if opened is None:
            return None
        period = own.period_at(opened.start)
        return period if period.start == opened.start else None
    if closed is None:
        return None
    period = own.period(own.index_at(closed.end) - 1)
    return period if period.end == closed.end else None

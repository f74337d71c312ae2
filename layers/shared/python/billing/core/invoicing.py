"""An invoice as a document: its lines with their calculation, its taxes, and where it stands."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from fractions import Fraction
from typing import Any

from billing.core.catalogue import Plan, Timing
from billing.core.discounts import Coupon, discounts
from billing.core.instalments import Instalment, Terms, left_of, split
from billing.core.journal import Account
from billing.core.measured import Measured
from billing.core.money import Money, total
from billing.core.periods import Period
from billing.core.rating import TierPart
from billing.core.record import Record
from billing.core.rounding import Rounding
from billing.core.subscription import Subscription
from billing.core.totals import Totalled


class InvoiceStatus(StrEnum):
    """Where an invoice stands; behind `draft` its lines and total never change."""

    DRAFT = "draft"
    OPEN = "open"
    PAID = "paid"
    VOID = "void"  # credited in full before anything was paid
    WRITTEN_OFF = "written_off"


class Side(StrEnum):
    """What a line of a change in the middle of a period is: given back, or asked for the rest of it."""

    CREDIT = "credit"
    CHARGE = "charge"
    NET = "net"


@dataclass(frozen=True, slots=True)
class Usage(Record):
    """What a meter counted in a period, and from what: enough to count it again.

    `detail` is for the charge models that look further than the quantity.
    """

    quantity: Fraction
    manifest: Mapping[str, Any] = field(default_factory=dict[str, Any])
    detail: Measured | None = None


@dataclass(frozen=True, slots=True)
class LineDiscount(Record):
    """What a coupon took off a line; the amount is positive.

    Or a promotional `credit`: `coupon` is then why it was given, and what came back to it is negative.
    """

    coupon: str
    amount: Money
    credit: str | None = None


@dataclass(frozen=True, slots=True)
class Line(Record):
    """One line with its own calculation. Its id says what it is about, so a repeat is itself.

    `amount` is what is charged, after `discounts`. A correction of an earlier line has its `reason`.
    """

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
    side: Side | None = None
    discounts: tuple[LineDiscount, ...] = ()
    reason: str | None = None

    @property
    def discountable(self) -> bool:
        """Whether coupons act on it."""
        return self.side is None and self.reason is None

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
class Invoice(Totalled):
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
    subscriptions: tuple[str, ...] = ()  # those on it, where they may be several
    waits_until: datetime | None = None  # a draft that more may come to
    settles: str | None = None  # the change of its subscription that waits for it to be paid
    rounding: Rounding | None = None  # of its taxes; None is half up
    terms: Terms | None = None  # of the instalments it is to be paid in
    instalments: tuple[Instalment, ...] = ()  # once it is numbered
    called_overdue: int = 0  # how many of them that was said of
    accelerated: bool = False  # one was overdue, so that all of it is due

    def _parts(self) -> tuple[str, tuple[Line, ...], tuple[Tax, ...]]:
        return self.currency, self.lines, self.taxes

    @property
    def due(self) -> Money:
        """What is still to be paid; nothing of a draft, a void or a written-off one."""
        if self.status not in {InvoiceStatus.OPEN, InvoiceStatus.PAID}:
            return Money.zero(self.currency)
        return self.unpaid

    @property
    def unpaid(self) -> Money:
        """What was neither paid nor credited, given up on or not."""
        return self.total - Money(self.paid_minor + self.credited_minor, self.currency)

    @property
    def work_at(self) -> datetime | None:
        """When it must be looked at next: a draft that waits goes on, an open one becomes overdue once."""
        if self.status is InvoiceStatus.DRAFT:
            return self.waits_until
        if self.status is not InvoiceStatus.OPEN:
            return None
        if self.instalments:
            late = self.next_overdue
            return self.instalments[late].overdue_at if late is not None else None
        return None if self.overdue else self.overdue_at

    @property
    def left(self) -> tuple[int, ...]:
        """What is still to be paid of each instalment, in minor units."""
        return left_of(self.instalments, paid=self.paid_minor, credited=self.credited_minor)

    @property
    def next_overdue(self) -> int | None:
        """The place of the instalment that becomes overdue next: the first that is neither paid nor said."""
        if self.accelerated:
            return None
        left = self.left
        return next((n for n in range(self.called_overdue, len(left)) if left[n]), None)

    def instalments_at(self, at: datetime) -> tuple[Instalment, ...]:
        """What it is split into when it is issued at an instant. A change waits for all of its invoice."""
        return split(self.total, self.terms, at) if self.terms and self.settles is None else ()


def draft_of(
    subscription: Subscription,
    lines: Sequence[Line],
    plan: Plan,
    tax_rates: Mapping[str, Fraction],
    at: datetime,
    id_: str,
    coupons: Sequence[Coupon] = (),
) -> Invoice | None:
    """The draft of these lines after coupons, with their taxes; None without lines."""
    if not lines:
        return None
    lines = discounted(lines, coupons, subscription.currency, plan.rounding)
    return Invoice(
        id=id_,
        customer=subscription.customer,
        legal_entity=subscription.legal_entity,
        currency=subscription.currency,
        created_at=at,
        lines=tuple(sorted(lines, key=lambda line: line.timing is Timing.ARREARS)),
        taxes=taxes(lines, tax_rates, subscription.currency, plan.rounding),
        subscription=subscription.id,
        rounding=None if plan.rounding is Rounding.HALF_UP else plan.rounding,
        terms=Terms(subscription.instalments, subscription.schedule.zone)
        if subscription.instalments
        else None,
    )


def joined(
    draft: Invoice, other: Invoice, subscription: str, rates: Mapping[str, Fraction], rounding: Rounding
) -> Invoice:
    """A draft with what another subscription of its customer is billed at the same instant.

    It is paid in instalments where all on it agreed on the same scheme.
    """
    lines = sorted((*draft.lines, *other.lines), key=lambda line: line.timing is Timing.ARREARS)
    return replace(
        draft,
        lines=tuple(lines),
        taxes=taxes(lines, rates, draft.currency, rounding),
        subscriptions=(*draft.subscriptions, subscription),
        terms=draft.terms if draft.terms == other.terms else None,
    )


def discounted(
    lines: Sequence[Line], coupons: Sequence[Coupon], currency: str, rounding: Rounding
) -> list[Line]:
    """Lines after coupons; those of a change are settled net of them already, corrections are without.

    A coupon acts on what is paid ahead; what is left of a fixed amount goes to the rest.
    """
    after = list(lines)
    for coupon in coupons:
        left = coupon
        for timing in Timing:
            places = [n for n, line in enumerate(after) if line.timing is timing and line.discountable]
            found = discounts([(after[n].price, after[n].amount) for n in places], [left], currency, rounding)
            for discount in found:
                line = after[places[discount.line]]
                told = (*line.discounts, LineDiscount(coupon.key, discount.amount))
                after[places[discount.line]] = replace(
                    line, amount=line.amount - discount.amount, discounts=told
                )
            left = left.less(total([discount.amount for discount in found], currency))
    return after


def taxes(
    lines: Sequence[Line], rates: Mapping[str, Fraction], currency: str, rounding: Rounding
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

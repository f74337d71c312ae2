"""A billing moment of a subscription and its draft: what preview, quote and run have in common."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction

from billing.core.billing_run import bill, closing
from billing.core.catalogue import Plan
from billing.core.currency_change import leaving
from billing.core.invoicing import Invoice, Line, Usage
from billing.core.parting import given_back
from billing.core.periods import Period
from billing.core.plan_change import settled_at_boundary
from billing.core.policies import Paid
from billing.core.subscription import Status, Subscription
from events.foundation import LegalEntity
from sales.usage_totals import CustomerUsage


@dataclass(frozen=True, slots=True)
class Moment:
    """What happens at one billing moment: which period closes, which opens, what was used.

    `before` is the subscription whose period closes, where the moment changes it.
    """

    usage: Mapping[str, Usage]
    closed: Period | None = None
    opened: Period | None = None
    before: Subscription | None = None
    opening: Plan | None = None
    late: tuple[Line, ...] = ()

    @property
    def at(self) -> datetime:
        """Its instant: where one period ends and the next begins."""
        if self.opened:
            return self.opened.start
        if self.closed:
            return self.closed.end
        raise ValueError("at a billing moment a period opens or closes")


def draft(subscription: Subscription, plan: Plan, issuer: LegalEntity, moment: Moment) -> Invoice | None:
    """The invoice of one billing moment; preview and run both call this."""
    return bill(
        subscription,
        plan,
        closed=moment.closed,
        opened=moment.opened,
        usage=moment.usage,
        tax_rates=tax_rates(issuer),
        at=moment.at,
        before=moment.before,
        opening=moment.opening,
        late=moment.late,
    )


def closing_moment(
    used: CustomerUsage,
    plan: Plan,
    before: Subscription,
    after: Subscription,
    opening: Plan | None = None,
    *,
    late: Sequence[Line] = (),
) -> Moment:
    """The moment at which a period ends: the subscription goes on as `after`, rests, or has ended."""
    stopped = after.status in {Status.ENDED, Status.PAUSED}
    going_on = None if stopped else (after, opening or plan)
    parts = closing(before, plan, before.period.end, going_on)
    if going_on and opening:
        late = (*late, *settled_at_boundary(before, after, plan, opening, before.period.end))
    return Moment(
        usage=used.of_prices(plan, {key: each.part for key, each in parts.items()}),
        closed=before.period,
        opened=after.period if going_on else None,
        before=before,
        opening=opening,
        late=tuple(late),
    )


def turn_of_currency(
    used: CustomerUsage,
    plan: Plan,
    before: Subscription,
    after: Subscription,
    opening: Plan,
    issuer: LegalEntity,
    *,
    late: Sequence[Line] = (),
) -> tuple[Invoice | None, Invoice | None]:
    """The invoices of a moment at which a period ends in one currency and the next begins in another.

    The first closes the old one as an end of the subscription would, and gives back what was paid for
    longer; the second opens the new one and asks for the rest of that.
    """
    at = before.period.end
    parts = closing(before, plan, at, None)
    usage = used.of_prices(plan, {key: each.part for key, each in parts.items()})
    back = given_back(before, plan, Paid.CREDIT, at)
    closed = Moment(usage, closed=before.period, late=(*late, *back))
    asked = settled_at_boundary(before, after, plan, opening, at)
    opened = Moment({}, opened=after.period, before=before, late=tuple(asked))
    return draft(leaving(before, after), plan, issuer, closed), draft(after, opening, issuer, opened)


def tax_rates(issuer: LegalEntity) -> dict[str, Fraction]:
    """The tax rates of a legal entity in percent, exact."""
    return {category: Fraction(rate) for category, rate in issuer.tax_rates.items()}

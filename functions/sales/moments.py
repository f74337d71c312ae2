"""A billing moment of a subscription and its draft: what preview, quote and run have in common."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction

from billing.core.billing_run import bill
from billing.core.catalogue import Plan
from billing.core.invoicing import Invoice, Line, Usage
from billing.core.periods import Period
from billing.core.subscription import Subscription
from events.foundation import LegalEntity


@dataclass(frozen=True, slots=True)
class Moment:
    """What happens at one billing moment: which period closes, which opens, what was used."""

    usage: Mapping[str, Usage]
    closed: Period | None = None
    opened: Period | None = None
    since: datetime | None = None
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
        since=moment.since,
        opening=moment.opening,
        late=moment.late,
    )


def tax_rates(issuer: LegalEntity) -> dict[str, Fraction]:
    """The tax rates of a legal entity in percent, exact."""
    return {category: Fraction(rate) for category, rate in issuer.tax_rates.items()}

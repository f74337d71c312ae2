"""What somebody wants to subscribe to, and the subscription it begins: quoted or started."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction

from billing.aws.table import Table
from billing.core import subscription as rules
from billing.core.catalogue import Plan
from billing.core.invoicing import Invoice
from billing.core.subscription import Subscription
from events.foundation import LegalEntity
from sales import catalogue
from sales.agreements import plan_under
from sales.moments import Moment, draft
from sales.store import legal_entity


@dataclass(frozen=True, slots=True)
class Order:
    """What somebody wants to subscribe to; `entity` None is the tenant's first."""

    plan: str
    currency: str
    entity: str | None = None
    seats: Fraction = Fraction(1)
    billing_day: int | None = None
    coupon: str | None = None


@dataclass(frozen=True, slots=True)
class Opening:
    """A subscription as it begins, its plan and who sells it."""

    subscription: Subscription
    plan: Plan
    issuer: LegalEntity

    def invoice(self) -> Invoice | None:
        """What it is billed at once."""
        return draft(self.subscription, self.plan, self.issuer, self.moment)

    @property
    def moment(self) -> Moment:
        """Its first billing moment."""
        return Moment(usage={}, opened=self.subscription.period)


def opening_of(
    table: Table, tenant: str, order: Order, customer: str, id_: str, *, zone: str, at: datetime
) -> Opening:
    """What an order begins, without its coupon; quote and start both call this."""
    plan = catalogue.plan_on_sale(table, tenant, order.plan)
    issuer = legal_entity(table, tenant, order.entity)
    new = rules.start(
        id_,
        customer,
        issuer.key,
        plan,
        order.currency,
        at=at,
        zone=zone,
        seats=order.seats,
        billing_day=order.billing_day,
    )
    return Opening(new, plan_under(table, tenant, new, plan), issuer)

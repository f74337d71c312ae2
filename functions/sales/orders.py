"""What somebody wants to subscribe to, and the subscription it begins: quoted or started."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from fractions import Fraction

from billing.aws.table import Table
from billing.core import subscription as rules
from billing.core import trial
from billing.core.catalogue import Plan
from billing.core.errors import RuleError
from billing.core.invoicing import Invoice
from billing.core.subscription import Subscription
from events.foundation import LegalEntity
from sales import add_ons, catalogue, experiments, overrides
from sales.agreements import plan_under
from sales.moments import Moment, draft
from sales.store import legal_entity

NOBODY = "cus_new"  # for whom a quote is, where that is no customer yet
EARLIEST, LATEST = timedelta(days=366), timedelta(days=5 * 366)


@dataclass(frozen=True, slots=True)
class Order:
    """What somebody wants to subscribe to, from when on; `entity` None is the tenant's first.

    A plan or a bundle; `add_ons` beside it, so many of each.
    """

    plan: str | None
    currency: str
    entity: str | None = None
    seats: Fraction = Fraction(1)
    billing_day: int | None = None
    coupon: str | None = None
    start_at: datetime | None = None  # None: now
    trial: bool = True  # as the plan has one
    trial_ends_at: datetime | None = None  # instead of the plan's
    own_invoice: bool = False
    bundle: str | None = None
    add_ons: Mapping[str, int] = field(default_factory=dict[str, int])
    visitor: str | None = None  # who saw the price, where that was before there was a customer
    instalments: str | None = None  # the scheme its invoices are paid in


@dataclass(frozen=True, slots=True)
class Opening:
    """A subscription as it begins, its plan and who sells it."""

    subscription: Subscription
    plan: Plan
    issuer: LegalEntity

    def invoice(self) -> Invoice | None:
        """What it is billed at once: nothing where a trial comes first, or where it begins later."""
        if self.subscription.paid_from is None:
            return None
        return draft(self.subscription, self.plan, self.issuer, self.moment)

    @property
    def moment(self) -> Moment:
        """Its first billing moment."""
        return Moment(usage={}, opened=self.subscription.period)


def opening_of(
    table: Table, tenant: str, order: Order, customer: str, id_: str, *, zone: str, now: datetime
) -> Opening:
    """What an order begins, without what it gets off; quote and start both call this."""
    plan, agreement = add_ons.ordered(table, tenant, order.plan, order.bundle, order.add_ons)
    add_ons.require_orderable(table, tenant, plan, agreement, order.currency)
    who, ordered_at = order.visitor or _known(customer), min(now, order.start_at or now)
    agreement = experiments.assigned(
        table, tenant, plan.key, agreement, who=who, customer=customer, at=ordered_at
    )
    agreement = overrides.with_own(table, tenant, customer, plan, agreement)
    issuer = legal_entity(table, tenant, order.entity)
    at = order.start_at or now
    if not now - EARLIEST <= at <= now + LATEST:
        message = "a subscription begins at most a year back and five years ahead"
        raise RuleError("start_out_of_range", message, "start_at")
    trial_end = _trial_end(order, plan, at, zone)
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
        trial_end=trial_end,
        remind_at=trial.reminder_at(plan, at, trial_end, zone) if trial_end else None,
        later=at > now,
        own_invoice=order.own_invoice,
        recorded_at=now if at < now else None,
    )
    scheme = catalogue.instalment_scheme_for(table, tenant, order.instalments, plan.key)
    new = replace(new, agreement=agreement, instalments=scheme)
    return Opening(new, plan_under(table, tenant, new, plan), issuer)


def _known(customer: str) -> str | None:
    return None if customer == NOBODY else customer


def _trial_end(order: Order, plan: Plan, at: datetime, zone: str) -> datetime | None:
    """When the trial of an order ends: as it says, as the plan says, or there is none."""
    if not order.trial:
        return None
    if order.trial_ends_at is not None and order.trial_ends_at <= at:
        raise RuleError("ends_before_start", "a trial ends after it begins", "trial_ends_at")
    return order.trial_ends_at or trial.trial_end(plan, at, zone)

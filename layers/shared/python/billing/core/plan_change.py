"""A change of plan or seats: the subscription after it, and the invoice that settles it.

Usage before the instant is rated under the old plan, from it on under the new. What was paid ahead is
settled as the old plan's policy says: by second or by day, with credit or without.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from fractions import Fraction

from billing.core.billing_run import (
    Closing,
    advance_period,
    arrears_line,
    first_share,
    goes_on,
    opening_lines,
    since,
    used_until,
)
from billing.core.catalogue import Direction, Plan, Price, Source
from billing.core.changing import change_later, change_now
from billing.core.ids import derived_id
from billing.core.invoicing import Invoice, Line, Side, Usage, draft_of
from billing.core.periods import Cadence, Period
from billing.core.proration import Adjustment, Item, Terms, item_of, net_of, settle
from billing.core.record import Record
from billing.core.subscription import Subscription


class When(StrEnum):
    """When a change takes effect."""

    NOW = "now"
    PERIOD_END = "period_end"


@dataclass(frozen=True, slots=True)
class Wish(Record):
    """What a customer wants to go on with; `when` None leaves it to the plan's policy."""

    seats: Fraction
    when: When | None = None


def treatment(old: Plan, new: Plan, before: Subscription, wish: Wish) -> Direction:
    """How a change is treated: by the old plan's policy for its direction, unless the wish says when."""
    up = (new.rank, wish.seats) > (old.rank, before.seats)
    policy = old.change.upgrade if up else old.change.downgrade
    if wish.when is When.PERIOD_END:
        return Direction.NEXT_PERIOD
    if wish.when is When.NOW and policy is Direction.NEXT_PERIOD:
        return Direction.PRORATE
    return policy


def changed(before: Subscription, old: Plan, new: Plan, wish: Wish, *, at: datetime) -> Subscription:
    """The subscription after a change."""
    how = treatment(old, new, before, wish)
    if how is Direction.NEXT_PERIOD:
        return change_later(before, new, wish.seats)
    after = change_now(before, new, wish.seats, at=at, restart=how is Direction.RESTART)
    return replace(after, since=since(before, after, old, new, at))


def settlement(
    before: Subscription,
    after: Subscription,
    old: Plan,
    new: Plan,
    how: Direction,
    *,
    usage: Mapping[str, Usage],
    tax_rates: Mapping[str, Fraction],
    at: datetime,
) -> Invoice | None:
    """The invoice of a change that takes effect now; None where there is nothing to settle."""
    lines = [
        arrears_line(before, old, price, each.whole, each.part, usage)
        for price, each in used(before, after, old, new, how, at)
    ]
    for cadence in {price.cadence: None for price in (*old.prices, *new.prices) if price.cadence}:
        lines += _settled(before, after, old, new, how, cadence, at)
    if how is Direction.RESTART:
        lines += opening_lines(after, new, after.period)
    id_ = derived_id("inv", before.id, "change", at.isoformat(), new.ref, str(after.seats))
    coupons = after.coupons_at(at, new.key)
    if how is not Direction.RESTART:  # a fixed amount was given when the period opened
        coupons = tuple(coupon for coupon in coupons if coupon.percent is not None)
    return draft_of(after, lines, new, tax_rates, at, id_, coupons)


def used(
    before: Subscription, after: Subscription, old: Plan, new: Plan, how: Direction, at: datetime
) -> list[tuple[Price, Closing]]:
    """The prices paid behind that a change ends, and the part of their period they were in force."""
    found: list[tuple[Price, Closing]] = []
    for price in old.prices:
        each = used_until(before, price, at)
        if each and (how is Direction.RESTART or not goes_on(price, old, before, new, after)):
            found.append((price, each))
    return found


def _settled(
    before: Subscription,
    after: Subscription,
    old: Plan,
    new: Plan,
    how: Direction,
    cadence: Cadence,
    at: datetime,
) -> list[Line]:
    """Credit and charge for the rest of the period of one cadence."""
    gone, come = _ahead(old, cadence, before, at), _ahead(new, cadence, before, at)
    if not gone and not come:
        return []
    period = next(p for price in (*gone, *come) if (p := advance_period(before, price, at)))
    adjustments = settle(
        _charged([_item(price, before) for price in gone], before, old, period),
        _charged([_item(price, after) for price in come], after, new, period),
        period=period,
        at=at,
        treatment=how,
        terms=Terms.of(old),
        currency=before.currency,
        zone=before.schedule.zone,
    )
    return [_line(before, old, new, found, at) for found in adjustments]


def _ahead(plan: Plan, cadence: Cadence, before: Subscription, at: datetime) -> list[Price]:
    """The prices of a plan that are paid ahead in this rhythm."""
    return [p for p in plan.prices if p.cadence == cadence and advance_period(before, p, at)]


def _item(price: Price, subscription: Subscription) -> Item:
    quantity = subscription.seats if price.source is Source.SEATS else price.quantity
    return item_of(price, subscription.currency, quantity)


def _charged(items: list[Item], subscription: Subscription, plan: Plan, period: Period) -> list[Item]:
    """Items net of the coupons that acted when their period opened; a free part has none."""
    if not first_share(subscription, period, Fraction(1)):
        return []
    return net_of(
        items,
        subscription.coupons_at(max(period.start, subscription.begun_at), plan.key),
        subscription.currency,
    )


def _line(before: Subscription, old: Plan, new: Plan, found: Adjustment, at: datetime) -> Line:
    side = Side(found.side)
    plan = old if side is Side.CREDIT else new
    price = next(price for price in plan.prices if price.key == found.key)
    return Line(
        id=f"{before.id}/{price.key}/v{plan.version}/{at.isoformat()}/{side}",
        price=price.key,
        name=price.name,
        period=found.period,
        timing=price.timing,
        quantity=found.share,
        billed=found.share,
        amount=found.amount,
        tax_category=price.tax_category,
        side=side,
    )

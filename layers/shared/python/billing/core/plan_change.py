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

from billing.core.agreed import OF_ADD_ON, TakenAddOn
from billing.core.billing_run import (
    Closing,
    advance_period,
    arrears_line,
    first_share,
    goes_on,
    once_line,
    opening_lines,
    own_schedule,
    since,
    used_until,
)
from billing.core.catalogue import Plan, Price, Source
from billing.core.changing import change_later, change_now, overtaken, with_terms
from billing.core.currency_change import require_boundary
from billing.core.ids import derived_id
from billing.core.invoicing import Invoice, Line, Side, Usage, draft_of
from billing.core.overrides import Override
from billing.core.periods import Cadence, Period, ratio
from billing.core.policies import Direction
from billing.core.proration import Adjustment, Item, Terms, item_of, net_of, settle
from billing.core.record import Record
from billing.core.scheduled import NewTerms, added, terms_left
from billing.core.states import Status
from billing.core.subscription import Subscription


class When(StrEnum):
    """When a change takes effect."""

    NOW = "now"
    PERIOD_END = "period_end"
    DATE = "date"


@dataclass(frozen=True, slots=True)
class Wish(Record):
    """What a customer wants to go on with; `when` None leaves it to the plan's policy, `at` is the date.

    Of add-ons only those that differ; one of a quantity of 0 is given up. `same_plan` where none was named.
    `overrides` are those that another plan begins with; None leaves them. So it is with `currency`.
    """

    seats: Fraction
    when: When | None = None
    at: datetime | None = None
    add_ons: tuple[TakenAddOn, ...] = ()
    same_plan: bool = False
    overrides: tuple[Override, ...] | None = None
    currency: str | None = None

    def only_add_ons(self, before: Subscription) -> bool:
        """Whether it leaves plan and seats as they are."""
        return self.same_plan and bool(self.add_ons) and self.seats == before.seats


def treatment(old: Plan, new: Plan, before: Subscription, wish: Wish) -> Direction:
    """How a change is treated: by the old plan's policy for its direction, unless the wish says when.

    Before anything is billed there is nothing to settle; while it is paused the change waits. One with a
    change of currency comes with a period.
    """
    if wish.when is When.PERIOD_END or before.status is Status.PAUSED:
        return Direction.NEXT_PERIOD
    if before.paid_from is None:
        return Direction.NONE
    if wish.currency not in {None, before.currency}:
        return Direction.NEXT_PERIOD
    up = (new.rank, wish.seats, _more(before, wish)) > (old.rank, before.seats, False)
    policy = old.change.upgrade if up else old.change.downgrade
    if wish.when in {When.NOW, When.DATE} and policy is Direction.NEXT_PERIOD:
        return Direction.PRORATE
    return policy


def changed(before: Subscription, old: Plan, new: Plan, wish: Wish, *, at: datetime) -> Subscription:
    """The subscription after a change; one for a date is scheduled."""
    if wish.currency not in {None, before.currency}:
        require_boundary(before, now=wish.when is When.NOW, at=wish.at)
    if wish.at is not None and wish.at > at:
        return change_later(before, new, terms_of(before, old, new, wish), at=wish.at)
    how = treatment(old, new, before, wish)
    if how is Direction.NEXT_PERIOD:
        return change_later(before, new, terms_of(before, old, new, wish))
    agreement = before.agreed_on(new.key).taking(wish.add_ons, wish.overrides)
    only = [each.key for each in wish.add_ons] if wish.only_add_ons(before) else None
    kept = overtaken(before, only, same_plan=wish.same_plan, same_currency=wish.currency is None)
    restart = how is Direction.RESTART
    after = change_now(kept, new, wish.seats, agreement, at=at, restart=restart, currency=wish.currency)
    return replace(after, since=since(before, after, old, new, at) if before.paid_from else {})


def in_force(
    before: Subscription, old: Plan, new: Plan, terms: NewTerms, *, at: datetime, whole: bool = False
) -> tuple[Direction, Subscription]:
    """Scheduled terms at their instant: how they are treated, and the subscription under them.

    A plan that bills in another rhythm, and another currency, wait for the end of the period, should one
    run by then; so do those that leave a period `whole`.
    """
    under = before.under(terms)
    wish = Wish(under.seats, When.DATE, at, terms.add_ons or (), currency=under.currency)
    how = treatment(old, new, before, wish)
    other = new.cadence not in {None, before.schedule.cadence} and how is not Direction.RESTART
    if before.paid_from is not None and (other or whole or under.currency != before.currency):
        left = replace(before, scheduled=terms_left(before.scheduled, at))
        end = before.period.end
        waits = added(left.scheduled, before.id, end, terms, with_period=True)
        return Direction.NEXT_PERIOD, replace(left, scheduled=waits)
    restart = how is Direction.RESTART
    after = with_terms(
        before, new, under.seats, under.agreement, at=at, restart=restart, currency=under.currency
    )
    return how, replace(after, since=since(before, after, old, new, at) if before.paid_from else {})


def terms_of(before: Subscription, old: Plan, new: Plan, wish: Wish) -> NewTerms:
    """What a wish names: the rest stays as it will be by then."""
    terms = NewTerms() if new is old or wish.same_plan else NewTerms(new.key, new.version)
    terms = replace(terms, add_ons=wish.add_ons or None, overrides=wish.overrides, currency=wish.currency)
    return terms if wish.seats == before.seats else replace(terms, seats=wish.seats)


def _more(before: Subscription, wish: Wish) -> bool:
    """Whether it asks for more of any add-on."""
    had = before.agreement.quantities()
    return any(each.quantity > had.get(each.key, 0) for each in wish.add_ons)


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
    about: str = "",
) -> Invoice | None:
    """The invoice of a change that takes effect now; None where there is nothing to settle.

    `about` tells it apart from one of the same instant that led to the same terms.
    """
    if before.paid_from is None:
        return None
    lines = [
        arrears_line(before, old, price, each.whole, each.part, usage)
        for price, each in used(before, after, old, new, how, at)
    ]
    for cadence in _cadences(old, new):
        lines += _settled(before, after, old, new, how, cadence, at)
    if how is Direction.RESTART:
        lines += opening_lines(after, new, after.period)
    if how is not Direction.NONE:
        lines += asked_once(after, old, new, at)
    add_ons = [f"{each.key}={each.quantity}" for each in after.agreement.add_ons]
    id_ = derived_id("inv", before.id, "change", at.isoformat(), new.ref, str(after.seats), *add_ons, about)
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


def settled_at_boundary(
    before: Subscription, after: Subscription, old: Plan, new: Plan, at: datetime
) -> list[Line]:
    """What other terms from a new period on settle of prices that are paid ahead for longer than that.

    In another currency it is what they ask.
    """
    had = before.agreement.quantities()
    more = any(n > had.get(key, 0) for key, n in after.agreement.quantities().items())
    up = (new.rank, after.seats, more) > (old.rank, before.seats, False)
    how = old.change.upgrade if up else old.change.downgrade
    if how in {Direction.NEXT_PERIOD, Direction.RESTART}:
        how = Direction.PRORATE
    if before.schedule != after.schedule and how is Direction.PRORATE:
        how = Direction.RESTART  # the new terms open periods of their own
    had, gone = before, old
    if after.currency != before.currency:
        had, gone, how = after, replace(new, prices=()), Direction.PRORATE
    lines: list[Line] = []
    for cadence in _cadences(gone, new):
        if own_schedule(had, cadence).period_at(at).start < at:
            lines += _settled(had, after, gone, new, how, cadence, at)
    return [*lines, *asked_once(after, old, new, at)]


def asked_once(after: Subscription, old: Plan, new: Plan, at: datetime) -> list[Line]:
    """What add-ons ask once, of those that came or that there are more of."""
    known = {price.key: price for price in old.prices}
    lines: list[Line] = []
    for price in new.prices:
        if price.cadence is not None or OF_ADD_ON not in price.key:
            continue
        had = known.get(price.key)
        if had is None:
            lines.append(once_line(after, new, price, at))
        elif price.source is Source.FIXED and price.quantity > had.quantity:
            lines.append(once_line(after, new, replace(price, quantity=price.quantity - had.quantity), at))
    return lines


def _cadences(old: Plan, new: Plan) -> dict[Cadence, None]:
    return {price.cadence: None for price in (*old.prices, *new.prices) if price.cadence}


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
    begun = max(period.start, subscription.begun_at)
    part = ratio(Period(begun, period.end), period, plan.change.basis, subscription.schedule.zone)
    share = first_share(subscription, period, part)
    coupons = subscription.coupons_at(begun, plan.key)
    return net_of(items, coupons, subscription.currency, share) if share else []


def _line(before: Subscription, old: Plan, new: Plan, found: Adjustment, at: datetime) -> Line:
    side = Side(found.side)
    plan = old if side is Side.CREDIT else new
    price = next(price for price in (*plan.prices, *old.prices) if price.key == found.key)
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

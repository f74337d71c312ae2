"""One billing moment of a subscription: the arrears of the period that closed, the advance of the next."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from fractions import Fraction
from typing import Any

from billing.core.agreed import OF_ADD_ON, same_terms
from billing.core.catalogue import Plan, Price, Source, Timing
from billing.core.ids import derived_id
from billing.core.invoicing import Invoice, Line, Usage, draft_of
from billing.core.money import Money
from billing.core.periods import (
    Anchoring,
    Cadence,
    FirstPart,
    Period,
    Schedule,
    anchored_in_calendar,
    ratio,
)
from billing.core.pricing import Rated, rate
from billing.core.rating import Span
from billing.core.subscription import Subscription


@dataclass(frozen=True, slots=True)
class Closing:
    """The period of its own cadence that a price paid behind is in, and the part of it to be billed."""

    whole: Period
    part: Period


def bill(
    subscription: Subscription,
    plan: Plan,
    *,
    closed: Period | None,
    opened: Period | None,
    usage: Mapping[str, Usage],
    tax_rates: Mapping[str, Fraction],
    at: datetime,
    before: Subscription | None = None,
    opening: Plan | None = None,
    late: Sequence[Line] = (),
) -> Invoice | None:
    """The draft of one billing moment: arrears of the period that closed, advance of the one that opened.

    The closed period is that of the subscription as it was `before`, under `plan`; the opened one is under
    `opening`, where that is another plan. `usage` is by price. `late` corrects lines of earlier moments. The
    very function behind preview and run. None when there is nothing to say. What opens in another currency
    is an invoice of its own.
    """
    lines: list[Line] = []
    before = before or subscription
    if closed is not None:
        going_on = (subscription, opening or plan) if opened else None
        parts = closing(before, plan, closed.end, going_on)
        for price in plan.prices:
            if price.key in parts:
                each = parts[price.key]
                lines.append(arrears_line(before, plan, price, each.whole, each.part, usage))
    lines += [*opening_lines(subscription, opening or plan, opened), *late]
    coupons = subscription.coupons_at(at, (opening or plan).key)
    other = [subscription.currency] if subscription.currency != before.currency else []
    id_ = derived_id("inv", subscription.id, at.isoformat(), *other)
    return draft_of(subscription, lines, plan, tax_rates, at, id_, coupons)


def closing(
    before: Subscription, plan: Plan, at: datetime, going_on: tuple[Subscription, Plan] | None
) -> dict[str, Closing]:
    """What each price paid behind bills when a period ends at an instant, by its key.

    That is a price whose own period ends with it, and one whose terms do not go on; where the subscription
    ends, every one.
    """
    found: dict[str, Closing] = {}
    for price in plan.prices:
        if price.cadence is None or price.timing is not Timing.ARREARS:
            continue
        own = own_schedule(before, price.cadence)
        number = own.index_at(at)
        ends = own.boundary(number) == at
        if ends or going_on is None or not goes_on(price, plan, before, going_on[1], going_on[0]):
            whole = own.period(number - 1 if ends else number)
            begun = _begun(before, price, whole)
            if begun < at:
                found[price.key] = Closing(whole, Period(begun, at))
    return found


def goes_on(price: Price, old: Plan, before: Subscription, new: Plan, after: Subscription) -> bool:
    """Whether a price is the same after a change. Those of another version of the plan begin anew.

    Those of add-ons go on under any plan, as long as their periods do. In another currency none does.
    """
    if before.currency != after.currency:
        return False
    if price.source is Source.SEATS and before.seats != after.seats:
        return False
    if OF_ADD_ON not in price.key and old.ref != new.ref:
        return False
    if price.cadence and own_schedule(before, price.cadence) != own_schedule(after, price.cadence):
        return False
    return any(other.key == price.key and same_terms(price, other) for other in new.prices)


def since(
    before: Subscription, after: Subscription, old: Plan, new: Plan, at: datetime
) -> dict[str, datetime]:
    """When the terms of each price of the new plan began, where they did not begin with the subscription."""
    known = {price.key: price for price in old.prices}
    found: dict[str, datetime] = {}
    for price in new.prices:
        if price.key in known and goes_on(known[price.key], old, before, new, after):
            if price.key in before.since:
                found[price.key] = before.since[price.key]
        else:
            found[price.key] = at
    return found


def _begun(subscription: Subscription, price: Price, whole: Period) -> datetime:
    """Where what a period of a price still closes begins."""
    begun = max(whole.start, subscription.begun_at)
    return max(begun, subscription.since.get(price.key, begun))


def used_until(subscription: Subscription, price: Price, at: datetime) -> Closing | None:
    """What a price paid behind has to bill of the period that runs at an instant, up to it."""
    whole = arrears_period(subscription, price, at)
    if whole is None:
        return None
    begun = _begun(subscription, price, whole)
    return Closing(whole, Period(begun, at)) if begun < at else None


def arrears_line(
    subscription: Subscription,
    plan: Plan,
    price: Price,
    whole: Period,
    part: Period,
    usage: Mapping[str, Usage],
) -> Line:
    """What a price asks for the part of its period that is behind.

    Of a part, the allowance and the minimum are those of its share of the period; tiers begin anew.
    """
    share = ratio(part, whole, plan.change.basis, subscription.schedule.zone)
    charged = first_share(subscription, whole, share)
    used = usage.get(price.key, Usage(Fraction(0)))
    metered = price.source is Source.METER
    quantity = used.detail or used.quantity if metered else _fixed(subscription, price)
    rated = rate(
        replace(price, allowance=price.allowance * share),
        subscription.currency,
        quantity,
        plan.rounding,
        span=Span(share=share),
        places=plan.rounding_places,
    )
    amount = rated.amount if metered else rated.amount.times(charged, plan.rounding)
    return _line(subscription, plan, price, part, rated, amount, used.manifest if metered else {})


def first_share(subscription: Subscription, whole: Period, share: Fraction) -> Fraction:
    """What share of a period is charged for time: of the first one, as its setting says."""
    if not whole.start < subscription.begun_at < whole.end:
        return share
    return {FirstPart.FREE: Fraction(0), FirstPart.FULL: Fraction(1)}.get(subscription.first_part, share)


def advance_period(subscription: Subscription, price: Price, at: datetime) -> Period | None:
    """The period of its own cadence that a price paid ahead is in at an instant."""
    if price.cadence is None or price.timing is not Timing.ADVANCE:
        return None
    return own_schedule(subscription, price.cadence).period_at(at)


def arrears_period(subscription: Subscription, price: Price, at: datetime) -> Period | None:
    """The period of its own cadence that a price paid behind is in at an instant."""
    if price.cadence is None or price.timing is not Timing.ARREARS:
        return None
    return own_schedule(subscription, price.cadence).period_at(at)


def opening_lines(subscription: Subscription, plan: Plan, opened: Period | None) -> list[Line]:
    """What is asked when a period opens: what is paid ahead, and at the very start the one-time prices."""
    if opened is None:
        return []
    lines: list[Line] = []
    for price in plan.prices:
        period = advance_period(subscription, price, opened.start)
        first = opened.start == subscription.paid_from
        if period is None and not (price.cadence is None and first):
            continue
        if period is None or opened.start in {period.start, subscription.begun_at}:
            lines.append(_opening_line(subscription, plan, price, period, opened))
    return lines


def _opening_line(
    subscription: Subscription, plan: Plan, price: Price, whole: Period | None, opened: Period
) -> Line:
    """What a price asks ahead: of a period that had begun before the start, for the rest of it."""
    quantity = _fixed(subscription, price)
    rated = rate(price, subscription.currency, quantity, plan.rounding, places=plan.rounding_places)
    if whole is None or whole.start == opened.start:
        return _line(subscription, plan, price, whole, rated, rated.amount, {})
    part = Period(opened.start, whole.end)
    share = ratio(part, whole, plan.change.basis, subscription.schedule.zone)
    charged = first_share(subscription, whole, share)
    return _line(subscription, plan, price, part, rated, rated.amount.times(charged, plan.rounding), {})


def once_line(subscription: Subscription, plan: Plan, price: Price, at: datetime) -> Line:
    """What a one-time price asks that came at an instant behind the start."""
    quantity = _fixed(subscription, price)
    rated = rate(price, subscription.currency, quantity, plan.rounding, places=plan.rounding_places)
    line = _line(subscription, plan, price, None, rated, rated.amount, {})
    return replace(line, id=f"{line.id}/{at.isoformat()}")


def _line(
    subscription: Subscription,
    plan: Plan,
    price: Price,
    period: Period | None,
    rated: Rated,
    amount: Money,
    manifest: Mapping[str, Any],
) -> Line:
    which = period.start.isoformat() if period else "once"
    return Line(
        id=f"{subscription.id}/{price.key}/v{plan.version}/{which}",
        price=price.key,
        name=price.name,
        period=period,
        timing=price.timing,
        quantity=rated.quantity,
        billed=rated.billed,
        amount=amount,
        tax_category=price.tax_category,
        parts=rated.parts,
        manifest=manifest,
    )


def _fixed(subscription: Subscription, price: Price) -> Fraction:
    return subscription.seats if price.source is Source.SEATS else price.quantity


def own_schedule(subscription: Subscription, cadence: Cadence) -> Schedule:
    """The periods of a price's own cadence: of the calendar, or from the anchor of its subscription."""
    anchor = subscription.schedule
    if subscription.anchoring is Anchoring.CALENDAR:
        return anchored_in_calendar(anchor.anchor, anchor.zone, cadence)
    return Schedule(anchor.anchor, anchor.zone, cadence, anchor.anchor_day)

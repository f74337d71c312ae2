"""A subscription stops, for good or for a while: what is still asked, what of the paid time given back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from fractions import Fraction

from billing.core.billing_run import advance_period
from billing.core.catalogue import Plan
from billing.core.ids import derived_id
from billing.core.invoicing import Invoice, Line, Usage
from billing.core.periods import Period
from billing.core.plan_change import settlement, used
from billing.core.policies import Direction, Paid
from billing.core.subscription import Subscription


def parting(
    before: Subscription,
    plan: Plan,
    paid: Paid,
    *,
    usage: Mapping[str, Usage],
    tax_rates: Mapping[str, Fraction],
    at: datetime,
) -> Invoice | None:
    """The invoice of a stop within a period: the settlement of a change to nothing. None without lines."""
    nothing = replace(plan, prices=())
    how = Direction.PRORATE if paid is Paid.CREDIT else Direction.NONE
    found = settlement(before, before, plan, nothing, how, usage=usage, tax_rates=tax_rates, at=at)
    return replace(found, id=derived_id("inv", before.id, "parting", at.isoformat())) if found else None


def still_asked(before: Subscription, plan: Plan, at: datetime) -> dict[str, Period]:
    """The part of its period that each price paid behind still asks for, by its key."""
    nothing = replace(plan, prices=())
    return {p.key: each.part for p, each in used(before, before, plan, nothing, Direction.NONE, at)}


def given_back(before: Subscription, plan: Plan, paid: Paid, at: datetime) -> tuple[Line, ...]:
    """What a stop at the end of a period gives back of prices that were paid for longer."""
    longer = [price for price in plan.prices if (own := advance_period(before, price, at)) and own.start < at]
    found = parting(before, replace(plan, prices=tuple(longer)), paid, usage={}, tax_rates={}, at=at)
    return tuple(line for line in found.lines if line.side) if found else ()

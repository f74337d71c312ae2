"""Coupons: what they take off which lines, for how long; each acts on what those before it left.

A promotion gives one to whoever orders, without a code.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from fractions import Fraction

from billing.core.errors import RuleError
from billing.core.instants import instant_text
from billing.core.languages import Texts
from billing.core.money import Money, total
from billing.core.record import Record
from billing.core.rounding import Rounding

WHOLE_PERCENT = Fraction(100)


@dataclass(frozen=True, slots=True)
class Coupon(Record):
    """A percentage, or a fixed amount by currency (major units), off the lines of some prices.

    `periods` None is for ever, 1 once. Empty `plans` and `prices` mean all. A fixed amount is given
    once per period, whatever the number of lines.
    """

    key: str
    name: str = ""
    percent: Fraction | None = None
    fixed: Mapping[str, Fraction] = field(default_factory=dict[str, Fraction])
    periods: int | None = None
    plans: tuple[str, ...] = ()
    prices: tuple[str, ...] = ()
    redemptions: int | None = None  # None: without limit
    redeem_by: datetime | None = None
    names: Texts | None = None
    descriptions: Texts | None = None

    def is_for(self, price: str) -> bool:
        """Whether it takes something off the lines of a price."""
        return not self.prices or price in self.prices

    def gives_in(self, currency: str) -> bool:
        """Whether it takes something off what is billed in a currency."""
        return self.percent is not None or currency in self.fixed

    def less(self, given: Money) -> Coupon:
        """What is left of a fixed amount after some of it was given; a percentage stays."""
        if given.currency not in self.fixed:
            return self
        rest = self.fixed[given.currency] - given.exact
        return replace(self, fixed={**self.fixed, given.currency: rest})


@dataclass(frozen=True, slots=True)
class Promotion(Record):
    """Gives a coupon to orders without a code, from `since` to before `until`.

    Of several that run the one of the lowest rank is tried first, then by key. Empty `plans` are those
    of its coupon.
    """

    key: str
    coupon: str
    since: datetime
    until: datetime | None = None  # None: until it is withdrawn
    plans: tuple[str, ...] = ()
    new_customers_only: bool = False
    rank: int = 0
    name: str = ""
    names: Texts | None = None
    descriptions: Texts | None = None

    @property
    def summary(self) -> str:
        """What it says, in one line."""
        until = f" to {instant_text(self.until)}" if self.until else ""
        plans = f", for {', '.join(self.plans)}" if self.plans else ""
        whom = ", for new customers" if self.new_customers_only else ""
        dates = f"coupon {self.coupon} from {instant_text(self.since)}{until}"
        return f"{self.name}: {dates}{plans}{whom}" if self.name else f"{dates}{plans}{whom}"


@dataclass(frozen=True, slots=True)
class Discount(Record):
    """What a coupon took off one line; `amount` is positive."""

    coupon: str
    line: int
    amount: Money


def redeem(coupon: Coupon, plan: str, currency: str, *, at: datetime, redeemed: int) -> None:
    """Refuse a coupon that has run out, is not for this plan or has no amount in the currency."""
    if coupon.redeem_by is not None and at > coupon.redeem_by:
        raise RuleError("coupon_expired", f"{coupon.key} had to be used earlier", "coupon")
    if coupon.redemptions is not None and redeemed >= coupon.redemptions:
        raise RuleError("coupon_used_up", f"{coupon.key} was redeemed {redeemed} times", "coupon")
    if coupon.plans and plan not in coupon.plans:
        raise RuleError("coupon_not_for_plan", f"{coupon.key} is for {', '.join(coupon.plans)}", "coupon")
    if not coupon.gives_in(currency):
        offered = ", ".join(coupon.fixed)
        raise RuleError("coupon_not_in_currency", f"{coupon.key} is in {offered}", "coupon")


@dataclass(frozen=True, slots=True)
class Redeemed(Record):
    """A coupon as it was when it was redeemed, and the billing moments it acts on: [since, until).

    `promotion` is what gave it, where that was one.
    """

    coupon: Coupon
    since: datetime
    until: datetime | None = None
    promotion: str | None = None

    def acts_at(self, at: datetime) -> bool:
        """Whether it takes something off what is billed at an instant."""
        return self.since <= at and (self.until is None or at < self.until)


def net_amounts(
    amounts: Sequence[tuple[str, Fraction]], coupons: Sequence[Coupon], currency: str
) -> tuple[Fraction, ...]:
    """Exact amounts of (price, amount) after coupons: what was, or will be, really charged."""
    left = [amount for _, amount in amounts]
    for coupon in coupons:
        targets = [n for n, (price, _) in enumerate(amounts) if coupon.is_for(price) and left[n] > 0]
        base = sum((left[n] for n in targets), Fraction(0))
        if targets:
            part = 1 - min(_off(coupon, base, currency) / base, Fraction(1))
            for n in targets:
                left[n] *= part
    return tuple(left)


def discounts(
    lines: Sequence[tuple[str, Money]],
    coupons: Sequence[Coupon],
    currency: str,
    rounding: Rounding = Rounding.HALF_UP,
) -> tuple[Discount, ...]:
    """What coupons take off lines of (price, amount), in the order of the coupons.

    Each coupon's sum is rounded once and split over its lines by their amounts, so that the parts
    sum to it; no line falls below zero.
    """
    left = [amount for _, amount in lines]
    found: list[Discount] = []
    for coupon in coupons:
        targets = [n for n, (price, _) in enumerate(lines) if coupon.is_for(price) and left[n].minor > 0]
        if not targets:
            continue
        base = total([left[n] for n in targets], currency)
        off = min(_money_off(coupon, base, rounding), base)
        for n, part in zip(targets, off.allocate([Fraction(left[n].minor) for n in targets]), strict=True):
            left[n] = left[n] - part
            if part:
                found.append(Discount(coupon.key, n, part))
    return tuple(found)


def _money_off(coupon: Coupon, base: Money, rounding: Rounding) -> Money:
    if coupon.percent is not None:
        return base.times(coupon.percent / WHOLE_PERCENT, rounding)
    fixed = coupon.fixed.get(base.currency)
    return Money.zero(base.currency) if fixed is None else Money.major(fixed, base.currency, rounding)


def _off(coupon: Coupon, value: Fraction, currency: str) -> Fraction:
    if coupon.percent is not None:
        return value * coupon.percent / WHOLE_PERCENT
    return coupon.fixed.get(currency, Fraction(0))

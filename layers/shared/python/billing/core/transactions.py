"""A percentage of each transaction: allowances first, then the rate, the fixed part and the bounds."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction

from billing.core.charges import ZERO, Percentage
from billing.core.record import Record


@dataclass(frozen=True, slots=True)
class Charged(Record):
    """What transactions cost in major units, and what the allowances took."""

    amount: Fraction = ZERO
    percentage_amount: Fraction = ZERO
    fixed_amount: Fraction = ZERO
    paid_amount: Fraction = ZERO
    paid_events: int = 0
    free_amount: Fraction = ZERO
    free_events: int = 0


def charge_transactions(charge: Percentage, transactions: Iterable[Fraction]) -> Charged:
    """Charge transactions in their order; the sums are exact."""
    waiting = deque(transactions)
    free_events, free_amount = 0, ZERO
    while waiting and _is_free(charge, waiting[0], free_events, free_amount):
        free_amount += waiting.popleft()
        free_events += 1
    rest = _rest_of_free_amount(charge, free_events, free_amount) if waiting else ZERO
    if waiting:
        waiting[0] -= rest
    percentages = [amount * charge.rate_percent / 100 for amount in waiting]
    return Charged(
        amount=sum((_within_bounds(charge, each) for each in percentages), ZERO),
        percentage_amount=sum(percentages, ZERO),
        fixed_amount=len(waiting) * charge.fixed_amount,
        paid_amount=sum(waiting, ZERO),
        paid_events=len(waiting),
        free_amount=free_amount + rest,
        free_events=free_events,
    )


def _is_free(charge: Percentage, amount: Fraction, events: int, used: Fraction) -> bool:
    """Whether a transaction falls wholly under what allowance is left."""
    if charge.free_events is None and charge.free_amount is None:
        return False
    if charge.free_events is not None and events >= charge.free_events:
        return False
    return charge.free_amount is None or (used < charge.free_amount and used + amount <= charge.free_amount)


def _rest_of_free_amount(charge: Percentage, events: int, used: Fraction) -> Fraction:
    """What the free amount still covers of the first transaction that is paid."""
    if charge.free_amount is None or (charge.free_events is not None and events >= charge.free_events):
        return ZERO
    return charge.free_amount - used


def _within_bounds(charge: Percentage, percentage: Fraction) -> Fraction:
    fee = percentage + charge.fixed_amount
    if charge.transaction_minimum is not None:
        fee = max(fee, charge.transaction_minimum)
    return fee if charge.transaction_maximum is None else min(fee, charge.transaction_maximum)

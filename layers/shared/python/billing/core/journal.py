"""Double entry: every fact is an entry whose legs sum to zero; nothing is ever changed.

Debits are positive. Sales and payments each keep a journal; both carry the control account
`collections`, whose two sides sum to zero but for what is on its way between them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from billing.core.errors import RuleError
from billing.core.money import Money
from billing.core.record import Record


class Account(StrEnum):
    """The accounts of the two journals."""

    RECEIVABLE = "receivable"
    REVENUE = "revenue"
    DEFERRED_REVENUE = "deferred_revenue"
    TAX_PAYABLE = "tax_payable"
    CUSTOMER_BALANCE = "customer_balance"
    WALLET_LIABILITY = "wallet_liability"
    BAD_DEBT = "bad_debt"
    ROUNDING = "rounding"
    COLLECTIONS = "collections"
    PROVIDER_CLEARING = "provider_clearing"
    BANK = "bank"
    FEES = "fees"
    DISPUTES = "disputes"


@dataclass(frozen=True, slots=True)
class Leg(Record):
    """One side of an entry: an account and minor units, debit positive."""

    account: Account
    minor: int


@dataclass(frozen=True, slots=True)
class Entry(Record):
    """One fact in the books of a legal entity, in one currency."""

    id: str
    at: datetime
    legal_entity: str
    currency: str
    about: str  # the document: invoice/..., payment/...
    legs: tuple[Leg, ...]

    def __post_init__(self) -> None:
        if sum(leg.minor for leg in self.legs):
            raise RuleError("entry_not_balanced", f"the legs of {self.id} do not sum to zero")


def entry(id_: str, at: datetime, legal_entity: str, about: str, *legs: tuple[Account, Money]) -> Entry:
    """An entry of these legs, one per account; legs of nothing are left out."""
    if not legs:
        raise RuleError("entry_empty", f"{id_} has no legs")
    currency = legs[0][1].currency
    sums: dict[Account, Money] = {}
    for account, amount in legs:
        sums[account] = sums.get(account, Money.zero(currency)) + amount
    kept = tuple(Leg(account, amount.minor) for account, amount in sums.items() if amount)
    return Entry(id_, at, legal_entity, currency, about, kept)


def payment_received(id_: str, at: datetime, legal_entity: str, about: str, amount: Money) -> Entry:
    """Payments' side of money that moved to us through a provider."""
    return entry(
        id_,
        at,
        legal_entity,
        about,
        (Account.PROVIDER_CLEARING, amount),
        (Account.COLLECTIONS, -amount),
    )


def payment_allocated(
    id_: str, at: datetime, legal_entity: str, about: str, allocated: Money, excess: Money
) -> Entry:
    """Sales' side: what pays the receivable, and what is the customer's from now on."""
    return entry(
        id_,
        at,
        legal_entity,
        about,
        (Account.COLLECTIONS, allocated + excess),
        (Account.RECEIVABLE, -allocated),
        (Account.CUSTOMER_BALANCE, -excess),
    )


def trial_balance(entries: Iterable[Entry]) -> dict[str, dict[Account, int]]:
    """Balances by currency and account, in minor units; each currency sums to zero."""
    balances: dict[str, dict[Account, int]] = defaultdict(lambda: defaultdict(int))
    for item in entries:
        for leg in item.legs:
            balances[item.currency][leg.account] += leg.minor
    return {currency: dict(accounts) for currency, accounts in balances.items()}

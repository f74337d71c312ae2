"""The books of payments, and what the provider's own list says of the same money."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from billing.aws.changes import JOURNAL_SHARDS
from billing.aws.table import Table, aggregate_pk
from billing.core.journal import Account, Entry, trial_balance
from payments.provider import ChargeLine, PaymentProvider


@dataclass(frozen=True, slots=True)
class Books:
    """Balances by currency and account, and whether each currency sums to zero."""

    balances: dict[str, dict[Account, int]]

    @property
    def sound(self) -> bool:
        """Whether nothing was booked on one side only."""
        return all(sum(accounts.values()) == 0 for accounts in self.balances.values())


@dataclass(frozen=True, slots=True)
class Difference:
    """Money that one side knows otherwise than the other; minor units, None where it knows nothing."""

    kind: str  # unknown_to_us, unknown_to_provider, charged_twice, amount_differs
    about: str
    currency: str
    ours: int | None = None
    theirs: int | None = None


def read_books(table: Table, tenant: str) -> Books:
    """Recompute the balances from the entries themselves."""
    return Books(trial_balance(entries(table, tenant)))


def reconcile(table: Table, tenant: str, provider: PaymentProvider) -> tuple[int, list[Difference]]:
    """Compare our books with the provider's own list, payment by payment: how many agree, what differs."""
    ours = _booked(entries(table, tenant))
    theirs: dict[str, list[ChargeLine]] = defaultdict(list)
    for line in provider.charges():
        theirs[line.attempt or line.ref].append(line)
    differences: list[Difference] = []
    for about in sorted(ours.keys() | theirs.keys()):
        found = _difference(about, ours.get(about), theirs.get(about, []))
        if found:
            differences.append(found)
    return len(ours.keys() | theirs.keys()) - len(differences), differences


def entries(table: Table, tenant: str) -> Iterator[Entry]:
    """Every journal entry of a tenant."""
    for shard in range(JOURNAL_SHARDS):
        for item in table.query(aggregate_pk(tenant, f"journal/{shard}"), "ENTRY#"):
            yield Entry.from_data(item)


def _booked(found: Iterator[Entry]) -> dict[str, tuple[str, int]]:
    """What the provider owes us for each payment, by its own journal entries."""
    booked: dict[str, tuple[str, int]] = {}
    for entry in found:
        about = entry.about.removeprefix("payment/")
        minor = sum(leg.minor for leg in entry.legs if leg.account is Account.PROVIDER_CLEARING)
        booked[about] = (entry.currency, booked.get(about, ("", 0))[1] + minor)
    return booked


def _difference(about: str, ours: tuple[str, int] | None, theirs: list[ChargeLine]) -> Difference | None:
    if not theirs:
        currency, minor = ours or ("", 0)
        return Difference("unknown_to_provider", about, currency, ours=minor) if minor else None
    currency = theirs[0].amount.currency
    kept = sum(line.amount.minor - line.refunded_minor for line in theirs)
    if ours is None:
        return Difference("unknown_to_us", about, currency, theirs=kept)
    if (currency, kept) == ours:
        return None
    kind = "charged_twice" if len(theirs) > 1 else "amount_differs"
    return Difference(kind, about, currency, ours=ours[1], theirs=kept)

"""The books of sales: balances of every account, and whether receivables equal the open invoices."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from billing.aws.changes import JOURNAL_SHARDS
from billing.aws.table import Table, aggregate_pk
from billing.aws.tenants import tenant_state
from billing.core.journal import Account, Entry, trial_balance
from sales.documents import stored_invoice
from sales.numbering import INVOICES, SERIES


@dataclass(frozen=True, slots=True)
class Books:
    """Balances by currency and account, what open invoices still ask, and gaps in the numbers."""

    balances: dict[str, dict[Account, int]]
    open_invoices: dict[str, int]
    numbering_gaps: list[str]

    @property
    def sound(self) -> bool:
        """Whether every currency sums to zero, receivables equal open invoices, and no number is missing."""
        zero = all(sum(accounts.values()) == 0 for accounts in self.balances.values())
        receivable = {
            currency: accounts.get(Account.RECEIVABLE, 0)
            for currency, accounts in self.balances.items()
            if accounts.get(Account.RECEIVABLE, 0)
        }
        still_open = {currency: minor for currency, minor in self.open_invoices.items() if minor}
        return zero and receivable == still_open and not self.numbering_gaps


def read_books(table: Table, tenant: str) -> Books:
    """Recompute everything from the entries and the documents themselves."""
    still_open: dict[str, int] = defaultdict(int)
    gaps: list[str] = []
    for entity in tenant_state(table, tenant).legal_entities:
        for series in SERIES:
            expected = 1
            for number, document in _numbered(table, tenant, entity.key, series):
                if number != expected:
                    gaps.append(f"{entity.key} {series} {expected}")
                expected = number + 1
                if series == INVOICES:
                    invoice, _ = stored_invoice(table, tenant, document)
                    still_open[invoice.currency] += invoice.due.minor
    balances = trial_balance(entries(table, tenant))
    return Books(balances, dict(still_open), gaps)


def entries(table: Table, tenant: str) -> Iterator[Entry]:
    """Every journal entry of a tenant."""
    for shard in range(JOURNAL_SHARDS):
        for item in table.query(aggregate_pk(tenant, f"journal/{shard}"), "ENTRY#"):
            yield Entry.from_data(item)


def _numbered(table: Table, tenant: str, entity: str, series: str) -> Iterator[tuple[int, str]]:
    """The documents of a series of a legal entity, in the order of their numbers."""
    prefix = f"NUMBER#{series}#"
    for item in table.query(aggregate_pk(tenant, f"entity/{entity}"), prefix):
        yield int(item["sk"].removeprefix(prefix)), item["document"]

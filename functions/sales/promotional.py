"""Use cases of promotional credit: given, listed, withdrawn; drawn where an invoice gets its number.

What is shown of an invoice that has none yet is made by the very function that draws.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime

from billing.aws.changes import Changes
from billing.aws.cursor import first_page, read_cursor
from billing.aws.items import Item
from billing.aws.table import Table, found
from billing.core.covered import Covered
from billing.core.errors import NotFoundError, RuleError
from billing.core.ids import derived_id
from billing.core.invoicing import Invoice
from billing.core.money import Money
from billing.core.promotional import PromotionalCredit, Purse, end_of, settled, undone
from sales.balances import in_hand
from sales.store import covered_key, customer_key, promotional_credit_key

PREFIX = "pcr"
MOST = 30  # with something left: each is one write of the invoice that draws them all
_LIST = "BALANCE#"


def give(
    changes: Changes, customer: str, amount: Money, reason: str, until: datetime | None, *, key: str
) -> PromotionalCredit:
    """Give a customer credit that acts on what is billed before `until`."""
    table, tenant, now = changes.table, changes.context.tenant, changes.context.now
    found(table, customer_key(tenant, customer), "customer")
    if until is not None and until <= now:
        raise RuleError("not_ahead", "the date lies ahead", "body.until")
    _, items = in_hand(table, tenant, customer, amount.currency)
    if sum(bool(_credit(item).left_at(now)) for item in items) >= MOST:
        message = f"there are {MOST} with something left in {amount.currency}; withdraw one"
        raise RuleError("too_many_credits", message)
    id_ = derived_id(PREFIX, tenant, key)
    credit = PromotionalCredit(id_, amount, reason, given_at=now, until=until)
    _put(changes, customer, credit, seen=None)
    return credit


def withdraw(changes: Changes, customer: str, credit: str) -> PromotionalCredit:
    """Take back what is left of a credit; what invoices took stays taken, what comes back lapses."""
    for item in _listed(changes.table, changes.context.tenant, customer):
        stored = _credit(item)
        if stored.id != credit:
            continue
        if stored.withdrawn_at is None:
            stored = replace(stored, withdrawn_at=changes.context.now)
            _put(changes, customer, stored, seen=item["version"])
        return stored
    raise NotFoundError("credit_not_found", "there is no such credit of this customer")


def page(
    table: Table, tenant: str, customer: str, cursor: str | None, size: int
) -> tuple[list[PromotionalCredit], str | None]:
    """A page of a customer's credits by currency, used up or not, and the cursor behind it."""
    after = read_cursor(cursor, _LIST)
    items, behind = first_page(_listed(table, tenant, customer, after), size)
    return [_credit(item) for item in items], behind


def draw(changes: Changes, draft: Invoice) -> tuple[Invoice, Money]:
    """A draft as it is numbered, and the customer's balance; what credit it takes is taken with its number.

    Each credit is written under the version that was read, so that of two invoices one draws first.
    """
    table, tenant = changes.table, changes.context.tenant
    balance, items = in_hand(table, tenant, draft.customer, draft.currency)
    if not items:
        return draft, balance
    before, lines = _known(table, tenant, draft, items)
    invoice, after = settled(draft, before)
    _store(changes, draft, items, lines, before, after)
    return invoice, balance


def undo(changes: Changes, invoice: Invoice, *, annulled: bool) -> None:
    """Give back what an invoice took that is credited whole."""
    table, tenant = changes.table, changes.context.tenant
    _, items = in_hand(table, tenant, invoice.customer, invoice.currency)
    before, lines = _known(table, tenant, invoice, items)
    _store(changes, invoice, items, lines, before, undone(invoice, before, annulled=annulled))


def as_billed(table: Table, tenant: str, draft: Invoice) -> Invoice:
    """A draft as it would be numbered now."""
    return Ahead(table, tenant).as_billed(draft)


class Ahead:
    """Drafts that will follow each other, each as it will be numbered behind those before it."""

    def __init__(self, table: Table, tenant: str) -> None:
        self._table, self._tenant = table, tenant
        self._purses: dict[str, Purse] = {}

    def as_billed(self, draft: Invoice) -> Invoice:
        """The next one; nothing is written."""
        purse = self._purses.get(draft.currency)
        if purse is None:
            purse = _purse(in_hand(self._table, self._tenant, draft.customer, draft.currency)[1], {})
        if purse.credits:
            new = [end for end in _ends(draft) if end not in purse.lines]
            more = _purse([], _lines(self._table, self._tenant, draft, new)).lines
            draft, purse = settled(draft, replace(purse, lines={**more, **purse.lines}))
        self._purses[draft.currency] = purse
        return draft


def _known(table: Table, tenant: str, invoice: Invoice, items: list[Item]) -> tuple[Purse, dict[str, Item]]:
    lines = _lines(table, tenant, invoice, _ends(invoice))
    return _purse(items, lines), lines


def _store(
    changes: Changes, of: Invoice, items: list[Item], lines: dict[str, Item], before: Purse, after: Purse
) -> None:
    """Write what an invoice moved, each item under the version that was read."""
    versions = {_credit(item).id: item["version"] for item in items}
    for old, new in zip(before.credits, after.credits, strict=True):
        if new != old:
            _put(changes, of.customer, new, seen=versions[new.id])
    for end, covered in after.lines.items():
        if covered != before.lines.get(end, ()):
            key = covered_key(changes.context.tenant, of.customer, of.currency, end)
            seen = lines[end]["version"] if end in lines else None
            data = [each.to_data() for each in covered]
            changes.put({**key, "lines": data}, seen=seen, label="lines paid by credit")


def _purse(items: list[Item], lines: dict[str, Item]) -> Purse:
    known = {end: tuple(Covered.from_data(data) for data in item["lines"]) for end, item in lines.items()}
    return Purse(tuple(_credit(item) for item in items), known)


def _ends(draft: Invoice) -> list[str]:
    return sorted({end_of(line) for line in draft.lines if line.period})


def _lines(table: Table, tenant: str, draft: Invoice, ends: list[str]) -> dict[str, Item]:
    keys = {end: covered_key(tenant, draft.customer, draft.currency, end) for end in ends}
    return {end: item for end, key in keys.items() if (item := table.get(**key))}


def _listed(table: Table, tenant: str, customer: str, after: str | None = None) -> Iterator[Item]:
    items = table.query(customer_key(tenant, customer)["pk"], _LIST, after=after)
    return (item for item in items if "#CREDIT#" in item["sk"])


def _credit(item: Item) -> PromotionalCredit:
    return PromotionalCredit.from_data(item["data"])


def _put(changes: Changes, customer: str, credit: PromotionalCredit, *, seen: int | None) -> None:
    key = promotional_credit_key(changes.context.tenant, customer, credit.amount.currency, credit.id)
    changes.put({**key, "data": credit.to_data()}, seen=seen, label="promotional credit")

"""Use cases of price experiments: which arm an order gets, and what became of the subscriptions of each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import islice

from billing.aws.changes import Changes
from billing.aws.cursor import first_page, read_cursor
from billing.aws.items import Item
from billing.aws.table import Table, aggregate_pk, found
from billing.core.agreed import Agreement
from billing.core.credit import CreditStatus
from billing.core.experiments import Arm, Experiment
from billing.core.invoicing import Invoice
from billing.core.states import Status
from billing.core.subscription import Subscription
from sales.documents import credit_notes
from sales.store import (
    catalogue_key,
    credits_key,
    customer_key,
    invoice_key,
    participant_key,
    subscription_key,
)

PREFIX = "SUB#"
PAGE = 1000  # subscriptions of one answer
PIECE = 50  # subscriptions, or invoices with their counters, of one read


@dataclass(slots=True)
class Figures:
    """What became of the subscriptions that began in an arm; amounts are net, in minor units by currency.

    A subscription counts in the currency it began in, what it was billed in that of each invoice.
    """

    arm: Arm
    started: Counter[str] = field(default_factory=Counter[str])
    ended: int = 0
    billed: Counter[str] = field(default_factory=Counter[str])

    @property
    def currencies(self) -> list[str]:
        """Those that anything is in."""
        return sorted({*self.started, *(currency for currency, minor in self.billed.items() if minor)})

    def add(self, subscription: Subscription, began_in: str, invoices: Iterable[Billed]) -> None:
        """Count one more, with what it was billed."""
        self.started[began_in] += 1
        self.ended += subscription.status is Status.ENDED
        for each in invoices:
            self.billed[each.currency] += each.of(subscription.id)


@dataclass(frozen=True, slots=True)
class Billed:
    """What the lines of an invoice ask, less what its credit notes gave back of them: line, minor units."""

    customer: str
    currency: str
    lines: Sequence[tuple[str, int]]

    def of(self, subscription: str) -> int:
        """What a subscription was billed on it."""
        return sum(minor for line, minor in self.lines if line.startswith(f"{subscription}/"))


def assigned(
    table: Table,
    tenant: str,
    plan: str,
    agreement: Agreement,
    *,
    who: str | None,
    customer: str,
    at: datetime,
) -> Agreement:
    """What an order of a plan agrees on at an instant: in an experiment also the terms of its arm.

    `who` is drawn for, a visitor or the customer; a customer stays in the arm of its first subscription.
    A bundle has terms of its own and takes no part.
    """
    if agreement.bundle is not None:
        return agreement
    experiment = _running(table, tenant, plan, at)
    if experiment is None:
        return agreement
    pk = participant_key(tenant, experiment.key, "", "")["pk"]
    known = next(table.query(pk, f"{PREFIX}{customer}#", limit=1), None)
    arm = _arm(experiment, known["arm"]) if known else experiment.arm_of(who)
    return replace(agreement, overrides=arm.overrides, cohort=experiment.cohort(arm))


def index(changes: Changes, new: Subscription) -> None:
    """Count a subscription that begins in an experiment; the others write nothing."""
    if new.agreement.cohort is not None:
        experiment, _, arm = new.agreement.cohort.partition("/")
        key = participant_key(changes.context.tenant, experiment, new.customer, new.id)
        row = {"arm": arm, "customer": new.customer, "subscription": new.id, "currency": new.currency}
        changes.keep({**key, **row})


def compared(
    table: Table, tenant: str, key: str, cursor: str | None = None
) -> tuple[Experiment, list[Figures], str | None]:
    """The arms of an experiment and what became of a page of those that began in each; running or not.

    Behind the page there may be a cursor: whoever reads on adds up.
    """
    item = found(table, catalogue_key(tenant, "EXPERIMENT", key), "experiment")
    experiment = Experiment.from_data(item["data"])
    figures = {arm.key: Figures(arm) for arm in experiment.arms}
    listed = table.query(
        participant_key(tenant, key, "", "")["pk"], PREFIX, after=read_cursor(cursor, PREFIX)
    )
    page, behind = first_page(listed, PAGE)
    for piece in _pieces(iter(page)):
        keys = [subscription_key(tenant, row["subscription"]) for row in piece]
        stored = [Subscription.from_data(each["data"]) for each in table.some(keys)]
        billed = list(_billed(table, tenant, {row["customer"] for row in piece}))
        for row in piece:
            [subscription] = [each for each in stored if each.id == row["subscription"]]
            theirs = [each for each in billed if each.customer == row["customer"]]
            figures[row["arm"]].add(subscription, row["currency"], theirs)
    return experiment, list(figures.values()), behind


def _running(table: Table, tenant: str, plan: str, at: datetime) -> Experiment | None:
    rows = table.query(aggregate_pk(tenant, "catalogue"), "EXPERIMENT#")
    every = (Experiment.from_data(row["data"]) for row in rows if not row.get("withdrawn"))
    return next((each for each in every if each.plan == plan and each.runs_at(at)), None)


def _arm(experiment: Experiment, key: str) -> Arm:
    return next(arm for arm in experiment.arms if arm.key == key)


def _billed(table: Table, tenant: str, customers: Iterable[str]) -> Iterator[Billed]:
    """Every finalized invoice of some customers; its credit notes are read where there are any."""
    listed = (row for each in customers for row in table.query(customer_key(tenant, each)["pk"], "INV#"))
    for piece in _pieces(listed):
        ids = [row["invoice"] for row in piece]
        keys = [key(tenant, id_) for id_ in ids for key in (invoice_key, credits_key)]
        items = table.some(keys)
        credited = {item["pk"] for item in items if item["sk"] == "CREDITS"}
        for item in items:
            if item["sk"] == "INVOICE":
                invoice = Invoice.from_data(item["data"])
                lines = [(line.id, line.amount.minor) for line in invoice.lines]
                if item["pk"] in credited:
                    lines += _given_back(table, tenant, invoice.id)
                yield Billed(invoice.customer, invoice.currency, lines)


def _given_back(table: Table, tenant: str, invoice: str) -> list[tuple[str, int]]:
    notes = [note for note, _ in credit_notes(table, tenant, invoice) if note.status is CreditStatus.ISSUED]
    return [(line.line, -line.amount.minor) for note in notes for line in note.lines]


def _pieces(rows: Iterator[Item]) -> Iterator[list[Item]]:
    while piece := list(islice(rows, PIECE)):
        yield piece

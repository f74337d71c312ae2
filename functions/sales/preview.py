"""What the next invoice would be: the very function that bills, nothing written."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from itertools import islice, takewhile

from billing.aws.table import Table, found
from billing.core.errors import NotFoundError
from billing.core.invoicing import Invoice
from billing.core.pausing import comes_at
from billing.core.plan_change import Wish
from billing.core.policies import Direction
from billing.core.subscription import Status, Subscription
from sales import promotions
from sales.orders import NOBODY, Opening, Order, opening_of
from sales.plan_changes import PlanChange
from sales.promotional import Ahead, as_billed
from sales.steps import Step, billed_at, foreseen, walk
from sales.store import customer_key
from sales.subscriptions import stored_subscription
from sales.together import draft_id, shares, together

_MOST_STEPS = 12  # without an invoice: a free plan has none
_MOST_MISSED = 60  # of a start dated back: more are not shown


def quote(
    table: Table, tenant: str, order: Order, *, customer: str | None, zone: str, at: datetime
) -> Opening:
    """What an order would begin and be billed at once, for a customer or for somebody new in a zone."""
    if customer is not None:
        zone = found(table, customer_key(tenant, customer), "customer")["zone"]
    opening = opening_of(table, tenant, order, customer or NOBODY, "sub_quoted", zone=zone, now=at)
    taken = promotions.taken(table, tenant, opening, order.coupon, now=at)
    return replace(opening, subscription=taken.subscription) if taken else opening


def billed_at_once(table: Table, tenant: str, opening: Opening) -> Invoice | None:
    """What an order is billed at once, as it will be numbered."""
    invoice = opening.invoice()
    return as_billed(table, tenant, invoice) if invoice else None


def first_invoice(table: Table, tenant: str, opening: Opening) -> Invoice | None:
    """What an order is billed first: at once, or behind its trial, for who can be charged then."""
    if opening.subscription.paid_from is not None:
        return billed_at_once(table, tenant, opening)
    steps = islice(foreseen(table, tenant, opening.subscription, charged=True), _MOST_STEPS)
    return next((step.invoice for step in steps if step.invoice), None)


def missed(table: Table, tenant: str, opening: Opening, *, known: bool, at: datetime) -> list[Invoice]:
    """What follows at once of a start dated back, moment by moment; somebody new can be charged."""
    if opening.subscription.status is Status.SCHEDULED:
        return []
    charged = None if known else True
    steps = foreseen(table, tenant, opening.subscription, charged=charged, behind=opening.invoice())
    made = (step.invoice for step in takewhile(lambda step: step.at <= at, steps))
    return list(islice((invoice for invoice in made if invoice), _MOST_MISSED))


def upcoming_of_customer(table: Table, tenant: str, customer: str) -> list[Invoice]:
    """What a customer is billed next: all invoices of that instant, shared where they will be."""
    found(table, customer_key(tenant, customer), "customer")
    ahead: list[tuple[Subscription, Step]] = []
    for listed in table.query(customer_key(tenant, customer)["pk"], "SUB#"):
        if listed.get("due_at") is not None:
            stored, _ = stored_subscription(table, tenant, listed["sk"].removeprefix("SUB#"))
            steps = islice(walk(table, tenant, stored), _MOST_STEPS)
            ahead += islice(((stored, step) for step in steps if step.invoices), 1)
    drafts: dict[str, Invoice] = {}
    for stored, step in ahead:
        if step.at > min(each.at for _, each in ahead):
            continue
        for mine in step.invoices:
            if step.opens and shares(table, tenant, stored):
                rounding, pays = step.plan.rounding, replace(stored, currency=mine.currency)
                id_ = draft_id(pays, step.at, rounding)
                drafts[id_] = together(table, tenant, drafts.get(id_), pays, mine, step.at, rounding)
            else:
                drafts[mine.id] = mine
    billed = Ahead(table, tenant)
    return [billed.as_billed(each) for each in drafts.values()]


def of_change(table: Table, tenant: str, made: PlanChange, wish: Wish) -> tuple[Invoice, ...]:
    """What is billed at the moment at which a change comes, where that lies ahead."""
    if made.invoice is not None or (made.how is not Direction.NEXT_PERIOD and wish.at is None):
        return ()
    at = wish.at or comes_at(made.after, made.after.period.end)
    return billed_at(table, tenant, made.after, at)


def upcoming(table: Table, tenant: str, subscription: str) -> tuple[Invoice, ...]:
    """The draft that comes next, with the usage known so far: by the very steps that will make it.

    Two where the currency changes: in the old one first.
    """
    stored, _ = stored_subscription(table, tenant, subscription)
    if stored.status is Status.ENDED:
        raise NotFoundError("nothing_upcoming", "this subscription has ended")
    steps = islice(foreseen(table, tenant, stored), _MOST_STEPS)
    invoices = next((step.invoices for step in steps if step.invoices), ())
    if not invoices:
        raise NotFoundError("nothing_upcoming", "nothing is to be billed")
    return invoices

"""Use cases of account statements: asked for by the request, drawn and sealed behind it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from billing.aws.changes import Changes
from billing.aws.items import Item
from billing.aws.table import found
from billing.core.account import Move, Statement
from billing.core.document import Span
from billing.core.errors import RuleError
from billing.core.ids import derived_id
from billing.core.money import total
from billing.core.periods import local_date, start_of_day
from events.sales import StatementDrawnV1
from sales import account
from sales.commands import DrawStatementV1
from sales.records import statement_record
from sales.store import customer_key, legal_entity

PREFIX = "stm"
MOST_MOVES = 2_000  # that a document shows; a year of a busy customer has a tenth
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Wanted:
    """Of which days (both included) and account, in whose name, and whether by mail."""

    first: date
    last: date
    currency: str | None = None
    legal_entity: str | None = None
    mail: bool = False


def request(changes: Changes, customer: Item, wanted: Wanted, *, key: str) -> list[tuple[str, str]]:
    """Ask for one statement a currency: their ids and currencies."""
    table, tenant = changes.table, changes.context.tenant
    today = local_date(changes.context.now, customer["zone"])
    if wanted.first > wanted.last:
        raise RuleError("span_backwards", "`first` is the earlier day", "first")
    if wanted.last > today:
        raise RuleError("span_not_over", f"at most until today, {today}", "last")
    if wanted.legal_entity:
        legal_entity(table, tenant, wanted.legal_entity)
    known = account.currencies(table, tenant, customer["id"])
    chosen = [currency for currency in known if wanted.currency in {None, currency}]
    if not chosen:
        there = f"; one of: {', '.join(known)}" if known else ""
        raise RuleError("account_empty", f"nothing was ever billed to this customer in it{there}", "currency")
    asked = [(derived_id(PREFIX, tenant, key, currency), currency) for currency in chosen]
    for id_, currency in asked:
        _refuse_long(changes, customer, wanted, currency)
        command = DrawStatementV1(
            statement=id_,
            customer=customer["id"],
            currency=currency,
            first=wanted.first.isoformat(),
            last=wanted.last.isoformat(),
            legal_entity=wanted.legal_entity,
            mail=wanted.mail,
        )
        changes.send("work", command, subject=f"statement/{id_}", about="draw")
    return asked


def draw(changes: Changes, order: DrawStatementV1) -> Statement:
    """Sum up what was before, list what happened, seal it and say so."""
    table, context = changes.table, changes.context
    customer = found(table, customer_key(context.tenant, order.customer), "customer")
    first, last = date.fromisoformat(order.first), date.fromisoformat(order.last)
    before, within = _split(changes, customer, first, last, order.currency)
    named = order.legal_entity or next((move.legal_entity for move in reversed(before + within)), None)
    drawn = Statement(
        id=order.statement,
        number=f"{last:%Y%m%d}-{order.statement[-6:].upper()}",
        customer=order.customer,
        legal_entity=legal_entity(table, context.tenant, named).key,
        currency=order.currency,
        zone=customer["zone"],
        span=Span(first, last),
        drawn_at=context.now,
        opening=total([move.amount for move in before], order.currency),
        moves=tuple(within),
    )
    changes.emit(_said(changes, drawn, mail=order.mail), subject=f"statement/{drawn.id}", sequence=1)
    return drawn


def _split(
    changes: Changes, customer: Item, first: date, last: date, currency: str
) -> tuple[list[Move], list[Move]]:
    """What moved the account before the first day, and from it to the last."""
    begin, end = start_of_day(first, customer["zone"]), start_of_day(last + _DAY, customer["zone"])
    moves = list(account.moves(changes.table, changes.context.tenant, customer["id"], currency, end))
    before = [move for move in moves if move.at < begin]
    return before, moves[len(before) :]


def _refuse_long(changes: Changes, customer: Item, wanted: Wanted, currency: str) -> None:
    _, within = _split(changes, customer, wanted.first, wanted.last, currency)
    if len(within) > MOST_MOVES:
        raise RuleError("span_too_long", f"{len(within)} movements, at most {MOST_MOVES}", "first")


def _said(changes: Changes, drawn: Statement, *, mail: bool) -> StatementDrawnV1:
    return StatementDrawnV1(
        statement=drawn.id,
        number=drawn.number,
        customer=drawn.customer,
        legal_entity=drawn.legal_entity,
        currency=drawn.currency,
        first=drawn.span.first.isoformat(),
        last=drawn.span.last.isoformat(),
        opening_minor=drawn.opening.minor,
        closing_minor=drawn.closing.minor,
        mail=mail,
        record=statement_record(changes.context.tenant, drawn),
    )

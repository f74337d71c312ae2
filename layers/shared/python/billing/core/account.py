"""A customer's account in one currency: what each fact changes of what is owed, and a statement of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from billing.core.document import Span
from billing.core.journal import Account, Entry
from billing.core.money import Money, total
from billing.core.record import Record

_OWED = frozenset({Account.RECEIVABLE, Account.CUSTOMER_BALANCE})


class MoveKind(StrEnum):
    """What moved an account; in the order they are told where they happen at one instant."""

    INVOICE = "invoice"
    CREDIT_NOTE = "credit_note"
    PAYMENT = "payment"
    REFUND = "refund"
    WRITE_OFF = "write_off"


@dataclass(frozen=True, slots=True)
class Move(Record):
    """What one fact changed of what a customer owes: positive is more."""

    at: datetime
    kind: MoveKind
    number: str  # of the document it is known by
    amount: Money
    legal_entity: str


@dataclass(frozen=True, slots=True)
class Statement(Record):
    """What happened on an account in a span of days, and what was owed before; drawn once, never changed."""

    id: str
    number: str
    customer: str
    legal_entity: str  # in whose name it is written
    currency: str
    zone: str  # whose days they are
    span: Span
    drawn_at: datetime
    opening: Money
    moves: tuple[Move, ...]

    @property
    def closing(self) -> Money:
        """What is owed at its end; negative is the customer's."""
        return self.opening + total([move.amount for move in self.moves], self.currency)


def owed(entry: Entry) -> Money:
    """What an entry of the books changes of what its customer owes: receivables less what is the customer's.

    Balance that pays an invoice changes nothing: it was the customer's before.
    """
    return Money(sum(leg.minor for leg in entry.legs if leg.account in _OWED), entry.currency)

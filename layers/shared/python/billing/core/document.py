"""What a document says, exactly: the one model that PDF, XML, HTML and JSON are views of.

Built from a finalized record and from nothing that can change later; amounts, dates and quantities are exact
here, and become text in one place.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from fractions import Fraction

from billing.core.money import Money
from billing.core.record import Record


class DocumentKind(StrEnum):
    """What a document is."""

    INVOICE = "invoice"
    CREDIT_NOTE = "credit_note"
    RECEIPT = "receipt"
    REMINDER = "reminder"
    STATEMENT = "statement"


class TaxCode(StrEnum):
    """Why a line is taxed as it is: the codes of EN 16931 (UNTDID 5305) that a seller of services needs."""

    STANDARD = "S"
    ZERO = "Z"
    EXEMPT = "E"
    REVERSE_CHARGE = "AE"
    EXPORT = "G"


@dataclass(frozen=True, slots=True)
class Address(Record):
    """Where a party is; the country is an ISO 3166 code of two letters."""

    country: str
    street: str = ""
    more: str = ""
    postcode: str = ""
    city: str = ""
    region: str = ""


@dataclass(frozen=True, slots=True)
class Party(Record):
    """A seller or a buyer as the document names it.

    `endpoint` is where e-invoices reach it, as scheme:id (`9930:DE123456789`, `0204:04011000-1234512345-35`).
    """

    name: str
    address: Address | None = None
    tax_id: str | None = None
    registration: str | None = None
    email: str | None = None
    phone: str | None = None
    endpoint: str | None = None


@dataclass(frozen=True, slots=True)
class BankAccount(Record):
    """Where money may be sent to."""

    iban: str
    bic: str | None = None


@dataclass(frozen=True, slots=True)
class Span(Record):
    """From the first to the last day something is for, both included."""

    first: date
    last: date


@dataclass(frozen=True, slots=True)
class Step(Record):
    """One step of a line's calculation: so many units at such a price, in major units."""

    quantity: Fraction
    unit_amount: Fraction
    flat_amount: Fraction
    amount: Fraction


@dataclass(frozen=True, slots=True)
class LineOff(Record):
    """What was taken off one line, and why; positive. Negative is what a line does not give back of it."""

    reason: str
    amount: Money


@dataclass(frozen=True, slots=True)
class DocumentLine(Record):
    """One line. `unit_amount` is there only where quantity times it, less `off`, is the amount exactly."""

    id: str
    name: str
    amount: Money
    tax: TaxCode
    rate_percent: Fraction
    quantity: Fraction = Fraction(1)
    unit_amount: Fraction | None = None
    span: Span | None = None
    used: Fraction | None = None  # where it is explained: what was counted,
    charged: Fraction | None = None  # what was charged of it
    steps: tuple[Step, ...] = ()
    off: tuple[LineOff, ...] = ()

    @property
    def gross(self) -> Money:
        """The amount before anything was taken off."""
        return sum((off.amount for off in self.off), self.amount)


@dataclass(frozen=True, slots=True)
class Discount(Record):
    """What is taken off the whole document, before tax; positive."""

    reason: str
    amount: Money
    tax: TaxCode
    rate_percent: Fraction


@dataclass(frozen=True, slots=True)
class TaxRow(Record):
    """The tax of one code and rate: on what, how much."""

    tax: TaxCode
    rate_percent: Fraction
    taxable: Money
    amount: Money
    rounded: int = 1  # how many amounts were rounded one by one before they were summed here


@dataclass(frozen=True, slots=True)
class Reference(Record):
    """Another document this one speaks of."""

    number: str
    issued_on: date | None = None


@dataclass(frozen=True, slots=True)
class OpenItem(Record):
    """An invoice that waits to be paid."""

    number: str
    issued_on: date
    due_on: date
    total: Money
    open: Money


@dataclass(frozen=True, slots=True)
class DatedPart(Record):
    """An instalment: what is to be paid by a day."""

    due_on: date
    amount: Money


@dataclass(frozen=True, slots=True)
class Movement(Record):
    """A row of an account statement; what the customer owes is positive, and `balance` stands after it."""

    on: date
    kind: str  # invoice, credit_note, payment, refund or write_off
    number: str
    amount: Money
    balance: Money


@dataclass(frozen=True, slots=True)
class Document(Record):
    """A document. What a kind does not need is empty: only a statement has movements."""

    kind: DocumentKind
    id: str
    number: str
    issued_on: date
    currency: str
    seller: Party
    buyer: Party
    locale: str = "en"
    lines: tuple[DocumentLine, ...] = ()
    discounts: tuple[Discount, ...] = ()
    taxes: tuple[TaxRow, ...] = ()
    total: Money | None = None
    prepaid: Money | None = None  # paid or credited before it was issued
    due: Money | None = None
    due_on: date | None = None  # of the first instalment, where there are some
    span: Span | None = None
    corrects: Reference | None = None
    order: str | None = None  # the buyer's purchase order
    buyer_reference: str | None = None  # how the buyer finds it: a Leitweg-ID, a cost centre
    account: BankAccount | None = None
    payment_reference: str | None = None
    pay_link: str | None = None
    paid_on: date | None = None
    paid_with: str | None = None
    paid: Money | None = None  # what a receipt confirms
    reason: str | None = None  # of a credit note
    level: int = 0  # of a reminder
    exemption: str | None = None  # the seller's words for tax code E
    open_items: tuple[OpenItem, ...] = ()
    opening: Money | None = None
    movements: tuple[Movement, ...] = ()
    instalments: tuple[DatedPart, ...] = ()  # in which what is due is paid

    @property
    def next_payment(self) -> Money | None:
        """What a payment slip asks for: what is due, or the first instalment of it."""
        return self.instalments[0].amount if self.instalments else self.due

    @property
    def net(self) -> Money:
        """The sum of the lines less the discounts."""
        sum_ = Money.zero(self.currency)
        for line in self.lines:
            sum_ = sum_ + line.amount
        for discount in self.discounts:
            sum_ = sum_ - discount.amount
        return sum_

    @property
    def tax(self) -> Money:
        """The sum of the taxes."""
        return sum((row.amount for row in self.taxes), Money.zero(self.currency))

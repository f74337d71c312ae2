"""Credit notes: a finalized invoice is never changed, so a correction is a document of its own."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from fractions import Fraction

from billing.core.errors import RuleError
from billing.core.ids import derived_id
from billing.core.invoicing import Invoice, InvoiceStatus, Line, Tax
from billing.core.journal import Account, Entry, entry
from billing.core.money import Money, total
from billing.core.record import Record
from billing.core.totals import Totalled

CREDITABLE = frozenset({InvoiceStatus.OPEN, InvoiceStatus.PAID})


class CreditStatus(StrEnum):
    """A draft has no number yet: it may wait until collection of its invoice pauses."""

    DRAFT = "draft"
    ISSUED = "issued"


@dataclass(frozen=True, slots=True)
class CreditLine(Record):
    """What is given back of one line of the invoice, net."""

    line: str
    name: str
    amount: Money
    tax_category: str
    account: Account


@dataclass(frozen=True, slots=True)
class CreditNote(Totalled):
    """A correction of one invoice in the customer's favour.

    Its total first lowers what is due (`applied`); the rest is the customer's balance, and is sent
    back where `refund` asks for it. One that `annuls` takes back all of the invoice, also what that gave.
    """

    id: str
    invoice: str
    customer: str
    legal_entity: str
    currency: str
    created_at: datetime
    reason: str
    lines: tuple[CreditLine, ...]
    taxes: tuple[Tax, ...]
    refund: bool = False
    annuls: bool = False
    status: CreditStatus = CreditStatus.DRAFT
    number: str | None = None
    issued_at: datetime | None = None
    applied_minor: int = 0
    balance_minor: int = 0

    def _parts(self) -> tuple[str, tuple[CreditLine, ...], tuple[Tax, ...]]:
        return self.currency, self.lines, self.taxes

    @property
    def refund_minor(self) -> int:
        """What is to be sent back."""
        return self.balance_minor if self.refund else 0


def draft_credit(
    id_: str,
    invoice: Invoice,
    earlier: Sequence[CreditNote],
    wanted: Mapping[str, Money] | None,
    *,
    reason: str,
    refund: bool,
    at: datetime,
    annul: bool = False,
) -> CreditNote:
    """Draft a credit of net amounts by line, or of everything not yet credited.

    Earlier credits count, drafts too, so that all of them together never exceed the invoice. To `annul` it is
    to credit what it asks less what it gives back: the one was never sold, the other never left.
    """
    if invoice.status not in CREDITABLE:
        raise RuleError("invoice_not_creditable", f"it is {invoice.status}; only open or paid ones")
    left = _left(invoice, earlier)
    amounts = left if wanted is None else wanted
    lines = tuple(_line(invoice, name, amount, left) for name, amount in amounts.items() if amount)
    if annul:
        lines += tuple(_credited(line, line.amount) for line in invoice.lines if line.amount.minor < 0)
    if not lines:
        raise RuleError("nothing_to_credit", "every line is credited already", "lines")
    return CreditNote(
        id=id_,
        invoice=invoice.id,
        customer=invoice.customer,
        legal_entity=invoice.legal_entity,
        currency=invoice.currency,
        created_at=at,
        reason=reason,
        lines=lines,
        taxes=_taxes(invoice, earlier, lines),
        refund=refund,
        annuls=annul,
    )


def issue_credit(
    note: CreditNote, invoice: Invoice, number: str, *, at: datetime
) -> tuple[CreditNote, Invoice]:
    """Give a credit its number: the note and the invoice after it.

    Of one that was given up on while the credit waited it lowers the loss: nobody paid that.
    """
    due = invoice.unpaid if invoice.status is InvoiceStatus.WRITTEN_OFF else invoice.due
    applied = min(note.total, due) if due.minor > 0 else Money.zero(invoice.currency)
    issued = replace(
        note,
        status=CreditStatus.ISSUED,
        number=number,
        issued_at=at,
        applied_minor=applied.minor,
        balance_minor=(note.total - applied).minor,
    )
    after = replace(invoice, credited_minor=invoice.credited_minor + applied.minor)
    if after.status is InvoiceStatus.OPEN and not after.due:
        after = replace(after, status=InvoiceStatus.PAID if after.paid_minor else InvoiceStatus.VOID)
    return issued, after


def credited_whole(invoice: Invoice, notes: Sequence[CreditNote]) -> bool:
    """Whether nothing is left that could be credited of an invoice."""
    return not any(_left(invoice, notes).values())


def credit_entry(note: CreditNote, *, lost: bool = False) -> Entry:
    """The books of an issued credit: revenue and tax are taken back; of what was lost, less is."""
    if note.issued_at is None:
        raise RuleError("credit_is_draft", "a draft is not in the books")
    legs = [(line.account, line.amount) for line in note.lines]
    legs += [
        (Account.TAX_PAYABLE, note.tax),
        (Account.BAD_DEBT if lost else Account.RECEIVABLE, -Money(note.applied_minor, note.currency)),
        (Account.CUSTOMER_BALANCE, -Money(note.balance_minor, note.currency)),
    ]
    id_ = derived_id("txn", note.id, "issued")
    return entry(id_, note.issued_at, note.legal_entity, f"credit_note/{note.id}", *legs)


def refund_entry(id_: str, at: datetime, legal_entity: str, about: str, amount: Money) -> Entry:
    """Sales' side of money sent back: it is not the customer's balance any more."""
    return entry(
        id_, at, legal_entity, about, (Account.CUSTOMER_BALANCE, amount), (Account.COLLECTIONS, -amount)
    )


def _left(invoice: Invoice, earlier: Iterable[CreditNote]) -> dict[str, Money]:
    """What is not credited yet, by line; lines in the customer's favour cannot be credited."""
    left = {line.id: line.amount for line in invoice.lines if line.amount.minor > 0}
    for note in earlier:
        for line in note.lines:
            if line.amount.minor > 0:
                left[line.line] = left[line.line] - line.amount
    return left


def _line(invoice: Invoice, name: str, amount: Money, left: Mapping[str, Money]) -> CreditLine:
    field = f"lines.{name}"
    if name not in left:
        raise RuleError("unknown_line", f"one of: {', '.join(left)}", field)
    if not Money.zero(invoice.currency) < amount <= left[name]:
        raise RuleError("amount_out_of_range", f"more than nothing, at most {left[name]}", field)
    return _credited(next(line for line in invoice.lines if line.id == name), amount)


def _credited(line: Line, amount: Money) -> CreditLine:
    return CreditLine(line.id, line.name, amount, line.tax_category, line.account)


def _taxes(invoice: Invoice, earlier: Sequence[CreditNote], lines: Sequence[CreditLine]) -> tuple[Tax, ...]:
    """The tax given back: in proportion, rounded on the running sum, so that all credits sum to the tax."""
    found: list[Tax] = []
    for tax in invoice.taxes:
        now = total([line.amount for line in lines if line.tax_category == tax.category], invoice.currency)
        if not now:
            continue
        notes = [t for note in earlier for t in note.taxes if t.category == tax.category]
        before = total([t.taxable for t in notes], invoice.currency)
        given = total([t.amount for t in notes], invoice.currency)
        share = Fraction((before + now).minor, tax.taxable.minor)
        found.append(Tax(tax.category, tax.rate_percent, now, tax.amount.times(share) - given))
    return tuple(found)

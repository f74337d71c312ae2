"""From a finalized record to its document: the parties as they were known, every figure as it was decided."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from fractions import Fraction

from billing.core.account import Statement
from billing.core.credit import CreditNote
from billing.core.currency import exponent
from billing.core.document import (
    BankAccount,
    Document,
    DocumentKind,
    DocumentLine,
    LineOff,
    Movement,
    OpenItem,
    Party,
    Reference,
    Span,
    Step,
    TaxCode,
    TaxRow,
)
from billing.core.document_instalments import dated_parts
from billing.core.document_tax import tax_code
from billing.core.errors import RuleError
from billing.core.invoicing import Invoice, Line, Tax
from billing.core.money import Money
from billing.core.periods import Period, local_date
from billing.core.record import Record
from billing.core.references import payment_reference

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Seller(Record):
    """Who issues: the party, where money goes, and what its law wants said."""

    party: Party
    account: BankAccount | None = None
    exemption: str | None = None


@dataclass(frozen=True, slots=True)
class Buyer(Record):
    """Who is asked to pay: the party, its language and days, and what it wants to find."""

    party: Party
    locale: str = "en"
    zone: str = "UTC"
    order: str | None = None
    reference: str | None = None


def invoice_document(invoice: Invoice, seller: Seller, buyer: Buyer, pay_link: str | None = None) -> Document:
    """The document of a finalized invoice, as it stood when it got its number."""
    if invoice.number is None or invoice.issued_at is None:
        raise RuleError("invoice_is_draft", "a draft has no document")
    lines = tuple(_line(line, invoice, seller, buyer) for line in invoice.lines)
    asks = bool(invoice.due)
    parts = dated_parts(invoice, buyer.zone)
    due_on = local_date(invoice.due_at, buyer.zone) if invoice.due_at else None
    return Document(
        kind=DocumentKind.INVOICE,
        id=invoice.id,
        number=invoice.number,
        issued_on=local_date(invoice.issued_at, buyer.zone),
        currency=invoice.currency,
        seller=seller.party,
        buyer=buyer.party,
        locale=buyer.locale,
        lines=lines,
        taxes=_tax_rows(lines, invoice.taxes, seller, buyer),
        total=invoice.total,
        prepaid=invoice.total - invoice.due,
        due=invoice.due,
        due_on=parts[0].due_on if parts else due_on,
        span=_whole_span(lines),
        order=buyer.order,
        buyer_reference=buyer.reference,
        account=seller.account if asks else None,
        payment_reference=payment_reference(invoice.number, seller.account.iban)
        if asks and seller.account
        else None,
        pay_link=pay_link if asks else None,
        exemption=seller.exemption,
        instalments=parts,
    )


def credit_document(note: CreditNote, corrects: Reference, seller: Seller, buyer: Buyer) -> Document:
    """The document of an issued credit note; its amounts are positive, in the customer's favour."""
    if note.number is None or note.issued_at is None:
        raise RuleError("credit_is_draft", "a draft has no document")
    rates = {tax.category: tax.rate_percent for tax in note.taxes}
    lines = tuple(
        DocumentLine(
            id=line.line,
            name=line.name,
            amount=line.amount,
            rate_percent=rates.get(line.tax_category, Fraction(0)),
            tax=tax_code(rates.get(line.tax_category, Fraction(0)), seller.party, buyer.party),
            quantity=Fraction(1 if line.amount.minor >= 0 else -1),
            unit_amount=abs(_major(line.amount)),
        )
        for line in note.lines
    )
    return Document(
        kind=DocumentKind.CREDIT_NOTE,
        id=note.id,
        number=note.number,
        issued_on=local_date(note.issued_at, buyer.zone),
        currency=note.currency,
        seller=seller.party,
        buyer=buyer.party,
        locale=buyer.locale,
        lines=lines,
        taxes=_tax_rows(lines, note.taxes, seller, buyer),
        total=note.total,
        due=note.total,
        corrects=corrects,
        order=buyer.order,
        buyer_reference=buyer.reference,
        reason=note.reason,
        exemption=seller.exemption,
    )


def receipt_document(
    invoice: Document,
    id_: str,
    paid_at: datetime,
    zone: str,
    method: str | None = None,
    *,
    paid: Money | None = None,
) -> Document:
    """The receipt of an invoice that was paid: the same figures, and nothing left to pay.

    `paid` is what came in, where a credit note met the rest of the total.
    """
    total = invoice.total or Money.zero(invoice.currency)
    return replace(
        invoice,
        kind=DocumentKind.RECEIPT,
        id=id_,
        issued_on=local_date(paid_at, zone),
        corrects=Reference(invoice.number, invoice.issued_on),
        prepaid=total,
        paid=total if paid is None else paid,
        due=Money.zero(invoice.currency),
        due_on=None,
        instalments=(),
        account=None,
        payment_reference=None,
        pay_link=None,
        paid_on=local_date(paid_at, zone),
        paid_with=method,
    )


def reminder_document(
    base: Document, id_: str, at: datetime, zone: str, level: int, items: Sequence[OpenItem]
) -> Document:
    """A letter about invoices that wait to be paid, in the name of the latest of them."""
    opened = sum((item.open for item in items), Money.zero(base.currency))
    return replace(
        base,
        kind=DocumentKind.REMINDER,
        id=id_,
        issued_on=local_date(at, zone),
        lines=(),
        discounts=(),
        taxes=(),
        span=None,
        total=opened,
        prepaid=None,
        due=opened,
        due_on=None,
        instalments=(),
        level=level,
        open_items=tuple(items),
    )


def statement_document(drawn: Statement, seller: Seller, buyer: Buyer) -> Document:
    """What happened on an account in a span of days, and what is owed at its end."""
    return Document(
        kind=DocumentKind.STATEMENT,
        id=drawn.id,
        number=drawn.number,
        issued_on=local_date(drawn.drawn_at, drawn.zone),
        currency=drawn.currency,
        seller=seller.party,
        buyer=buyer.party,
        locale=buyer.locale,
        span=drawn.span,
        due=drawn.closing,
        opening=drawn.opening,
        movements=tuple(_movements(drawn)),
    )


def _movements(drawn: Statement) -> Iterator[Movement]:
    balance = drawn.opening
    for move in drawn.moves:
        balance = balance + move.amount
        yield Movement(local_date(move.at, drawn.zone), move.kind.value, move.number, move.amount, balance)


def _line(line: Line, invoice: Invoice, seller: Seller, buyer: Buyer) -> DocumentLine:
    rates = {tax.category: tax.rate_percent for tax in invoice.taxes}
    rate = rates.get(line.tax_category, Fraction(0))
    quantity, unit_amount = _priced(line)
    stepwise = len(line.parts) > 1 or bool(line.parts and line.parts[0].unit_amount != unit_amount)
    return DocumentLine(
        id=line.id,
        name=line.name,
        amount=line.amount,
        tax=tax_code(rate, seller.party, buyer.party),
        rate_percent=rate,
        quantity=quantity,
        unit_amount=unit_amount,
        span=_span(line.period, buyer.zone) if line.period else None,
        used=line.quantity if line.parts else None,
        charged=line.billed if line.parts else None,
        steps=tuple(
            Step(part.quantity, part.unit_amount, part.flat_amount, part.amount)
            for part in line.parts
            if stepwise and (part.quantity or part.amount)
        ),
        off=tuple(LineOff(discount.coupon, discount.amount) for discount in line.discounts),
    )


def _priced(line: Line) -> tuple[Fraction, Fraction | None]:
    """The quantity and unit price whose product is the amount, exactly; else one piece of no unit price."""
    gross = sum((discount.amount for discount in line.discounts), line.amount)
    if len(line.parts) == 1 and not line.parts[0].flat_amount:
        (part,) = line.parts
        if part.quantity > 0 and part.unit_amount >= 0 and part.quantity * part.unit_amount == _major(gross):
            return part.quantity, part.unit_amount
    if len(line.parts) > 1:
        return Fraction(1), None
    amount = _major(gross)
    return (Fraction(1), amount) if amount >= 0 else (Fraction(-1), -amount)


def _tax_rows(
    lines: Sequence[DocumentLine], taxes: Sequence[Tax], seller: Seller, buyer: Buyer
) -> tuple[TaxRow, ...]:
    """One row per code and rate: what sales taxed, then what it did not."""
    rows: dict[tuple[TaxCode, Fraction], TaxRow] = {}
    for tax in taxes:
        code = tax_code(tax.rate_percent, seller.party, buyer.party)
        key, row = (code, tax.rate_percent), TaxRow(code, tax.rate_percent, tax.taxable, tax.amount)
        known = rows.get(key)
        rows[key] = _summed(known, row) if known else row
    for line in lines:
        if line.rate_percent:
            continue
        row = TaxRow(line.tax, Fraction(0), line.amount, Money.zero(line.amount.currency))
        known = rows.get((line.tax, Fraction(0)))
        rows[line.tax, Fraction(0)] = replace(_summed(known, row), rounded=1) if known else row
    return tuple(rows.values())


def _summed(one: TaxRow, other: TaxRow) -> TaxRow:
    return replace(
        one,
        taxable=one.taxable + other.taxable,
        amount=one.amount + other.amount,
        rounded=one.rounded + other.rounded,
    )


def _span(period: Period, zone: str) -> Span:
    """A half-open interval as its first and last day."""
    first, end = local_date(period.start, zone), local_date(period.end, zone)
    return Span(first, max(first, end - _DAY))


def _whole_span(lines: Sequence[DocumentLine]) -> Span | None:
    spans = [line.span for line in lines if line.span]
    return Span(min(s.first for s in spans), max(s.last for s in spans)) if spans else None


def _major(amount: Money) -> Fraction:
    return Fraction(amount.minor, 10 ** exponent(amount.currency))

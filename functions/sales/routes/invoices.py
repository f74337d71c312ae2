"""Routes of invoices and of the books they are in."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from billing.aws.bodies import Amount, View
from billing.aws.cursor import first_page, read_cursor
from billing.aws.http import Api
from billing.aws.table import aggregate_pk, own_table
from billing.core.ids import customer_id
from billing.core.instalments import left_of
from billing.core.instants import instant_text
from billing.core.invoicing import Invoice, InvoiceStatus, Line
from sales import books
from sales.documents import stored_invoice
from sales.promotional import as_billed

PAGE = 50


class TierView(View):
    """The part of a quantity in one tier; decimals as text, amounts in major units."""

    tier: int = 1
    quantity: str
    unit_amount: str
    flat_amount: str
    amount: str
    cut: str = "0"


class DiscountView(View):
    """What a coupon took off a line, or a promotional `credit`: then `coupon` says why that was given.

    What a line that gives back returns to a credit is negative.
    """

    coupon: str
    amount: Amount
    credit: str | None = None


class LineView(View):
    """A line with its calculation."""

    id: str
    name: str
    period_start: str | None
    period_end: str | None
    quantity: str
    billed: str
    amount: Amount
    side: str | None = None
    discounts: list[DiscountView]
    tiers: list[TierView]
    reason: str | None = None

    @classmethod
    def of(cls, line: Line) -> LineView:
        """A line as an answer."""
        data = line.to_data()
        return cls(
            id=line.id,
            name=line.name,
            period_start=instant_text(line.period.start) if line.period else None,
            period_end=instant_text(line.period.end) if line.period else None,
            quantity=data["quantity"],
            billed=data["billed"],
            amount=Amount(**line.amount.to_data()),
            side=line.side.value if line.side else None,
            discounts=[DiscountView(**discount) for discount in data["discounts"]],
            tiers=[TierView(**part) for part in data["parts"]],
            reason=line.reason,
        )


class InstalmentView(View):
    """A dated part of an invoice, and what of it is still to be paid."""

    due_at: str
    amount: Amount
    due: Amount


class InvoiceView(View):
    """An invoice; a draft has no number, and the instalments it would have."""

    id: str
    customer: str
    status: str
    number: str | None = None
    issued_at: str | None = None
    due_at: str | None = None
    net: Amount
    tax: Amount
    total: Amount
    due: Amount
    lines: list[LineView]
    instalments: list[InstalmentView] = []

    @classmethod
    def of(cls, invoice: Invoice, now: datetime | None = None) -> InvoiceView:
        """An invoice as an answer; a draft is issued at its own instant, or now where that is past."""
        return cls(
            id=invoice.id,
            customer=invoice.customer,
            status=invoice.status.value,
            number=invoice.number,
            issued_at=instant_text(invoice.issued_at) if invoice.issued_at else None,
            due_at=instant_text(invoice.due_at) if invoice.due_at else None,
            net=Amount(**invoice.net.to_data()),
            tax=Amount(**invoice.tax.to_data()),
            total=Amount(**invoice.total.to_data()),
            due=Amount(**invoice.due.to_data()),
            lines=[LineView.of(line) for line in invoice.lines],
            instalments=_instalments(invoice, now),
        )


class UpcomingView(InvoiceView):
    """An invoice to come; where the currency changes `also` the one of the new currency, at that instant."""

    also: InvoiceView | None = None

    @classmethod
    def of_all(cls, invoices: Sequence[Invoice], now: datetime | None = None) -> UpcomingView:
        """One or two of one moment as an answer."""
        first, *more = [InvoiceView.of(invoice, now) for invoice in invoices]
        return cls(**dict(first), also=more[0] if more else None)

    @classmethod
    def of_any(cls, invoices: Sequence[Invoice]) -> UpcomingView | None:
        """Those of one moment, where it has some."""
        return cls.of_all(invoices) if invoices else None


def _instalments(invoice: Invoice, now: datetime | None) -> list[InstalmentView]:
    at = max(now or invoice.created_at, invoice.created_at)
    parts = invoice.instalments_at(at) if invoice.status is InvoiceStatus.DRAFT else invoice.instalments
    left = left_of(parts, paid=invoice.paid_minor, credited=invoice.credited_minor)
    if invoice.status is InvoiceStatus.WRITTEN_OFF:
        left = (0,) * len(parts)
    return [
        InstalmentView(
            due_at=instant_text(part.due_at),
            amount=Amount(**part.amount.to_data()),
            due=Amount(minor=minor, currency=invoice.currency),
        )
        for part, minor in zip(parts, left, strict=True)
    ]


class InvoiceList(View):
    """A page of invoices, newest first; `next` goes on behind it."""

    invoices: list[InvoiceView]
    next: str | None = None


class BooksView(View):
    """Balances by currency and account in minor units, and whether everything agrees."""

    sound: bool
    balances: dict[str, dict[str, int]]
    open_invoices: dict[str, int]
    numbering_gaps: list[str]


def register(api: Api) -> None:
    """Add the routes."""

    @api.get("/sales/invoices/<invoice>", scope="sales:read")
    def read_invoice(invoice: str) -> InvoiceView:  # pyright: ignore[reportUnusedFunction]
        """An invoice with its lines; one that has no number yet as it will be numbered."""
        table, tenant = own_table(), api.identity.tenant
        stored, _ = stored_invoice(table, tenant, invoice)
        draft = stored.status is InvoiceStatus.DRAFT
        return InvoiceView.of(as_billed(table, tenant, stored) if draft else stored)

    @api.get("/sales/customers/<customer>/invoices", scope="sales:read")
    def list_invoices(customer: str, cursor: str | None = None) -> InvoiceList:  # pyright: ignore[reportUnusedFunction]
        """A customer's numbered invoices, newest first."""
        table, tenant = own_table(), api.identity.tenant
        pk = aggregate_pk(tenant, f"customer/{customer_id(tenant, customer)}")
        listed = table.query(pk, "INV#", after=read_cursor(cursor, "INV#"), newest_first=True)
        page, behind = first_page(listed, PAGE)
        found = [stored_invoice(table, tenant, item["invoice"])[0] for item in page]
        return InvoiceList(invoices=[InvoiceView.of(invoice) for invoice in found], next=behind)

    @api.get("/sales/books", scope="sales:read")
    def read_books() -> BooksView:  # pyright: ignore[reportUnusedFunction]
        """The balances of sales, and whether they agree with the documents."""
        found = books.read_books(own_table(), api.identity.tenant)
        balances = {
            currency: {account.value: minor for account, minor in accounts.items()}
            for currency, accounts in found.balances.items()
        }
        return BooksView(
            sound=found.sound,
            balances=balances,
            open_invoices=found.open_invoices,
            numbering_gaps=found.numbering_gaps,
        )

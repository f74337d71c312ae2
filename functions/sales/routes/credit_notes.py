"""Routes of credit notes, and of giving up on an invoice."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from billing.aws.bodies import Amount, Command, View
from billing.aws.http import Api
from billing.aws.table import own_table
from billing.core.credit import CreditNote
from billing.core.instants import instant_text
from billing.core.money import Money
from sales import credits
from sales.documents import credit_note_page, stored_invoice
from sales.finalization import write_off_invoice
from sales.routes.invoices import InvoiceView
from sales.routes.models import Line

PAGE = 50


class CreditBody(Command):
    """What to credit: net minor units by line id, or everything that is left; `refund` sends it back."""

    reason: Line
    lines: Annotated[dict[str, Annotated[int, Field(gt=0)]], Field(min_length=1)] | None = None
    refund: bool = False


class CreditNoteView(View):
    """A credit note; a draft has no number."""

    id: str
    invoice: str
    status: str
    number: str | None = None
    issued_at: str | None = None
    reason: str
    net: Amount
    tax: Amount
    total: Amount
    applied: Amount
    balance: Amount

    @classmethod
    def of(cls, note: CreditNote) -> CreditNoteView:
        """A credit note as an answer."""
        return cls(
            id=note.id,
            invoice=note.invoice,
            status=note.status.value,
            number=note.number,
            issued_at=instant_text(note.issued_at) if note.issued_at else None,
            reason=note.reason,
            net=Amount(**note.net.to_data()),
            tax=Amount(**note.tax.to_data()),
            total=Amount(**note.total.to_data()),
            applied=Amount(minor=note.applied_minor, currency=note.currency),
            balance=Amount(minor=note.balance_minor, currency=note.currency),
        )


class CreditNoteList(View):
    """A page of credit notes; `next` goes on behind it."""

    credit_notes: list[CreditNoteView]
    next: str | None = None


class WriteOffBody(Command):
    """Why nobody expects this money any more."""

    reason: Line


def register(api: Api) -> None:
    """Add the routes."""

    @api.post("/sales/invoices/<invoice>/credit-notes", scope="sales:write", status=202)
    def request_credit_note(invoice: str, body: CreditBody) -> CreditNoteView:  # pyright: ignore[reportUnusedFunction]
        """Credit an invoice; the note gets its number as soon as collection of the invoice pauses."""
        changes = api.changes()
        currency = stored_invoice(changes.table, api.identity.tenant, invoice)[0].currency
        lines = body.lines
        wanted = {line: Money(minor, currency) for line, minor in lines.items()} if lines else None
        note = credits.request_credit(
            changes, invoice, wanted, reason=body.reason, refund=body.refund, key=api.key
        )
        return CreditNoteView.of(note)

    @api.get("/sales/invoices/<invoice>/credit-notes", scope="sales:read")
    def list_credit_notes(invoice: str, cursor: str | None = None) -> CreditNoteList:  # pyright: ignore[reportUnusedFunction]
        """The credit notes of an invoice."""
        found, behind = credit_note_page(own_table(), api.identity.tenant, invoice, cursor, PAGE)
        return CreditNoteList(credit_notes=[CreditNoteView.of(note) for note in found], next=behind)

    @api.post("/sales/invoices/<invoice>/write-off", scope="sales:write")
    def write_off(invoice: str, body: WriteOffBody) -> InvoiceView:  # pyright: ignore[reportUnusedFunction]
        """Give up on an open invoice; what is due becomes a loss in the books."""
        return InvoiceView.of(write_off_invoice(api.changes(), invoice, body.reason))

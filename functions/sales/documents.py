"""Invoices in the table: to items and back, and what the others hear of one."""

from __future__ import annotations

from billing.aws.items import Item
from billing.aws.table import Table
from billing.core.invoicing import Invoice
from events.sales import InvoicePart
from sales.store import found, invoice_key


def invoice_item(tenant: str, invoice: Invoice) -> Item:
    """The item of an invoice with its lines."""
    return {**invoice_key(tenant, invoice.id), "data": invoice.to_data()}


def stored_invoice(table: Table, tenant: str, invoice: str) -> tuple[Invoice, int]:
    """An invoice and its stored version."""
    item = found(table, invoice_key(tenant, invoice), "invoice")
    return Invoice.from_data(item["data"]), item["version"]


def invoice_part(invoice: Invoice) -> InvoicePart:
    """What the others need to know of a finalized invoice."""
    if invoice.number is None or invoice.due_at is None:
        raise ValueError(f"{invoice.id} is not finalized")
    return InvoicePart(
        invoice=invoice.id,
        customer=invoice.customer,
        legal_entity=invoice.legal_entity,
        currency=invoice.currency,
        number=invoice.number,
        total_minor=invoice.total.minor,
        due_minor=invoice.due.minor,
        due_at=invoice.due_at,
        subscription=invoice.subscription,
    )

"""Routes of what is sold without a subscription."""

from __future__ import annotations

from fractions import Fraction
from typing import Annotated

from pydantic import Field, StringConstraints

from billing.aws.bodies import Command
from billing.aws.http import Api
from billing.aws.table import own_table
from billing.core.currency import exponent
from billing.core.errors import RuleError
from billing.core.ids import customer_id
from billing.core.quantities import parse_decimal
from sales import one_off
from sales.one_off import Item, Sale
from sales.promotional import as_billed
from sales.routes.invoices import InvoiceView
from sales.routes.models import Currency, Id, Key, Line

Decimal = Annotated[str, StringConstraints(max_length=32)]


class ItemBody(Command):
    """A `product` of the catalogue; or what was agreed: its `name` and `unit_amount` in major units."""

    product: Key | None = None
    name: Line | None = None
    unit_amount: Decimal | None = None
    tax_category: Key = "standard"
    quantity: Decimal = "1"

    def item(self, field: str) -> Item:
        """The same in the words of the use cases."""
        quantity = _positive(self.quantity, f"{field}.quantity")
        if self.product is not None:
            if self.name is not None or self.unit_amount is not None:
                message = "a product has its name and price in the catalogue"
                raise RuleError("product_or_price", message, f"{field}.product")
            if quantity.denominator != 1:
                raise RuleError("not_whole", "products are sold in whole pieces", f"{field}.quantity")
            return Item(quantity, self.product)
        if self.name is None or self.unit_amount is None:
            message = "name a product, or both name and unit_amount"
            raise RuleError("missing_field", message, field)
        amount = _positive(self.unit_amount, f"{field}.unit_amount")
        return Item(quantity, None, self.name, amount, self.tax_category)


class SaleBody(Command):
    """What a customer buys once; it is invoiced at once."""

    customer: Id
    currency: Currency
    items: list[ItemBody] = Field(min_length=1, max_length=100)
    legal_entity: Key | None = None
    coupon: Key | None = None
    instalments: Key | None = None  # the scheme it is paid in

    def sale(self, tenant: str) -> Sale:
        """The same in the words of the use cases."""
        exponent(self.currency, "body.currency")
        items = [each.item(f"body.items[{n}]") for n, each in enumerate(self.items)]
        customer = customer_id(tenant, self.customer)
        return Sale(customer, self.currency, items, self.legal_entity, self.coupon, self.instalments)


def register(api: Api) -> None:
    """Add the routes."""

    @api.post("/sales/invoices", scope="sales:write", status=201)
    def sell_once(body: SaleBody) -> InvoiceView:  # pyright: ignore[reportUnusedFunction]
        """Invoice what a customer buys once, without a subscription."""
        tenant = api.identity.tenant
        made = one_off.sell(api.changes(), body.sale(tenant), key=api.key)
        return InvoiceView.of(as_billed(own_table(), tenant, made))

    @api.ask("/sales/invoices/preview", scope="sales:read")
    def preview_sale(body: SaleBody) -> InvoiceView:  # pyright: ignore[reportUnusedFunction]
        """The invoice it would be; nothing is written."""
        tenant = api.identity.tenant
        found = one_off.preview(own_table(), tenant, body.sale(tenant), api.context.now)
        return InvoiceView.of(found)


def _positive(text: str, field: str) -> Fraction:
    value = parse_decimal(text, field)
    if value <= 0:
        raise RuleError("not_positive", "must be above zero; money goes back by a credit note", field)
    return value

"""Use cases of one-off invoices: what is sold without a subscription, previewed and invoiced."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction

from billing.aws.changes import Changes
from billing.aws.table import Table, found
from billing.core.discounts import Coupon
from billing.core.errors import RuleError
from billing.core.ids import derived_id
from billing.core.instalments import Terms
from billing.core.invoicing import Invoice
from billing.core.one_off import Sold, agreed_price, of_product, one_off
from events.foundation import LegalEntity
from sales import catalogue, coupons
from sales.moments import tax_rates
from sales.promotional import as_billed
from sales.store import customer_key, legal_entity
from sales.subscriptions import store_draft


@dataclass(frozen=True, slots=True)
class Item:
    """What is sold: a product of the catalogue, or what was agreed; so many of it.

    `unit_amount` in major units.
    """

    quantity: Fraction
    product: str | None = None
    name: str = ""
    unit_amount: Fraction = Fraction(0)
    tax_category: str = "standard"


@dataclass(frozen=True, slots=True)
class Sale:
    """What a customer buys once; `entity` None is the tenant's first."""

    customer: str
    currency: str
    items: Sequence[Item]
    entity: str | None = None
    coupon: str | None = None
    instalments: str | None = None  # the scheme it is paid in


def sell(changes: Changes, sale: Sale, *, key: str) -> Invoice:
    """Invoice it now; a coupon is counted in the same transaction."""
    context = changes.context
    id_ = derived_id("inv", context.tenant, "one-off", key)
    coupon = coupons.redeemed_once(changes, sale.coupon, sale.currency, id_) if sale.coupon else None
    invoice = _drafted(changes.table, context.tenant, id_, sale, coupon, context.now)
    store_draft(changes, invoice)
    return invoice


def preview(table: Table, tenant: str, sale: Sale, at: datetime) -> Invoice:
    """The invoice it would be; nothing is written."""
    coupon = coupons.tried_once(table, tenant, sale.coupon, sale.currency, at) if sale.coupon else None
    return as_billed(table, tenant, _drafted(table, tenant, "inv_preview", sale, coupon, at))


def _drafted(table: Table, tenant: str, id_: str, sale: Sale, coupon: Coupon | None, at: datetime) -> Invoice:
    customer = found(table, customer_key(tenant, sale.customer), "customer")
    issuer = legal_entity(table, tenant, sale.entity)
    sold: list[Sold] = []
    for n, item in enumerate(sale.items):
        sold += _sold(table, tenant, item, sale.currency, issuer, customer.get("locale"), f"body.items[{n}]")
    scheme = catalogue.instalment_scheme_for(table, tenant, sale.instalments)
    return one_off(
        id_,
        sale.customer,
        issuer.key,
        sale.currency,
        sold,
        at=at,
        tax_rates=tax_rates(issuer),
        coupon=coupon,
        terms=Terms(scheme, customer["zone"]) if scheme else None,
    )


def _sold(
    table: Table,
    tenant: str,
    item: Item,
    currency: str,
    issuer: LegalEntity,
    language: str | None,
    field: str,
) -> list[Sold]:
    if item.product is not None:
        product = catalogue.product_on_sale(table, tenant, item.product)
        return of_product(product, item.quantity, currency, language=language, field=f"{field}.product")
    if item.tax_category not in issuer.tax_rates:
        known = ", ".join(issuer.tax_rates) or "none"
        message = f"{issuer.key} has rates of: {known}; what is not taxed wants a category at 0"
        raise RuleError("unknown_tax_category", message, f"{field}.tax_category")
    price = agreed_price(item.name, item.unit_amount, currency, item.tax_category)
    return [Sold(price.key, price, item.quantity)]

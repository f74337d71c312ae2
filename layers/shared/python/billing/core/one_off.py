"""An invoice without a subscription: of products that are bought once, and of whatever else was agreed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from fractions import Fraction

from billing.core.catalogue import Price, Product, Timing
from billing.core.charges import Charge, Flat, PerUnit
from billing.core.discounts import Coupon
from billing.core.errors import RuleError
from billing.core.instalments import Terms
from billing.core.invoicing import Invoice, Line, discounted, taxes
from billing.core.languages import text_in
from billing.core.pricing import rate
from billing.core.rounding import Rounding


@dataclass(frozen=True, slots=True)
class Sold:
    """A price asked for so many of it; `key` is what coupons know it by."""

    key: str
    price: Price
    quantity: Fraction


def of_product(
    product: Product, count: Fraction, currency: str, *, language: str | None = None, field: str = "product"
) -> list[Sold]:
    """What a product asks, so many times; RuleError where it is not bought once, or not in the currency."""
    if not product.prices:
        message = f"{product.key} is not bought once; subscribe to a plan of it"
        raise RuleError("not_one_time", message, field)
    offered = product.prices[0].charges
    if currency not in offered:
        message = f"{product.key} is sold in {', '.join(offered)}"
        raise RuleError("currency_not_offered", message, "currency")
    return [
        Sold(
            f"{product.key}.{price.key}",
            replace(
                price,
                name=text_in(price.name, price.names, language),
                charges={currency: _each(price.charges[currency])},
            ),
            price.quantity * count,
        )
        for price in product.prices
    ]


def agreed_price(name: str, unit_amount: Fraction, currency: str, tax_category: str) -> Price:
    """A price that stands in no catalogue: so much a unit, in major units."""
    return Price("agreed", name, {currency: PerUnit(unit_amount)}, tax_category=tax_category)


def one_off(
    id_: str,
    customer: str,
    legal_entity: str,
    currency: str,
    sold: Sequence[Sold],
    *,
    at: datetime,
    tax_rates: Mapping[str, Fraction],
    coupon: Coupon | None = None,
    terms: Terms | None = None,
) -> Invoice:
    """The draft of what was sold once, after its coupon; preview and run both call this.

    RuleError `coupon_takes_nothing` where the coupon is for none of it.
    """
    rounding = Rounding.HALF_UP
    lines = [_line(f"{id_}/{n}", each, currency, rounding) for n, each in enumerate(sold, 1)]
    if coupon is not None:
        lines = discounted(lines, [coupon], currency, rounding)
        if not any(line.discounts for line in lines):
            message = f"{coupon.key} is for nothing of what is sold here"
            raise RuleError("coupon_takes_nothing", message, "coupon")
    return Invoice(
        id=id_,
        customer=customer,
        legal_entity=legal_entity,
        currency=currency,
        created_at=at,
        lines=tuple(lines),
        taxes=taxes(lines, tax_rates, currency, rounding),
        terms=terms,
    )


def _line(id_: str, sold: Sold, currency: str, rounding: Rounding) -> Line:
    rated = rate(sold.price, currency, sold.quantity, rounding)
    return Line(
        id=id_,
        price=sold.key,
        name=sold.price.name,
        period=None,
        timing=Timing.ADVANCE,
        quantity=rated.quantity,
        billed=rated.billed,
        amount=rated.amount,
        tax_category=sold.price.tax_category,
        parts=rated.parts,
    )


def _each(charge: Charge) -> Charge:
    """A flat amount is that of one: two cost twice as much."""
    return PerUnit(charge.amount) if isinstance(charge, Flat) else charge

"""Invoices as sales finalizes them, from a few words each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from fractions import Fraction

from billing.core.catalogue import Timing
from billing.core.currency import exponent
from billing.core.document import Discount, Document, TaxCode
from billing.core.instalments import Terms
from billing.core.invoice_life import finalize, pay
from billing.core.invoicing import Invoice, Line, LineDiscount, taxes
from billing.core.money import Money
from billing.core.periods import Period
from billing.core.rating import TierPart
from billing.core.rounding import Rounding, round_ratio

NOVEMBER = Period(datetime(2026, 11, 1, tzinfo=UTC), datetime(2026, 12, 1, tzinfo=UTC))
DECEMBER = Period(datetime(2026, 12, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC))


def line(
    name: str,
    currency: str,
    *parts: tuple[str, str],
    used: str | None = None,
    tax: str = "standard",
    period: Period | None = NOVEMBER,
    flat: str = "0",
    off: tuple[str, str] | None = None,
) -> Line:
    """A line of parts (quantity, unit price): more used than the parts hold was free."""
    rated = tuple(
        TierPart(Fraction(q), Fraction(u), Fraction(flat), Fraction(q) * Fraction(u) + Fraction(flat), n)
        for n, (q, u) in enumerate(parts, 1)
    )
    exact = sum((part.amount for part in rated), Fraction(0))
    billed = sum((part.quantity for part in rated), Fraction(0))
    minor = round_ratio(exact * 10 ** exponent(currency))
    discounts = (LineDiscount(off[0], Money.parse(off[1], currency)),) if off else ()
    return Line(
        id=f"sub_1/{name}",
        price=name,
        name=name,
        period=period,
        timing=Timing.ARREARS if used else Timing.ADVANCE,
        quantity=Fraction(used) if used else billed,
        billed=billed,
        amount=Money(minor - sum(one.amount.minor for one in discounts), currency),
        discounts=discounts,
        tax_category=tax,
        parts=rated,
        manifest={"meter": name} if used else {},
    )


def invoice(
    number: str,
    currency: str,
    lines: list[Line],
    rates: Mapping[str, str],
    *,
    paid: str = "0",
    days: int = 30,
    terms: Terms | None = None,
) -> Invoice:
    """A finalized invoice of 1 December 2026, in instalments by its terms."""
    at = datetime(2026, 12, 1, 9, tzinfo=UTC)
    exact = {category: Fraction(rate) for category, rate in rates.items()}
    draft = Invoice(
        f"inv_{number.lower()}",
        "cus_1",
        "main",
        currency,
        at,
        tuple(replace(one, id=f"{one.id}/{n}") for n, one in enumerate(lines)),
        taxes(lines, exact, currency, Rounding.HALF_UP),
        terms=terms,
    )
    final = finalize(draft, number, at=at, due_at=at + timedelta(days=days))
    return pay(final, Money.parse(paid, currency))[0] if paid != "0" else final


def discounted(document: Document, reason: str, off: str) -> Document:
    """A document with something taken off its standard rate."""
    amount = Money.parse(off, document.currency)
    first = document.taxes[0]
    taxable = first.taxable - amount
    tax = taxable.times(first.rate_percent / 100)
    change = (document.total or amount) - amount - first.amount + tax
    prepaid = document.prepaid or Money.zero(document.currency)
    return replace(
        document,
        discounts=(Discount(reason, amount, TaxCode.STANDARD, first.rate_percent),),
        taxes=(replace(first, taxable=taxable, amount=tax), *document.taxes[1:]),
        total=change,
        due=change - prepaid,
    )

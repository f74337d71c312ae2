"""Tax categories of prices: each one that a legal entity has a rate for, or a typo goes out untaxed."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any

from billing.core.catalogue import Catalogue
from billing.core.errors import RuleError


def check_tax_categories(catalogue: Catalogue, known: Collection[str]) -> None:
    """Raise the first RuleError found; where no legal entity has any rate nothing is taxed, or wrong."""
    if not known:
        return
    for kind in ("products", "plans", "add_ons"):
        sold: Iterable[Any] = getattr(catalogue, kind)
        for n, each in enumerate(sold):
            for m, price in enumerate(each.prices):
                if price.tax_category not in known:
                    names = ", ".join(sorted(known))
                    message = f"no legal entity has a rate of it, only of {names}; 0 is one"
                    field = f"{kind}[{n}].prices[{m}].tax_category"
                    raise RuleError("unknown_tax_category", message, field)

"""Names and descriptions in several languages: a locale and a text each, with the field named."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from billing.core.catalogue import Catalogue
from billing.core.languages import check_texts

NAMED = (
    "products",
    "features",
    "meters",
    "plans",
    "add_ons",
    "bundles",
    "coupons",
    "promotions",
    "instalment_schemes",
)


def check_languages(catalogue: Catalogue) -> None:
    """Raise the first RuleError found, wherever something has a name."""
    for kind in NAMED:
        items: Iterable[Any] = getattr(catalogue, kind)
        for n, item in enumerate(items):
            _check(item, f"{kind}[{n}]")
    for kind in ("products", "plans", "add_ons"):
        sold: Iterable[Any] = getattr(catalogue, kind)
        for n, each in enumerate(sold):
            for m, price in enumerate(each.prices):
                _check(price, f"{kind}[{n}].prices[{m}]")


def _check(item: Any, field: str) -> None:
    for name in ("names", "descriptions"):
        check_texts(getattr(item, name), f"{field}.{name}")

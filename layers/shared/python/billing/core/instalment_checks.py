"""What makes an instalment scheme one that cannot split an invoice, with the field named."""

from __future__ import annotations

from fractions import Fraction

from billing.core.catalogue import Catalogue
from billing.core.currency import exponent
from billing.core.discounts import WHOLE_PERCENT
from billing.core.errors import RuleError
from billing.core.instalments import MOST_PARTS, InstalmentScheme
from billing.core.record import exact_text


def check_instalment_schemes(catalogue: Catalogue) -> None:
    """Raise the first RuleError found; return when each scheme can split an invoice of a plan it is for."""
    plans = {plan.key: plan for plan in catalogue.plans}
    for n, scheme in enumerate(catalogue.instalment_schemes):
        field = f"instalment_schemes[{n}]"
        _check_parts(scheme, field)
        for m, key in enumerate(scheme.plans):
            if key not in plans:
                raise RuleError("unknown_plan", f"{key!r} is not a plan", f"{field}.plans[{m}]")
        _check_minimum(scheme, field)


def _check_parts(scheme: InstalmentScheme, field: str) -> None:
    if (scheme.count is None) == (not scheme.shares):
        message = "say a count of equal parts, or the shares of each in percent"
        raise RuleError("count_or_shares", message, field)
    place = f"{field}.count" if scheme.count is not None else f"{field}.shares"
    if not 2 <= (len(scheme.shares) if scheme.count is None else scheme.count) <= MOST_PARTS:  # noqa: PLR2004
        raise RuleError("invalid_count", f"from 2 to {MOST_PARTS} instalments", place)
    for n, share in enumerate(scheme.shares):
        if share <= 0:
            raise RuleError("not_positive", "must be above zero", f"{place}[{n}]")
    if scheme.shares and sum(scheme.shares) != WHOLE_PERCENT:
        message = f"they sum to {exact_text(sum(scheme.shares, Fraction(0)))} percent, not 100"
        raise RuleError("shares_do_not_sum", message, place)


def _check_minimum(scheme: InstalmentScheme, field: str) -> None:
    for currency, amount in scheme.minimum.items():
        place = f"{field}.minimum.{currency}"
        places = exponent(currency, place)
        if amount <= 0:
            raise RuleError("not_positive", "must be above zero; leave it out for none", place)
        if (amount * 10**places).denominator != 1:
            raise RuleError("too_many_decimals", f"{currency} has {places} decimals", place)

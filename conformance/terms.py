"""Terms and items of ours with the settings of a recorded case."""

from __future__ import annotations

from typing import Any

from billing.core.catalogue import Price
from billing.core.charges import PerUnit
from billing.core.discounts import Coupon
from billing.core.periods import Basis, Cadence, ChangeDay, Period, Unit
from billing.core.proration import Item, Terms, item_of, net_of
from conformance.case import Case, Data, UnsupportedError, decimal, instant, rounding

BASES = {
    "actual_days_of_containing_cycle": Basis.DAY,
    "calendar_day": Basis.DAY,
    "calendar_day_inclusive_end": Basis.DAY_BOTH_ENDS,
    "fixed_days_per_month": Basis.DAY_OF_30,
    "second": Basis.SECOND,
}
DAYS_OF_A_MONTH = 30
CHANGE_DAYS = {"used": ChangeDay.OLD, "unused": ChangeDay.NEW}
MONTHLY = Cadence(Unit.MONTH)


def terms_of(config: Data) -> Terms:
    """Terms of ours with the settings of a case."""
    basis = config.get("basis", "second")
    if basis not in BASES:
        raise UnsupportedError("a period ends where the next one begins; no second belongs to neither")
    if config.get("fixed_days_per_month", DAYS_OF_A_MONTH) != DAYS_OF_A_MONTH:
        raise UnsupportedError("months are counted as they are, or with 30 days")
    mode, places = rounding(config.get("amount_rounding"))
    return Terms(
        basis=BASES[basis],
        change_day=CHANGE_DAYS[config.get("change_day", "unused")],
        rounding=mode,
        share_places=rounding(config.get("fraction_rounding"))[1],
        places=places,
        net=config.get("charge_style") == "single_delta",
    )


def currency_of(case: Case) -> str:
    """The currency of a case."""
    return case.config.get("currency", "USD")


def zone_of_case(case: Case) -> str:
    """The time zone of a case."""
    return case.config.get("timezone", "UTC")


def cycle_of(case: Case) -> Period:
    """The whole period of a case."""
    return Period(instant(case.input["cycle_start"]), instant(case.input["cycle_end"]))


def _price(amount: Any, currency: str) -> Price:
    return Price("price", "Price", {currency: PerUnit(decimal(amount))}, cadence=MONTHLY)


def _coupons(given: Data | None, currency: str) -> list[Coupon]:
    if not given:
        return []
    if "percent" in given:
        return [Coupon("coupon", percent=decimal(given["percent"]))]
    return [Coupon("coupon", fixed={given.get("currency", currency): decimal(given["fixed"])})]


def items_of(case: Case, side: str, given: Data) -> list[Item]:
    """The item of one side of a change; no price means that there is none."""
    if given.get(f"{side}_price") is None:
        return []
    currency = currency_of(case)
    quantity = decimal(given.get(f"{side}_quantity", 1))
    coupons = _coupons(given.get(f"{side}_discount"), currency)
    return net_of([item_of(_price(given[f"{side}_price"], currency), currency, quantity)], coupons, currency)

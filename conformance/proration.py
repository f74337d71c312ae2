"""Proration: the names of the recorded cases in the product's own terms. No arithmetic here."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from fractions import Fraction

from billing.core.money import Money, total
from billing.core.periods import (
    Period,
    Schedule,
    anchored_on_day,
    days_in,
    wall_time,
)
from billing.core.policies import Direction
from billing.core.proration import (
    Adjustment,
    Item,
    Side,
    amount_of,
    limit_credit,
    limited,
    rest_of,
    settle,
    share_of,
)
from billing.core.rounding import round_to_places
from billing.core.service import Service
from conformance.case import (
    Case,
    Data,
    UnsupportedError,
    cadence_of,
    decimal,
    instant,
    like,
    rounding,
    timing_of,
)
from conformance.terms import BASES, currency_of, cycle_of, items_of, terms_of, zone_of_case


def _settled(case: Case, old: list[Item], new: list[Item], at: datetime) -> tuple[Adjustment, ...]:
    return settle(
        old,
        new,
        period=cycle_of(case),
        at=at,
        treatment=Direction.PRORATE,
        terms=terms_of(case.config),
        currency=currency_of(case),
        zone=zone_of_case(case),
    )


def _sides(case: Case, entries: tuple[Adjustment, ...]) -> Data:
    currency = currency_of(case)
    by_side = {
        side: total([entry.amount for entry in entries if entry.side is side], currency) for side in Side
    }
    return {
        "credit": _plain(by_side[Side.CREDIT]),
        "charge": _plain(by_side[Side.CHARGE]),
        "net": _plain(total([entry.amount for entry in entries], currency)),
    }


def _plain(amount: Money) -> Fraction:
    return decimal(amount.plain())


def plan_change(case: Case) -> Data:
    """A change of price or quantity in the middle of a period."""
    at, currency = instant(case.input["change_at"]), currency_of(case)
    old, new = items_of(case, "old", case.config), items_of(case, "new", case.config)
    if case.config.get("cycle_reset_on_change"):
        entries = (*_settled(case, old, [], at), *_whole(case, new))
    else:
        entries = _settled(case, old, new, at)
    if case.config.get("credit_cap") is not None:
        entries = limited(entries, Money.parse(case.config["credit_cap"], currency))
    return _sides(case, entries)


def _whole(case: Case, items: list[Item]) -> tuple[Adjustment, ...]:
    """A new period opens at the change and is charged in full."""
    opened = Period(instant(case.input["change_at"]), instant(case.input["new_cycle_end"]))
    return settle(
        [],
        items,
        period=opened,
        at=opened.start,
        treatment=Direction.PRORATE,
        terms=terms_of(case.config),
        currency=currency_of(case),
    )


def multi_change(case: Case) -> Data:
    """Several items changed at once."""
    at = instant(case.input["change_at"])
    entries: list[Adjustment] = []
    for item in case.input["items"]:
        entries += _settled(case, items_of(case, "old", item), items_of(case, "new", item), at)
    amounts = [entry.amount for entry in entries]
    return {
        "net": _plain(total(amounts, currency_of(case))),
        "line_amounts": [_plain(amount) for amount in amounts],
    }


def change_sequence(case: Case) -> Data:
    """One change after the other within a period."""
    before = items_of(case, "old", {"old_price": case.input["initial_price"]})
    found: list[Data] = []
    for change in case.input["changes"]:
        after = items_of(case, "new", {"new_price": change["price"]})
        found.append(_sides(case, _settled(case, before, after, instant(change["at"]))))
        before = after
    return {"entries": found}


def unused_credit(case: Case) -> Data:
    """What is given back of a price from an instant on."""
    old = items_of(
        case, "old", {"old_price": case.config["price"], "old_quantity": case.config.get("quantity", 1)}
    )
    entries = _settled(case, old, [], instant(case.input["change_at"]))
    paid = case.config.get("paid_amount")
    if paid is not None:
        left = limit_credit(decimal(paid), decimal(paid), decimal(case.config.get("previous_credits", 0)))
        entries = limited(entries, amount_of(left, currency_of(case), terms_of(case.config)))
    return _sides(case, entries)


def remaining_charge(case: Case) -> Data:
    """What is due of a price from an instant on."""
    if case.config.get("own_period_days") is not None:
        raise UnsupportedError("a price is prorated over its own period, which its cadence and anchor make")
    prices = case.input.get("prices") or case.config.get("prices") or [case.config["price"]]
    quantity = case.config.get("quantity", 1)
    once = case.config.get("recurrence") == "one_time"
    at, entries = instant(case.input["change_at"]), list[Adjustment]()
    for price in [] if case.config.get("recurrence") == "usage" else prices:
        (item,) = items_of(case, "new", {"new_price": price, "new_quantity": quantity})
        entries += _settled(case, [], [Item(item.key, item.amount, prorated=not once)], at)
    sides = _sides(case, tuple(entries))
    return {**sides, "total": sides["charge"]}


def remaining_grant(case: Case) -> Data:
    """What is left of credits that a period grants."""
    terms, cycle, zone = terms_of(case.config), cycle_of(case), zone_of_case(case)
    share = share_of(rest_of(cycle, instant(case.input["change_at"]), terms, zone), cycle, terms, zone)
    (item,) = items_of(case, "new", {"new_price": case.input["credits"]})
    mode, places = rounding(case.config.get("amount_rounding"))
    credits = item.for_share(share)
    return {
        "fraction": share,
        "credits": credits if places is None else round_to_places(credits, places, mode),
    }


def proration_fraction(case: Case) -> Data:
    """The share of a cycle that an interval is."""
    part = Period(instant(case.input["start"]), instant(case.input["end"]))
    return {"fraction": share_of(part, cycle_of(case), terms_of(case.config), zone_of_case(case))}


def prorated_amount(case: Case) -> Data:
    """What an interval of a cycle costs; days of a trial are free."""
    terms, currency, start = terms_of(case.config), currency_of(case), instant(case.input["start"])
    if case.input.get("trial_end"):
        start = max(start, instant(case.input["trial_end"]))
    quantity = case.config.get("quantity", 1)
    (item,) = items_of(case, "new", {"new_price": case.config["price"], "new_quantity": quantity})
    part = Period(start, max(start, instant(case.input["end"])))
    whole = case.config.get("enabled") is False
    exact = item.for_share(
        Fraction(1) if whole else share_of(part, cycle_of(case), terms, zone_of_case(case))
    )
    return {"amount": _plain(amount_of(exact, currency, terms)), "amount_unrounded": exact}


def cap_credit(case: Case) -> Data:
    """A credit is limited by what was paid and credited before."""
    names = ("potential_credit", "paid_amount", "previous_credits")
    return {"credit": limit_credit(*[decimal(case.input[name]) for name in names])}


def cycle_days(case: Case) -> Data:
    """The days of a cycle."""
    return {"days": days_in(cycle_of(case), BASES[case.config["basis"]], zone_of_case(case))}


def calendar_days(case: Case) -> Data:
    """The days between two wall-clock times of a zone."""
    zone = zone_of_case(case)
    start, end = (
        wall_time(datetime.fromisoformat(case.input[name]), zone) for name in ("start_local", "end_local")
    )
    return {"days": days_in(Period(start, end), BASES[case.config["basis"]], zone)}


def _service(case: Case) -> Service:
    start, end = instant(case.input["service_start"]), case.input.get("service_end")
    cadence = cadence_of(case.config["billing_period"])
    schedule: Schedule = anchored_on_day(start, "UTC", cadence, case.config["billing_day_of_month"])
    return Service(schedule, start, instant(end) if end else None)


def _shares(case: Case) -> tuple[Service, Fraction]:
    service, terms = _service(case), terms_of(case.config)
    at = instant(case.input["bill_run_date"])
    return service, service.charged(at, timing_of(case), terms.basis, terms.share_places)


def billing_cycles(case: Case) -> Data:
    """How many whole cycles one bill run charges."""
    return {"cycles": _shares(case)[1]}


def bill_run_amount(case: Case) -> Data:
    """What one bill run charges."""
    service, share = _shares(case)
    (item,) = items_of(case, "new", {"new_price": case.config["price"]})
    text = case.input["service_start"]
    periods = service.due(instant(case.input["bill_run_date"]), timing_of(case))
    return {
        "amount": _plain(amount_of(item.for_share(share), currency_of(case), terms_of(case.config))),
        "periods": [{"start": like(text, p.start), "end": like(text, p.end)} for p in periods],
    }


OPERATIONS: dict[str, Callable[[Case], Data]] = {
    "plan_change": plan_change,
    "multi_change": multi_change,
    "change_sequence": change_sequence,
    "unused_credit": unused_credit,
    "remaining_charge": remaining_charge,
    "remaining_charges": remaining_charge,
    "remaining_grant": remaining_grant,
    "proration_fraction": proration_fraction,
    "prorated_amount": prorated_amount,
    "cap_credit": cap_credit,
    "cycle_days": cycle_days,
    "calendar_days": calendar_days,
    "billing_cycles": billing_cycles,
    "bill_run_amount": bill_run_amount,
}
ERRORS = {"ends_before_start": "invalid_date_sequence", "before_start": "invalid_date_sequence"}

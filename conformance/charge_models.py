"""Charge models: the names of the recorded cases in the product's own terms. No arithmetic here."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import Any

from billing.core.charges import (
    Percentage,
)
from billing.core.measured import Measured, Move
from billing.core.money import Money
from billing.core.periods import Basis, Period, ratio
from billing.core.pricing import (
    Rated,
    Span,
    combined,
    convert,
    rate,
    rate_each,
    rate_in_turn,
    rerate,
    shortfall,
)
from billing.core.rounding import round_to_places
from billing.core.transactions import charge_transactions
from conformance.case import Case, Data, UnsupportedError, decimal, instant, rounding
from conformance.prices import conversion_of, price_of

ZERO = Fraction(0)


def _amount(config: Data, rated: Rated) -> Fraction:
    return _rounded(config, rated.exact)


def _rounded(config: Data, value: Fraction) -> Fraction:
    mode, places = rounding(config.get("amount_rounding"))
    return value if places is None else round_to_places(value, places, mode)


def _currency(case: Case) -> str:
    return case.config.get("currency", "EUR")


def _unit_amount(case: Case, value: Fraction) -> Fraction:
    places = case.expected.get("effective_unit_amount_scale")
    return value if places is None else round_to_places(value, places)


def price_quantity(case: Case) -> Data:
    """A quantity at a price."""
    if case.input.get("tier_quantity") not in {None, case.input["quantity"]}:
        raise UnsupportedError("the tier is chosen by the quantity that is priced")
    rated = rate(price_of(case.config), _currency(case), decimal(case.input["quantity"]))
    return {
        "amount": _amount(case.config, rated),
        "effective_unit_amount": _unit_amount(case, rated.unit_amount),
        "effective_unit_amount_scale": case.expected.get("effective_unit_amount_scale"),
        "effective_paid_unit_amount": _unit_amount(case, rated.billed_unit_amount),
        "lines": _lines(rated),
    }


def _lines(rated: Rated) -> list[Data]:
    """The parts of a rating as lines: a flat amount and a usage amount each have their own kind."""
    return [
        {
            "tier": part.tier,
            "kind": "usage",
            "quantity": part.quantity,
            "usage_amount": part.usage_amount,
            "flat_amount": part.flat_amount,
            "amount": part.amount,
            "discount": part.cut,
            "total": part.net_amount,
        }
        for part in rated.parts
        if part.amount
    ]


def price_split_line(case: Case) -> Data:
    """A line that covers a part of its period."""
    given, position = case.input, case.input["line_position"]
    span = Span(
        before=decimal(given["quantity_before"]),
        billed=decimal(given["previously_billed"]),
        opens=position in {"single", "first"},
        closes=position in {"single", "last"},
    )
    rated = rate(price_of(case.config), _currency(case), decimal(given["quantity"]), span=span)
    return {
        "amount": _amount(case.config, rated),
        "billed_quantity": rated.billed,
        "minimum_top_up": _rounded(case.config, rated.top_up),
        "maximum_discount": _rounded(case.config, rated.reduction),
        "lines": _lines(rated),
    }


def rate_cumulative_snapshots(case: Case) -> Data:
    """A period rated anew at each run, the difference booked."""
    price, currency = price_of(case.config), _currency(case)
    mode, places = rounding(case.config.get("amount_rounding"))
    snapshots = case.input["snapshots"]
    closing = case.input.get("closes_period") or [False] * len(snapshots)
    booked: list[Money] = []
    for snapshot, closes in zip(snapshots, closing, strict=True):
        quantity = decimal(snapshot["cumulative_quantity"])
        booked.append(rerate(price, currency, quantity, booked, mode, places=places, closes=closes))
    return {"booked_totals": [decimal(amount.plain()) for amount in booked]}


def price_events(case: Case) -> Data:
    """A percentage of each of a list of transactions."""
    events = tuple(decimal(event) for event in case.input["events"])
    price, currency = price_of(case.config), _currency(case)
    charge = price.charges[currency]
    if not isinstance(charge, Percentage):
        raise UnsupportedError("only a percentage looks at single transactions")
    charged = charge_transactions(charge, events)
    rated = rate(price, currency, Measured.of(events))
    return {
        "amount": _amount(case.config, rated),
        "effective_unit_amount": _unit_amount(case, rated.unit_amount),
        "free_amount_used": charged.free_amount,
        "free_events_used": charged.free_events,
        "paid_events": charged.paid_events,
        "percentage_amount": charged.percentage_amount,
        "fixed_amount_total": charged.fixed_amount,
    }


def price_event_sequence(case: Case) -> Data:
    """Each event as what it adds to those before it."""
    quantities = [decimal(event) for event in case.input["events"]]
    rated = rate_in_turn(price_of(case.config), _currency(case), quantities)
    return {"event_amounts": [_amount(case.config, each) for each in rated]}


def price_buckets(case: Case) -> Data:
    """Windows of time priced one by one and summed."""
    quantities = [decimal(quantity) for quantity in case.input["bucket_quantities"]]
    rated = rate_each(price_of(case.config), _currency(case), quantities)
    return {"amount": _amount(case.config, combined(rated))}


def _each_group(case: Case) -> Sequence[Rated]:
    uses = [
        Measured(decimal(group["quantity"]), supplied=decimal(group.get("supplied_amount", 0)))
        for group in case.input["groups"]
    ]
    return rate_each(price_of(case.config), _currency(case), uses)


def price_groups(case: Case) -> Data:
    """Groups of events priced one by one."""
    rated = _each_group(case)
    return {
        "group_amounts": [_amount(case.config, each) for each in rated],
        "group_unit_amounts": [each.unit_amount for each in rated],
        "amount": _amount(case.config, combined(rated)),
    }


def price_supplied_amount(case: Case) -> Data:
    """A price that came with the usage."""
    used = Measured(decimal(case.input["quantity"]), supplied=decimal(case.input["supplied_amount"]))
    rated = rate(price_of(case.config), _currency(case), used)
    return {
        "amount": _amount(case.config, rated),
        "effective_unit_amount": _unit_amount(case, rated.unit_amount),
    }


def true_up(case: Case) -> Data:
    """What lacks to a minimum."""
    share = Fraction(1)
    if case.config.get("prorate_minimum"):
        period, billed = (_period(case.input[name]) for name in ("period", "billed"))
        share = ratio(billed, period, Basis.DAY)
    lacking = shortfall(decimal(case.config["minimum_amount"]), decimal(case.input["used_amount"]), share)
    return {"amount": _rounded(case.config, lacking), "amount_unrounded": lacking}


def _period(given: Data) -> Period:
    return Period(instant(given["start"]), instant(given["end"]))


def count_packages(case: Case) -> Data:
    """How many packages a quantity is."""
    rated = rate(price_of(case.config), _currency(case), decimal(case.input["quantity"]))
    return {"packages": rated.parts[0].quantity}


def convert_quantity(case: Case) -> Data:
    """Raw units as billed ones."""
    quantity = decimal(case.input["quantity"])
    return {"billed_quantity": convert(conversion_of(case.config["unit_conversion"]), quantity)}


def apply_usage_discount(case: Case) -> Data:
    """Free units go to what was used first."""
    price, currency = price_of(case.config), _currency(case)
    before = decimal(case.input["quantity_before"])
    rated = rate(price, currency, decimal(case.input["quantity"]), span=Span(before=before))
    return {
        "billed_quantity": rated.billed,
        "billed_quantity_before": rate(price, currency, before).billed,
        "discounted_quantity": rated.free,
    }


def price_block_tiers(case: Case) -> Data:
    """Packages whose size and price change with the quantity."""
    price, currency = price_of(case.config), _currency(case)
    quantity = decimal(case.input["quantity"])
    booked = Money.parse(case.input.get("previously_billed", "0"), currency)
    if booked:
        return {"amount": decimal(rerate(price, currency, quantity, [booked]).plain())}
    rated = rate(price, currency, quantity)
    return {"amount": _amount(case.config, rated), "tier_amounts": [part.amount for part in rated.parts]}


def _one_meter(_: Case) -> Data:
    raise UnsupportedError("a price reads one meter; limits of several units are entitlements of a plan")


def price_prorated_events(case: Case) -> Data:
    """Units that stay, each weighed by the time it is there."""
    moves = [Move(decimal(e["quantity"]), decimal(e["prorated_quantity"])) for e in case.input["events"]]
    rated = rate(price_of(case.config), _currency(case), Measured.of_moves(moves))
    return {
        "amount": _amount(case.config, rated),
        "effective_unit_amount": _unit_amount(case, rated.unit_amount),
        "effective_unit_amount_scale": case.expected.get("effective_unit_amount_scale"),
    }


OPERATIONS: dict[str, Callable[[Case], Data]] = {
    "price_quantity": price_quantity,
    "price_split_line": price_split_line,
    "rate_cumulative_snapshots": rate_cumulative_snapshots,
    "price_events": price_events,
    "price_event_sequence": price_event_sequence,
    "price_buckets": price_buckets,
    "price_groups": price_groups,
    "price_supplied_amount": price_supplied_amount,
    "price_supplied_amount_groups": price_groups,
    "true_up": true_up,
    "count_packages": count_packages,
    "convert_quantity": convert_quantity,
    "apply_usage_discount": apply_usage_discount,
    "price_block_tiers": price_block_tiers,
    "price_capacity": _one_meter,
    "price_block_tiers_multi": _one_meter,
    "price_prorated_events": price_prorated_events,
}
ERRORS: dict[str, Any] = {"quantity_not_priced": "quantity_above_last_tier"}

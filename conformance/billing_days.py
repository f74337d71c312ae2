"""Billing periods of calendar dates and a billing day of month, in the product's own terms."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from billing.core.catalogue import Timing
from billing.core.periods import Period, Schedule, anchored_on_day
from billing.core.service import Service
from conformance.case import Case, Data, cadence_of, instant, like, timing_of


def _on_day(case: Case, start: datetime) -> Schedule:
    """A schedule on a billing day; without one it counts from the start."""
    day = case.config.get("billing_day_of_month")
    if day is None:
        return Schedule(start, "UTC", cadence_of(case.config["billing_period"]))
    return anchored_on_day(start, "UTC", cadence_of(case.config["billing_period"]), day)


def _service(case: Case) -> Service:
    start, end = instant(case.input["service_start"]), case.input.get("service_end")
    return Service(_on_day(case, start), start, instant(end) if end else None)


def _shown(text: str, period: Period) -> Data:
    return {"start": like(text, period.start), "end": like(text, period.end)}


def bill_run_periods(case: Case) -> Data:
    """The periods billed by a run."""
    text = case.input["bill_run_date"]
    periods = _service(case).due(instant(text), timing_of(case))
    return {"periods": [_shown(text, period) for period in periods]}


def bill_run_dates(case: Case) -> Data:
    """Until when a run bills, and the billing dates around that."""
    text, service, timing = case.input["bill_run_date"], _service(case), timing_of(case)
    first = service.schedule.next(service.start, inclusive=True)
    periods = service.due(instant(text), timing)
    until = periods[-1].end if periods else service.start
    return {
        "anything_to_bill": bool(periods) or first <= instant(text),
        "first_billing_date": like(text, first),
        "billed_until": like(text, until),
        "last_billing_date": like(text, service.schedule.previous(until, inclusive=True)),
        "next_billing_date": like(text, service.schedule.next(until)),
    }


def first_billing_date(case: Case) -> Data:
    """The first billing day on or after a start."""
    text = case.input["service_start"]
    start = instant(text)
    return {"first_billing_date": like(text, _on_day(case, start).next(start, inclusive=True))}


def advance_period(case: Case) -> Data:
    """The period that a run in advance bills from a start."""
    text = case.input["period_start"]
    start = instant(text)
    return _shown(text, Period(start, _on_day(case, start).next(start)))


def arrears_period(case: Case) -> Data:
    """The period that an invoice in arrears bills."""
    text, service = case.input["invoice_date"], _service(case)
    period = service.billed_at(instant(text), Timing.ARREARS)
    return _shown(text, period) if period else {}


def elapsed_cycles(case: Case) -> Data:
    """How many periods have ended."""
    return {"count": len(_service(case).due(instant(case.input["at"]), Timing.ARREARS))}


def whole_cycles_billed(case: Case) -> Data:
    """How many periods a run has billed."""
    return {"count": len(_service(case).due(instant(case.input["bill_run_date"]), timing_of(case)))}


def billing_day_period_at(case: Case) -> Data:
    """The period that contains a date."""
    text = case.input["at"]
    return _shown(text, _service(case).period_at(instant(text)))


def whole_periods_between(case: Case) -> Data:
    """How many whole periods fit between two dates."""
    schedule = Schedule(instant(case.input["start"]), "UTC", cadence_of(case.config["billing_period"]))
    return {"count": schedule.index_at(instant(case.input["end"]))}


def shift_periods(case: Case) -> Data:
    """A date moved by whole periods."""
    text = case.input["from"]
    schedule = Schedule(instant(text), "UTC", cadence_of(case.config["billing_period"]))
    return {"dates": [like(text, schedule.boundary(count)) for count in case.input["counts"]]}


def align_in_month(case: Case) -> Data:
    """The billing day in the month of a date."""
    text = case.input["date"]
    return {"date": like(text, _on_day(case, instant(text)).boundary(0))}


def align_to_next(case: Case) -> Data:
    """The first billing day on or after a date."""
    text = case.input["date"]
    start = instant(case.config.get("origin", text))
    return {"date": like(text, _on_day(case, start).next(instant(text), inclusive=True))}


def billing_day_change_effective(case: Case) -> Data:
    """When a new billing day takes effect."""
    text = case.input["requested_date"]
    from_then = max(instant(text), instant(case.input["service_start"]))
    return {"date": like(text, _on_day(case, from_then).next(from_then, inclusive=True))}


OPERATIONS: dict[str, Callable[[Case], Data]] = {
    operation.__name__: operation
    for operation in (
        bill_run_periods,
        bill_run_dates,
        first_billing_date,
        advance_period,
        arrears_period,
        elapsed_cycles,
        whole_cycles_billed,
        billing_day_period_at,
        whole_periods_between,
        shift_periods,
        align_in_month,
        align_to_next,
        billing_day_change_effective,
    )
}

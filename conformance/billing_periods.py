"""Billing periods: the names of the recorded cases in the product's own terms. No arithmetic here."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from billing.core.catalogue import Timing
from billing.core.periods import (
    Cadence,
    Period,
    Schedule,
    Unit,
    anchored_in_calendar,
    anchored_on_day,
    local_date,
    start_of_day,
    start_of_hour,
    start_of_unit,
)
from billing.core.service import Service, next_reset
from conformance.case import Case, Data, UnsupportedError, cadence_of, instant, like

TIMINGS = {"in_advance": Timing.ADVANCE, "in_arrears": Timing.ARREARS}
OFFSETS = {"+": "Etc/GMT-", "-": "Etc/GMT+"}  # IANA writes them the other way round


def _zone(case: Case) -> str:
    zone = case.config.get("timezone", "UTC")
    if zone[0] in OFFSETS:
        hours, _, minutes = zone[1:].partition(":")
        if minutes.strip("0"):
            raise UnsupportedError("an offset that is not of whole hours is no time zone")
        return f"{OFFSETS[zone[0]]}{hours.lstrip('0') or '0'}"
    return zone


def _cadence(case: Case) -> Cadence:
    if "billing_period" in case.config:
        return cadence_of(case.config["billing_period"])
    return Cadence(Unit(case.config["interval_unit"]), case.config.get("interval_count", 1))


def _anchored(case: Case) -> Schedule:
    """A schedule that keeps the anchor's day and time of day."""
    return Schedule(instant(case.config["anchor"]), _zone(case), _cadence(case))


def _by_day(case: Case) -> Schedule:
    """A schedule of whole days: of the calendar, or from the day of the anchor."""
    zone, cadence = _zone(case), _cadence(case)
    if case.config["anchoring"] == "calendar":
        return anchored_in_calendar(instant(case.input["at"]), zone, cadence)
    anchor = instant(case.config["anchor"])
    return Schedule(start_of_day(local_date(anchor, zone), zone), zone, cadence)


def _on_day(case: Case, start: datetime) -> Schedule:
    """A schedule on a billing day; without one it counts from the start."""
    day = case.config.get("billing_day_of_month")
    if day is None:
        return Schedule(start, "UTC", _cadence(case))
    return anchored_on_day(start, "UTC", _cadence(case), day)


def _service(case: Case) -> Service:
    start, end = instant(case.input["service_start"]), case.input.get("service_end")
    return Service(_on_day(case, start), start, instant(end) if end else None)


def _timing(case: Case) -> Timing:
    if case.config.get("arrears_mode", "default") != "default":
        raise UnsupportedError("a period in arrears is billed when it has ended, never before")
    return TIMINGS[case.config["payment_term"]]


def _shown(text: str, period: Period) -> Data:
    return {"start": like(text, period.start), "end": like(text, period.end)}


def next_billing_date(case: Case) -> Data:
    """The end of a period that began somewhere."""
    schedule, start = _anchored(case), instant(case.input["period_start"])
    end = case.input.get("service_end")
    service = Service(schedule, start, instant(end) if end else None)
    return {"next": service.cut(schedule.end_from(start))}


def period_start_for_event(case: Case) -> Data:
    """The start of the period that an event falls into."""
    service = Service(_anchored(case), instant(case.input["service_start"]))
    return {"period_start": service.period_at(instant(case.input["at"])).start}


def list_periods(case: Case) -> Data:
    """The periods of a service up to an instant."""
    start, until = instant(case.input["service_start"]), instant(case.input["until"])
    periods = list(Service(_anchored(case), start, until).periods())
    return {"count": len(periods), "ends": [period.end for period in periods]}


def period_from_known(case: Case) -> Data:
    """The period at an instant, where one period is known."""
    known = Period(instant(case.input["known_start"]), instant(case.input["known_end"]))
    at = instant(case.input["at"])
    period = known if known.contains(at) else _anchored(case).period_at(at)
    return {"start": period.start, "end": period.end}


def period_at(case: Case) -> Data:
    """The period that contains an instant."""
    period = _anchored(case).period_at(instant(case.input["at"]))
    return {"start": period.start, "end": period.end}


def previous_boundary(case: Case) -> Data:
    """The last boundary before an instant."""
    at, inclusive = instant(case.input["at"]), case.input.get("inclusive", False)
    return {"boundary": _anchored(case).previous(at, inclusive=inclusive)}


def boundary_sequence(case: Case) -> Data:
    """The first boundaries from the anchor on."""
    schedule = _anchored(case)
    return {"boundaries": [schedule.boundary(number) for number in range(case.input["count"])]}


def next_calendar_boundary(case: Case) -> Data:
    """The first boundary of the calendar after an instant."""
    at = instant(case.input["at"])
    return {"boundary": anchored_in_calendar(at, _zone(case), _cadence(case)).next(at)}


def first_paid_period(case: Case) -> Data:
    """The period that follows a trial."""
    if case.config.get("anchor_policy") != "trial_end":
        raise UnsupportedError("the first paid period is anchored where the trial ends")
    start, zone = instant(case.input["service_start"]), _zone(case)
    trial = Schedule(start, zone, Cadence(Unit.DAY, case.config["trial_days"])).period(0)
    period = Schedule(trial.end, zone, _cadence(case)).period(0)
    anchor_day = local_date(period.start, zone).day
    return {"start": period.start, "end": period.end, "anchor_day": anchor_day}


def next_usage_reset(case: Case) -> Data:
    """When a quota starts anew."""
    unit, now = case.config["reset_unit"], instant(case.input["now"])
    end = case.input.get("service_end")
    if unit == "never":
        return {"reset_at": None}
    zone = case.config.get("boundary_timezone", _zone(case))
    schedule = Schedule(instant(case.config["anchor"]), zone, Cadence(Unit(unit)))
    if unit == "day":
        schedule = anchored_in_calendar(now, _zone(case), Cadence(Unit.DAY))
    return {"reset_at": next_reset(schedule, now, _zone(case), instant(end) if end else None)}


def billed_period(case: Case) -> Data:
    """What a run at an instant bills."""
    at = instant(case.input["at"])
    ended = at if case.input.get("service_terminated") else None
    service = Service(_by_day(case), instant(case.input["service_start"]), ended)
    period = service.billed_at(at, _timing(case))
    return {"start": period.start, "end": period.end} if period else {"start": None, "end": None}


def next_boundary(case: Case) -> Data:
    """The first boundary after an instant."""
    return {"boundary": _by_day(case).next(instant(case.input["at"]))}


def period_start_at(case: Case) -> Data:
    """The start of the period that contains an instant."""
    return {"start": _by_day(case).period_at(instant(case.input["at"])).start}


def previous_period_start(case: Case) -> Data:
    """The start of the period before the one that contains an instant."""
    schedule = _by_day(case)
    return {"start": schedule.previous(schedule.period_at(instant(case.input["at"])).start)}


def bill_run_periods(case: Case) -> Data:
    """The periods billed by a run."""
    text = case.input["bill_run_date"]
    periods = _service(case).due(instant(text), _timing(case))
    return {"periods": [_shown(text, period) for period in periods]}


def bill_run_dates(case: Case) -> Data:
    """Until when a run bills, and the billing dates around that."""
    text, service, timing = case.input["bill_run_date"], _service(case), _timing(case)
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
    return {"count": len(_service(case).due(instant(case.input["bill_run_date"]), _timing(case)))}


def billing_day_period_at(case: Case) -> Data:
    """The period that contains a date."""
    text = case.input["at"]
    return _shown(text, _service(case).period_at(instant(text)))


def whole_periods_between(case: Case) -> Data:
    """How many whole periods fit between two dates."""
    schedule = Schedule(instant(case.input["start"]), "UTC", _cadence(case))
    return {"count": schedule.index_at(instant(case.input["end"]))}


def shift_periods(case: Case) -> Data:
    """A date moved by whole periods."""
    text = case.input["from"]
    schedule = Schedule(instant(text), "UTC", _cadence(case))
    return {"dates": [like(text, schedule.boundary(count)) for count in case.input["counts"]]}


def billing_day_of(case: Case) -> Data:
    """The day of month that a start falls on in its zone."""
    return {"billing_day_of_month": local_date(instant(case.input["service_start"]), _zone(case)).day}


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


def floor(case: Case) -> Data:
    """The start of the hour, day or week that holds an instant."""
    if case.config.get("week_starts_on", "monday") != "monday":
        raise UnsupportedError("weeks begin on Monday (ISO 8601)")
    at, unit, zone = instant(case.input["at"]), case.config["unit"], _zone(case)
    return {"start": start_of_hour(at, zone) if unit == "hour" else start_of_unit(at, Unit(unit), zone)}


def add_days(case: Case) -> Data:
    """An instant some days later by the clock of its zone."""
    days = Schedule(instant(case.input["at"]), _zone(case), Cadence(Unit.DAY))
    return {"at": days.boundary(case.input["days"])}


def add_duration(case: Case) -> Data:
    """An instant one cadence later."""
    duration: Any = cadence_of(case.input["duration"])
    return {"at": Schedule(instant(case.input["at"]), _zone(case), duration).boundary(1)}


OPERATIONS: dict[str, Callable[[Case], Data]] = {
    operation.__name__: operation
    for operation in (
        next_billing_date,
        period_start_for_event,
        list_periods,
        period_from_known,
        period_at,
        previous_boundary,
        boundary_sequence,
        next_calendar_boundary,
        first_paid_period,
        next_usage_reset,
        billed_period,
        next_boundary,
        period_start_at,
        previous_period_start,
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
        billing_day_of,
        align_in_month,
        align_to_next,
        billing_day_change_effective,
        floor,
        add_days,
        add_duration,
    )
}
ERRORS = {"before_start": "before_service_start", "ends_before_start": "invalid_date_sequence"}

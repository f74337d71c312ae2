"""Billing periods: the names of the recorded cases in the product's own terms. No arithmetic here."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from billing.core.periods import (
    Cadence,
    Period,
    Schedule,
    Unit,
    anchored_in_calendar,
    local_date,
    start_of_day,
    start_of_hour,
    start_of_unit,
)
from billing.core.service import Service, next_reset
from conformance import billing_days
from conformance.case import Case, Data, UnsupportedError, cadence_of, instant, timing_of

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
    period = service.billed_at(at, timing_of(case))
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


def billing_day_of(case: Case) -> Data:
    """The day of month that a start falls on in its zone."""
    return {"billing_day_of_month": local_date(instant(case.input["service_start"]), _zone(case)).day}


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
        billing_day_of,
        floor,
        add_days,
        add_duration,
    )
} | billing_days.OPERATIONS
ERRORS = {"before_start": "before_service_start", "ends_before_start": "invalid_date_sequence"}

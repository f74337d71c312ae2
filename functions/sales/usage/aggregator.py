"""The aggregator: a batch of messages becomes one flush per tenant, and at most one promise to roll it up.

In wall time a customer's roll-up is told at most every few seconds: the first flush of a pause asks for it,
the queue holds it back until the pause is over, and whatever is appended meanwhile is in it. Under a test
clock it is asked for at once, so that it has been told when the clock has settled.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from itertools import groupby
from typing import Any

from billing.aws.batch import Work
from billing.aws.clients import client
from billing.aws.errors import ConflictError
from billing.aws.settings import queue_url
from billing.aws.wall import wall_now
from billing.aws.work import sortable
from sales.commands import RollUpUsageV1, UsageAcceptedV1, UsageReportedV1
from sales.usage.door import Door
from sales.usage.log import Flush, Head, append, promise
from sales.usage.rollups import roll_up
from sales.usage.unmatched import set_aside

PAUSE, LONGEST_PAUSE = 5, 300  # seconds between two roll-ups of a customer
APPENDS_A_SECOND = 50  # what a roll-up reads stays in proportion to the pause before it
_TRIES = 4  # of a roll-up that others are at, too
SKEW = 1  # second that the clocks of two machines may differ


def take(works: Sequence[Work]) -> None:
    """Handle a batch: append what was reported, then roll up what was promised."""
    ordered = sorted(works, key=lambda work: work.message.tenant)
    for tenant, group in groupby(ordered, key=lambda work: work.message.tenant):
        mine = list(group)
        reports = [work for work in mine if not isinstance(work.event, RollUpUsageV1)]
        if reports:
            _flush(tenant, reports)
        _roll_up([work for work in mine if isinstance(work.event, RollUpUsageV1)])


def _flush(tenant: str, works: Sequence[Work]) -> None:
    """Append what all these messages report in one go."""
    door = Door(works[0].changes.table, tenant)
    taken = [(work, event) for work in works for event in _counting(door, work)]
    events, by = [event for _, event in taken], [work.message.actor for work, _ in taken]
    now = max(work.changes.context.now for work in works)
    heads = append(Flush(tenant, events, by, now))
    customers: dict[int, set[str]] = defaultdict(set)
    for work, event in taken:
        customers[id(work)].add(event["customer"])
    for work in works:
        if work.message.clock is not None and customers[id(work)]:
            command, subject = _command(customers[id(work)]), f"tenant/{tenant}"
            work.changes.send("usage", command, subject=subject, about=work.message.id)
    unclocked = {c for work in works if work.message.clock is None for c in customers[id(work)]}
    _promise(works[0], {customer: heads[customer] for customer in unclocked})


def _counting(door: Door, work: Work) -> list[dict[str, Any]]:
    """What a message brought that counts; what does not is set aside in its unit of work."""
    match work.event:
        case UsageAcceptedV1(events=events):
            return events
        case UsageReportedV1(event=event):
            judged = door.judge([event], work.changes.context.now)
            set_aside(work.changes, judged, work.changes.context.now)
            return judged.accepted
        case _:
            raise TypeError(f"{work.message.type} reports no usage")


def _promise(work: Work, heads: Mapping[str, Head]) -> None:
    """Ask for the roll-up of customers that nobody has asked for yet; ask first, then say so."""
    now = wall_now()
    waiting = {customer: head for customer, head in heads.items() if head.turn <= sortable(now)}
    if not waiting:
        return
    pause = max(_pause(head) for head in waiting.values())
    subject = f"tenant/{work.message.tenant}"
    message = work.changes.message(_command(waiting), subject=subject, about=sortable(now))
    message = message.model_copy(update={"clock": None})
    body = message.model_dump_json(by_alias=True, exclude_none=True)
    client("sqs").send_message(QueueUrl=queue_url("usage"), MessageBody=body, DelaySeconds=pause + SKEW)
    for customer in waiting:
        promise(work.message.tenant, customer, sortable(now + timedelta(seconds=pause)))


def _command(customers: Iterable[str]) -> RollUpUsageV1:
    return RollUpUsageV1(customers=sorted(customers))


def _roll_up(works: Sequence[Work]) -> None:
    """Roll up each customer that these commands name, once."""
    named = {customer: work for work in works for customer in work.event.customers}
    for customer, work in sorted(named.items()):
        _tell(work, customer)


def _tell(work: Work, customer: str) -> None:
    """Roll up a customer. Who is beaten to it looks again at once: the other has mostly told it all."""
    for left in reversed(range(_TRIES)):
        try:
            roll_up(work.changes.beside(f"roll-up {customer}"), customer)
        except ConflictError:
            if not left:
                raise
        else:
            return


def _pause(head: Head) -> int:
    """How long until a customer is rolled up again: longer the more its busiest day holds."""
    return min(max(PAUSE, max(head.days.values()) // APPENDS_A_SECOND), LONGEST_PAUSE)

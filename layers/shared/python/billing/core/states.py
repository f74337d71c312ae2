"""Where a subscription can stand, and what can be asked of it there."""

from __future__ import annotations

from enum import StrEnum


class Status(StrEnum):
    """Where a subscription stands."""

    SCHEDULED = "scheduled"  # begins later
    TRIALING = "trialing"  # free until its trial ends
    ACTIVE = "active"
    PAUSED = "paused"  # neither billed nor served until it is resumed
    CANCELING = "canceling"  # goes on until the end that is scheduled
    ENDED = "ended"


class Command(StrEnum):
    """What can be asked of a subscription."""

    BEGIN = "begin"
    EXTEND = "extend"  # its trial
    CONVERT = "convert"
    RENEW = "renew"
    CANCEL = "cancel"
    UNCANCEL = "uncancel"
    CHANGE = "change"
    PAUSE = "pause"
    RESUME = "resume"
    REDEEM = "redeem"
    END = "end"


_C = Command
ALLOWED: dict[Status, frozenset[Command]] = {
    Status.SCHEDULED: frozenset({_C.BEGIN, _C.CANCEL, _C.CHANGE, _C.REDEEM, _C.END}),
    Status.TRIALING: frozenset({_C.CONVERT, _C.EXTEND, _C.CANCEL, _C.CHANGE, _C.REDEEM, _C.END}),
    Status.ACTIVE: frozenset({_C.RENEW, _C.CANCEL, _C.CHANGE, _C.PAUSE, _C.REDEEM, _C.END}),
    Status.PAUSED: frozenset({_C.RESUME, _C.CANCEL, _C.CHANGE, _C.END}),
    Status.CANCELING: frozenset({_C.UNCANCEL, _C.CANCEL, _C.CHANGE, _C.END}),
    Status.ENDED: frozenset(),
}

TURNS = frozenset({_C.BEGIN, _C.CONVERT, _C.RENEW, _C.END})  # that it takes by itself: nobody asks for them

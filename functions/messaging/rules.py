"""Which event tells a customer what, and until when it is worth telling: one row a rule."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Any

from events.access import AccessDeniedV1, AccessRestoredV1, AccessRestrictedV1
from events.base import Event
from events.documents import DocumentReadyV1
from events.payments import (
    DunningStepDueV1,
    PaymentActionRequiredV1,
    PaymentFailedV1,
    RefundSucceededV1,
)
from events.sales import (
    CreditNoteIssuedV1,
    InvoiceFinalizedV1,
    InvoiceOverdueV1,
    InvoicePaidV1,
    SubscriptionCancelledV1,
    SubscriptionChangedV1,
    SubscriptionEndedV1,
    SubscriptionPausedV1,
    SubscriptionResumedV1,
    SubscriptionStartedV1,
    SubscriptionTrialEndingV1,
)
from messaging import facts as told
from messaging.facts import Facts


class Category(StrEnum):
    """What a customer may switch off by itself. Money and contract matters reach them always."""

    BILLING = "billing"
    ACCOUNT = "account"
    OFFERS = "offers"  # the only one that is not sent again when a crash leaves open whether it went


@dataclass(frozen=True, slots=True)
class Rule:
    """An event, the notice it makes (`facts` is None where there is nothing to tell), and its end.

    `moot` names what may have become true that makes it pointless; `lasts` is wall time since the event
    was recorded: after a long outage or a replay nobody is told old news. With a `cap` the same feature
    is told once in that span of the customer's time. Where `documented` says that a document tells the
    same, it is left to that document, if its invoice has any.
    """

    template: str
    on: type[Event]
    facts: Callable[[Any], Facts | None]
    lasts: timedelta
    category: Category = Category.BILLING
    moot: frozenset[str] = frozenset()
    cap: timedelta | None = None
    documented: Callable[[Any], bool] | None = None


_TWO_DAYS, _WEEK, _MONTH = timedelta(days=2), timedelta(days=7), timedelta(days=30)
_SETTLED = frozenset({"invoice_paid", "invoice_void", "invoice_written_off"})
_GONE = frozenset({"subscription_ended"})
_TRIED = frozenset({"subscription_active", "subscription_paused", "subscription_canceling"})

RULES: tuple[Rule, ...] = (
    Rule("welcome", SubscriptionStartedV1, told.started, _WEEK, Category.ACCOUNT, moot=_GONE),
    Rule("trial_ending", SubscriptionTrialEndingV1, told.trial_ending, _WEEK, moot=_GONE | _TRIED),
    Rule("paused", SubscriptionPausedV1, told.paused, _WEEK, moot=_GONE | {"subscription_active"}),
    Rule("resumed", SubscriptionResumedV1, told.resumed, _WEEK, moot=_GONE | {"subscription_paused"}),
    Rule("plan_changed", SubscriptionChangedV1, told.changed, _WEEK, moot=_GONE | {"subscription_moved_on"}),
    Rule("cancelled", SubscriptionCancelledV1, told.cancelled, _WEEK, moot=_GONE | {"subscription_active"}),
    Rule("ended", SubscriptionEndedV1, told.ended, _WEEK),
    Rule("invoice", InvoiceFinalizedV1, told.invoiced, _MONTH, moot=frozenset({"invoice_void"})),
    Rule("invoice", DocumentReadyV1, told.invoice_made, _MONTH, moot=frozenset({"invoice_void"})),
    Rule("receipt", InvoicePaidV1, told.paid, _MONTH, documented=told.has_receipt),
    Rule("receipt", DocumentReadyV1, told.receipt_made, _MONTH),
    Rule("overdue", InvoiceOverdueV1, told.overdue, _WEEK, moot=_SETTLED),
    Rule("credit_note", CreditNoteIssuedV1, told.credited, _MONTH),
    Rule("credit_note", DocumentReadyV1, told.credit_note_made, _MONTH),
    Rule("statement", DocumentReadyV1, told.statement_made, _MONTH),
    Rule("refund", RefundSucceededV1, told.refunded, _MONTH),
    Rule("payment_failed", PaymentFailedV1, told.failed, _WEEK, moot=_SETTLED),
    Rule("action_required", PaymentActionRequiredV1, told.action_required, _WEEK, moot=_SETTLED),
    Rule("reminder", DunningStepDueV1, told.reminded, _WEEK, moot=_SETTLED, documented=told.has_letter),
    Rule("reminder", DocumentReadyV1, told.reminder_made, _WEEK, moot=_SETTLED),
    Rule("restricted", AccessRestrictedV1, told.restricted, _WEEK, moot=_SETTLED),
    Rule("restored", AccessRestoredV1, told.restored, _WEEK),
    Rule(
        "offer",
        AccessDeniedV1,
        told.refused,
        _TWO_DAYS,
        Category.OFFERS,
        moot=frozenset({"offer_taken"}),
        cap=_MONTH,
    ),
)

BY_TEMPLATE: dict[str, Rule] = {rule.template: rule for rule in RULES}


def rules_for(event: type[Event]) -> list[Rule]:
    """What an event tells."""
    return [rule for rule in RULES if rule.on is event]

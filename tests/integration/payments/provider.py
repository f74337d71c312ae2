"""A payment provider in memory: the port as payments uses it, with the ways a real one misbehaves.

What a method does is in its name: `pm_declined_...` is refused, `pm_3ds_...` wants its customer,
`pm_slow_...` is pending, every other one pays.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from billing.core.money import Money
from billing.core.payment import AttemptStatus, Outcome, Reason
from billing.core.refund import RefundOutcome, RefundStatus
from payments.provider import (
    ChargeLine,
    ChargeOrder,
    Instrument,
    Notification,
    NotNowError,
    RefundOrder,
    RefundSnapshot,
    SetupOrder,
    Snapshot,
    Topic,
    UnreachableError,
)

PAGE = "https://pay.example.test/"


@dataclass
class Intent:
    """A charge at the provider."""

    ref: str
    order: ChargeOrder
    outcome: Outcome


@dataclass
class ProviderInMemory:
    """One account."""

    name: str = "stripe"
    now: datetime = datetime(2026, 1, 1, tzinfo=UTC)
    payers: dict[str, str] = field(default_factory=dict)
    setups: dict[str, Instrument] = field(default_factory=dict)
    intents: dict[str, Intent] = field(default_factory=dict)
    refunds: dict[str, tuple[str, RefundSnapshot]] = field(default_factory=dict)
    detached: list[str] = field(default_factory=list)
    notifications: list[Notification] = field(default_factory=list)
    calls: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)  # of the next calls of `charge`: lost, unsent, busy
    broke: bool = False  # no method pays

    def ensure_customer(self, _customer: str, key: str) -> str:
        self.calls.append("ensure_customer")
        return self.payers.setdefault(key, f"cus_at_provider_{len(self.payers) + 1}")

    def begin_setup(self, order: SetupOrder) -> str:
        self.calls.append("begin_setup")
        return f"{PAGE}{order.key}?payer={order.payer}&currency={order.currency}"

    def saved(self, setup: str) -> Instrument | None:
        return self.setups.get(setup)

    def detach(self, method: str) -> None:
        self.detached.append(method)

    def charge(self, order: ChargeOrder) -> Outcome:
        self.calls.append("charge")
        fault = self.faults.pop(0) if self.faults else ""
        if fault == "busy":
            raise NotNowError("busy")
        if fault == "unsent":
            return Outcome(AttemptStatus.UNKNOWN)
        known = self._of(order.attempt)
        if known is None:
            ref = f"pi_{len(self.intents) + 1}"
            known = self.intents[ref] = Intent(ref, order, _first(order, ref, broke=self.broke))
            self.tell(f"payment_intent.{known.outcome.status}", Topic.PAYMENT, ref)
        assert known.order == order, "one key, two charges"
        return Outcome(AttemptStatus.UNKNOWN) if fault == "lost" else known.outcome

    def cancel(self, ref: str) -> Outcome:
        self.calls.append("cancel")
        if self.intents[ref].outcome.status not in {AttemptStatus.SUCCEEDED, AttemptStatus.CANCELED}:
            self.becomes(ref, AttemptStatus.CANCELED)
        return self.intents[ref].outcome

    def fetch(self, ref: str) -> Snapshot:
        if "down" in self.faults:
            raise UnreachableError("down")
        intent = self.intents[ref]
        order = intent.order
        return Snapshot(ref, order.invoice, order.number, order.attempt, order.amount, intent.outcome)

    def find(self, order: ChargeOrder, _since: datetime) -> Snapshot | None:
        self.calls.append("find")
        known = self._of(order.attempt)
        return self.fetch(known.ref) if known else None

    def refund(self, order: RefundOrder) -> RefundOutcome:
        self.calls.append("refund")
        fault = self.faults.pop(0) if self.faults else ""
        if fault == "busy":
            raise NotNowError("busy")
        if fault == "unsent":
            return RefundOutcome(RefundStatus.UNKNOWN)
        known = self.find_refund(order)
        if known is None:
            ref = f"re_{len(self.refunds) + 1}"
            status = RefundStatus.FAILED if fault == "refused" else RefundStatus.SUCCEEDED
            outcome = RefundOutcome(status, ref, "lost_or_stolen_card" if fault == "refused" else None)
            known = RefundSnapshot(ref, order.invoice, order.refund, order.amount, outcome)
            self.refunds[ref] = (order.charge, known)
        return RefundOutcome(RefundStatus.UNKNOWN) if fault == "lost" else known.outcome

    def fetch_refund(self, ref: str) -> RefundSnapshot:
        return self.refunds[ref][1]

    def find_refund(self, order: RefundOrder) -> RefundSnapshot | None:
        return next((r for _, r in self.refunds.values() if r.refund == order.refund), None)

    def changes_since(self, since: datetime) -> Iterator[Notification]:
        yield from (n for n in self.notifications if n.at >= since)

    def charges(self) -> Iterator[ChargeLine]:
        for intent in self.intents.values():
            if intent.outcome.status is AttemptStatus.SUCCEEDED:
                back = sum(
                    refund.amount.minor
                    for charge, refund in self.refunds.values()
                    if charge == intent.ref and refund.outcome.status is RefundStatus.SUCCEEDED
                )
                yield ChargeLine(intent.ref, intent.order.attempt, intent.order.amount, back)

    # what happens at the provider without us

    def becomes(self, ref: str, status: AttemptStatus, **more: Any) -> Notification:
        """A charge moves on; the provider tells of it."""
        self.intents[ref] = replace(self.intents[ref], outcome=Outcome(status, provider_ref=ref, **more))
        return self.tell(f"payment_intent.{status}", Topic.PAYMENT, ref)

    def saves(self, payer: str, method: str, label: str = "Visa ending in 4242") -> Notification:
        """A customer completes the hosted page."""
        setup = f"seti_{method}"
        self.setups[setup] = Instrument(method, payer, "card", label)
        return self.tell("setup_intent.succeeded", Topic.SETUP, setup)

    def sends_back(self, ref: str) -> Notification:
        """The customer's bank does not take a refund that had succeeded."""
        charge, known = self.refunds[ref]
        failed = RefundOutcome(RefundStatus.FAILED, ref, "expired_or_canceled_card")
        self.refunds[ref] = (charge, replace(known, outcome=failed))
        return self.tell("refund.failed", Topic.REFUND, ref)

    def takes(self, minor: int, currency: str = "USD") -> None:
        """Money that no attempt asked for, and no notification tells of."""
        ref = f"pi_{len(self.intents) + 1}"
        order = ChargeOrder("", "inv_?", 0, "cus_?", "pm_?", "card", Money(minor, currency), "", "")
        self.intents[ref] = Intent(ref, replace(order, attempt=ref), Outcome(AttemptStatus.SUCCEEDED, ref))

    def tell(self, type_: str, topic: Topic, ref: str) -> Notification:
        """Keep that something changed; a test delivers it, or does not."""
        told = Notification(f"evt_{len(self.notifications) + 1}", type_, topic, ref, self.now)
        self.notifications.append(told)
        return told

    def _of(self, attempt: str) -> Intent | None:
        return next((i for i in self.intents.values() if i.order.attempt == attempt), None)


def _first(order: ChargeOrder, ref: str, *, broke: bool) -> Outcome:
    if broke or order.method.startswith("pm_declined"):
        return Outcome(
            AttemptStatus.FAILED, ref, reason=Reason.INSUFFICIENT_FUNDS, raw_code="insufficient_funds"
        )
    if order.method.startswith("pm_3ds"):
        return Outcome(AttemptStatus.REQUIRES_ACTION, ref, action_url=f"{PAGE}{ref}")
    if order.method.startswith("pm_slow"):
        return Outcome(AttemptStatus.PENDING, ref)
    return Outcome(AttemptStatus.SUCCEEDED, ref)

"""Stripe behind the port, through its official SDK; the only module that knows it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import stripe

from billing.aws.settings import optional
from billing.core.errors import RuleError
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
    RefusedError,
    SetupOrder,
    Snapshot,
    UnreachableError,
)
from payments.stripe_account import NOT_NOW, Credentials, asked, client_of, plain, said_of
from payments.stripe_outcomes import (
    HEARD,
    Data,
    declined,
    label_of,
    needs_customer,
    outcome_of,
    printed_on,
    refund_outcome_of,
)
from payments.stripe_webhooks import notification_of

_SKEW = timedelta(minutes=5)  # between our clock and the provider's


class StripeProvider:
    """One tenant's Stripe account."""

    name = "stripe"

    def __init__(self, credentials: Credentials, address: str | None = None) -> None:
        """`address` replaces Stripe's own, for a simulator on this machine."""
        self._stripe = client_of(credentials, address).v1

    def ensure_customer(self, customer: str, key: str) -> str:
        """A customer without personal data: our id is all Stripe needs."""
        made = asked(
            self._stripe.customers.create, {"metadata": {"customer": customer}}, {"idempotency_key": key}
        )
        return made["id"]

    def begin_setup(self, order: SetupOrder) -> str:
        """A hosted Checkout page in setup mode."""
        params = {
            "mode": "setup",
            "customer": order.payer,
            "currency": order.currency.lower(),
            "success_url": order.return_url,
            "cancel_url": order.return_url,
        }
        return asked(self._stripe.checkout.sessions.create, params, {"idempotency_key": order.key})["url"]

    def saved(self, setup: str) -> Instrument | None:
        """The method of a setup intent that succeeded."""
        found = asked(self._stripe.setup_intents.retrieve, setup, {"expand": ["payment_method"]})
        method: Any = found.get("payment_method")
        if found["status"] != "succeeded" or not method or not found.get("customer"):
            return None
        rail, label = label_of(method)
        return Instrument(method["id"], _id(found["customer"]), rail, label, *printed_on(method))

    def detach(self, method: str) -> None:
        """Detach; one that is not attached any more is refused, which is as well."""
        try:
            asked(self._stripe.payment_methods.detach, method)
        except RefusedError:
            return

    def charge(self, order: ChargeOrder) -> Outcome:
        """Create and confirm at once, the customer absent."""
        params: Data = {
            "amount": order.amount.minor,
            "currency": order.amount.currency.lower(),
            "customer": order.payer,
            "payment_method": order.method,
            "allowed_payment_method_types": [order.rail],
            "confirm": True,
            "off_session": True,
            "description": order.description,
            "metadata": {"attempt": order.attempt, "invoice": order.invoice, "number": str(order.number)},
        }
        options: Any = {"idempotency_key": order.attempt}
        try:
            intent = plain(self._stripe.payment_intents.create(params, options))  # pyright: ignore[reportArgumentType]
        except stripe.CardError as error:
            return self._refused(error, order.return_url)
        except stripe.IdempotencyError as error:
            raise RuleError("attempt_key_reused", "this key stands for another charge") from error
        except stripe.InvalidRequestError as error:
            return Outcome(AttemptStatus.FAILED, reason=Reason.INVALID_REQUEST, raw_code=error.code)
        except stripe.StripeError as error:
            if error.http_status in NOT_NOW:
                raise NotNowError(type(error).__name__) from error
            return Outcome(AttemptStatus.UNKNOWN)
        return outcome_of(intent)

    def cancel(self, ref: str) -> Outcome:
        """Cancel; where it is too late for that, what it has become."""
        try:
            return outcome_of(asked(self._stripe.payment_intents.cancel, ref))
        except RefusedError:
            return self.fetch(ref).outcome

    def fetch(self, ref: str) -> Snapshot:
        """A payment intent as it stands; one that wants its customer asks for them now."""
        return self._snapshot(asked(self._stripe.payment_intents.retrieve, ref))

    def find(self, order: ChargeOrder, since: datetime) -> Snapshot | None:
        """Look through every intent of the customer: a search index would lag behind."""
        created = {"gte": int((since - _SKEW).timestamp())}
        for intent in self._pages(
            self._stripe.payment_intents.list, {"customer": order.payer, "created": created}
        ):
            if intent["metadata"].get("attempt") == order.attempt:
                return self._snapshot(intent, order.return_url)
        return None

    def refund(self, order: RefundOrder) -> RefundOutcome:
        """Send back a part of a payment; one refused as a repeat is looked up."""
        params: Data = {
            "payment_intent": order.charge,
            "amount": order.amount.minor,
            "metadata": {"refund": order.refund, "invoice": order.invoice},
        }
        try:
            return refund_outcome_of(
                asked(self._stripe.refunds.create, params, {"idempotency_key": order.refund})
            )
        except RefusedError as error:
            known = self.find_refund(order)
            return known.outcome if known else RefundOutcome(RefundStatus.FAILED, reason=error.message)
        except UnreachableError:
            return RefundOutcome(RefundStatus.UNKNOWN)

    def fetch_refund(self, ref: str) -> RefundSnapshot:
        """A refund as it stands."""
        return _refund_snapshot(asked(self._stripe.refunds.retrieve, ref))

    def find_refund(self, order: RefundOrder) -> RefundSnapshot | None:
        """Look through every refund of the payment."""
        for refund in self._pages(self._stripe.refunds.list, {"payment_intent": order.charge}):
            if (refund.get("metadata") or {}).get("refund") == order.refund:
                return _refund_snapshot(refund)
        return None

    def changes_since(self, since: datetime) -> Iterator[Notification]:
        """Stripe lists its events newest first, for 30 days."""
        wanted = {"created": {"gte": int(since.timestamp())}, "types": list(HEARD)}
        events = list(self._pages(self._stripe.events.list, wanted))
        yield from (notification_of(event) for event in reversed(events))

    def charges(self) -> Iterator[ChargeLine]:
        """Every charge that succeeded; its metadata are those of its intent."""
        params = {"expand": ["data.payment_intent"]}
        for charge in self._pages(self._stripe.charges.list, params):
            if charge["status"] == "succeeded":
                intent: Data = charge.get("payment_intent") or {}
                amount = Money(charge["amount"], charge["currency"].upper())
                attempt = intent.get("metadata", {}).get("attempt")
                yield ChargeLine(intent.get("id", charge["id"]), attempt, amount, charge["amount_refunded"])

    def _refused(self, error: stripe.CardError, return_url: str) -> Outcome:
        said = said_of(error)
        intent: Data | None = said.get("payment_intent")
        if intent is not None and needs_customer({**intent, "last_payment_error": said}):
            return self._ask_customer(intent, return_url)
        return declined(said, intent["id"] if intent else None)

    def _ask_customer(self, intent: Data, return_url: str) -> Outcome:
        """Confirm once more on session, which gives the page where the customer proves who they are."""
        try:
            return outcome_of(self._on_session(intent, return_url))
        except stripe.CardError as error:
            return declined(said_of(error), intent["id"])
        except (NotNowError, UnreachableError):
            return Outcome(AttemptStatus.UNKNOWN, provider_ref=intent["id"])

    def _on_session(self, intent: Data, return_url: str) -> Data:
        """Where answer and webhook come at once, one of them asks; the other is refused, and reads."""
        params = {"payment_method": _method_of(intent), "return_url": return_url}
        options: Any = {"idempotency_key": f"{intent['id']}/action"}
        try:
            return asked(self._stripe.payment_intents.confirm, intent["id"], params, options)
        except RuleError:
            return asked(self._stripe.payment_intents.retrieve, intent["id"])

    def _snapshot(self, intent: Data, return_url: str | None = None) -> Snapshot:
        metadata: dict[str, str] = intent["metadata"]
        number = metadata.get("number", "")
        asks = needs_customer(intent)
        url = return_url or optional("PUBLIC_URL", "https://example.invalid/")
        return Snapshot(
            ref=intent["id"],
            invoice=metadata.get("invoice"),
            number=int(number) if number.isascii() and number.isdigit() else None,
            attempt=metadata.get("attempt"),
            amount=Money(intent["amount"], intent["currency"].upper()),
            outcome=self._ask_customer(intent, url) if asks else outcome_of(intent),
        )

    def _pages(self, ask: Any, params: Data) -> Iterator[Data]:
        after: Data = {}
        while True:
            page = asked(ask, {**params, **after, "limit": 100})
            yield from page["data"]
            if not page["has_more"]:
                return
            after = {"starting_after": page["data"][-1]["id"]}


def _refund_snapshot(refund: Data) -> RefundSnapshot:
    metadata: dict[str, str] = refund.get("metadata") or {}
    return RefundSnapshot(
        ref=refund["id"],
        invoice=metadata.get("invoice"),
        refund=metadata.get("refund"),
        amount=Money(refund["amount"], refund["currency"].upper()),
        outcome=refund_outcome_of(refund),
    )


def _id(reference: Any) -> str:
    return reference if isinstance(reference, str) else reference["id"]


def _method_of(intent: Data) -> str:
    """The method a refused intent was tried with."""
    error: Data = intent.get("last_payment_error") or {}
    return _id(intent.get("payment_method") or error.get("payment_method"))

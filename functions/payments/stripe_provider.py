"""Stripe behind the port, through its official SDK; the only module that knows it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import stripe
from stripe import StripeClient

from billing.aws.settings import SettingError, optional
from billing.aws.strict_json import StrictJsonError, strict_loads
from billing.aws.wall import wall_now
from billing.core.errors import RuleError
from billing.core.money import Money
from billing.core.payment import AttemptStatus, Outcome, Reason
from payments.provider import (
    ChargeLine,
    ChargeOrder,
    ForgedError,
    Instrument,
    Notification,
    NotNowError,
    RefusedError,
    SetupOrder,
    Snapshot,
    UnreachableError,
)
from payments.stripe_outcomes import Data, declined, label_of, needs_customer, outcome_of, topic_of

TIMEOUT = 10  # seconds of one call; with the one retry well inside any function's time
TOLERANCE = timedelta(seconds=300)  # of a signature's time, in both directions
_SKEW = timedelta(minutes=5)  # between our clock and the provider's
_NOT_NOW = frozenset({401, 403, 409, 429})  # the call was not carried out


@dataclass(frozen=True, slots=True)
class Credentials:
    """A tenant's key, and the secrets its webhooks are signed with: two while one replaces the other."""

    api_key: str
    webhook_secrets: tuple[str, ...]

    def __post_init__(self) -> None:
        secrets = self.webhook_secrets
        if not self.api_key or not secrets or not all(s.startswith("whsec_") and s[6:] for s in secrets):
            raise RuleError(
                "credentials_incomplete", "an api_key and one or two webhook_secrets (whsec_...)", "stripe"
            )


class StripeProvider:
    """One tenant's Stripe account."""

    name = "stripe"

    def __init__(self, credentials: Credentials, address: str | None = None) -> None:
        """`address` replaces Stripe's own, for a simulator on this machine."""
        _check(credentials, address)
        self._stripe = StripeClient(
            credentials.api_key,
            base_addresses={"api": address} if address else {},
            max_network_retries=1,
            http_client=stripe.RequestsClient(timeout=TIMEOUT),
        ).v1

    def ensure_customer(self, customer: str, key: str) -> str:
        """A customer without personal data: our id is all Stripe needs."""
        made = _asked(
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
        return _asked(self._stripe.checkout.sessions.create, params, {"idempotency_key": order.key})["url"]

    def saved(self, setup: str) -> Instrument | None:
        """The method of a setup intent that succeeded."""
        found = _asked(self._stripe.setup_intents.retrieve, setup, {"expand": ["payment_method"]})
        method: Any = found.get("payment_method")
        if found["status"] != "succeeded" or not method or not found.get("customer"):
            return None
        rail, label = label_of(method)
        return Instrument(method["id"], _id(found["customer"]), rail, label)

    def detach(self, method: str) -> None:
        """Detach; one that is not attached any more is refused, which is as well."""
        try:
            _asked(self._stripe.payment_methods.detach, method)
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
            intent = _plain(self._stripe.payment_intents.create(params, options))  # pyright: ignore[reportArgumentType]
        except stripe.CardError as error:
            return self._refused(error, order.return_url)
        except stripe.IdempotencyError as error:
            raise RuleError("attempt_key_reused", "this key stands for another charge") from error
        except stripe.InvalidRequestError as error:
            return Outcome(AttemptStatus.FAILED, reason=Reason.INVALID_REQUEST, raw_code=error.code)
        except stripe.StripeError as error:
            if error.http_status in _NOT_NOW:
                raise NotNowError(type(error).__name__) from error
            return Outcome(AttemptStatus.UNKNOWN)
        return outcome_of(intent)

    def cancel(self, ref: str) -> Outcome:
        """Cancel; where it is too late for that, what it has become."""
        try:
            return outcome_of(_asked(self._stripe.payment_intents.cancel, ref))
        except RefusedError:
            return self.fetch(ref).outcome

    def fetch(self, ref: str) -> Snapshot:
        """A payment intent as it stands; one that wants its customer asks for them now."""
        return self._snapshot(_asked(self._stripe.payment_intents.retrieve, ref))

    def find(self, order: ChargeOrder, since: datetime) -> Snapshot | None:
        """Look through every intent of the customer: a search index would lag behind."""
        created = {"gte": int((since - _SKEW).timestamp())}
        for intent in self._pages(
            self._stripe.payment_intents.list, {"customer": order.payer, "created": created}
        ):
            if intent["metadata"].get("attempt") == order.attempt:
                return self._snapshot(intent, order.return_url)
        return None

    def changes_since(self, since: datetime) -> Iterator[Notification]:
        """Stripe lists its events newest first, for 30 days."""
        created = {"gte": int(since.timestamp())}
        events = list(self._pages(self._stripe.events.list, {"created": created}))
        yield from (_notification(event) for event in reversed(events))

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
        said = _said(error)
        intent: Data | None = said.get("payment_intent")
        if intent is not None and needs_customer({**intent, "last_payment_error": said}):
            return self._ask_customer(intent, return_url)
        return declined(said, intent["id"] if intent else None)

    def _ask_customer(self, intent: Data, return_url: str) -> Outcome:
        """Confirm once more on session, which gives the page where the customer proves who they are."""
        params = {"payment_method": _method_of(intent), "return_url": return_url}
        options: Any = {"idempotency_key": f"{intent['id']}/action"}
        try:
            return outcome_of(_asked(self._stripe.payment_intents.confirm, intent["id"], params, options))
        except stripe.CardError as error:
            return declined(_said(error), intent["id"])
        except (NotNowError, UnreachableError):
            return Outcome(AttemptStatus.UNKNOWN, provider_ref=intent["id"])

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
            page = _asked(ask, {**params, **after, "limit": 100})
            yield from page["data"]
            if not page["has_more"]:
                return
            after = {"starting_after": page["data"][-1]["id"]}


def notification_in(body: bytes, signature: str, secrets: tuple[str, ...]) -> Notification:
    """The notification a signed body holds; ForgedError where nobody proves it. No I/O."""
    try:
        text = body.decode()
    except UnicodeDecodeError as error:
        raise ForgedError("the body is not UTF-8") from error
    if not any(_signed(text, signature, secret) for secret in secrets):
        raise ForgedError("no signature of ours, or too old")
    try:
        event = strict_loads(body)
        return _notification(event)  # pyright: ignore[reportUnknownArgumentType]
    except (StrictJsonError, KeyError, TypeError, AttributeError, ValueError) as error:
        raise ForgedError("signed, but no event") from error


def credentials_in(text: str) -> Credentials:
    """Read a tenant's credentials: JSON of `api_key` and `webhook_secrets`."""
    try:
        found = json.loads(text)
        return Credentials(found["api_key"], tuple(found["webhook_secrets"]))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        message = 'JSON: {"api_key": "...", "webhook_secrets": ["whsec_..."]}'
        raise RuleError("credentials_unreadable", message, "stripe") from error


def _signed(text: str, header: str, secret: str) -> bool:
    """Whether the header proves the text with this secret, now; the SDK does not look at the future."""
    try:
        stripe.WebhookSignature.verify_header(text, header, secret, int(TOLERANCE.total_seconds()))
        stated = next(part[2:] for part in header.split(",") if part.startswith("t="))
        return datetime.fromtimestamp(int(stated), UTC) <= wall_now() + TOLERANCE
    except (stripe.SignatureVerificationError, StopIteration, ValueError, OverflowError):
        return False


def _notification(event: Data) -> Notification:
    topic, ref = topic_of(event)
    at = datetime.fromtimestamp(int(event["created"]), UTC)
    return Notification(str(event["id"]), str(event["type"]), topic, ref, at)


def _asked(ask: Any, *args: Any) -> Data:
    """Ask Stripe, in terms of the port; a decline stays what it is."""
    try:
        return _plain(ask(*args))
    except stripe.CardError:
        raise
    except stripe.InvalidRequestError as error:
        raise RefusedError("provider_refused", f"{error.code}: {error.param}") from error
    except stripe.IdempotencyError as error:
        raise RuleError("provider_key_reused", "this key came with another request before") from error
    except stripe.StripeError as error:
        if error.http_status in _NOT_NOW:
            raise NotNowError(type(error).__name__) from error
        raise UnreachableError(type(error).__name__) from error


def _said(error: stripe.CardError) -> Data:
    """What Stripe says of a decline."""
    body: Any = error.json_body
    return body["error"]


def _plain(answer: Any) -> Data:
    return answer.to_dict()


def _id(reference: Any) -> str:
    return reference if isinstance(reference, str) else reference["id"]


def _method_of(intent: Data) -> str:
    """The method a refused intent was tried with."""
    error: Data = intent.get("last_payment_error") or {}
    return _id(intent.get("payment_method") or error.get("payment_method"))


def _check(credentials: Credentials, address: str | None) -> None:
    if address is None:
        return
    parts = urlsplit(address)
    here = parts.scheme == "http" and parts.hostname in {"127.0.0.1", "localhost", "::1"}
    if parts.scheme != "https" and not here:
        raise SettingError("STRIPE_ADDRESS is neither https nor on this machine")
    if "_live_" in credentials.api_key:
        raise SettingError("a live key never goes to another address than Stripe's own")

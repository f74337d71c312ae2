"""Stripe's words in ours: intents, errors and notifications, as plain data."""

from __future__ import annotations

from typing import Any

from billing.core.payment import AttemptStatus, Outcome, Reason
from billing.core.refund import RefundOutcome, RefundStatus
from payments.provider import Topic

Data = dict[str, Any]

AUTHENTICATION_REQUIRED = "authentication_required"

_STATUS = {
    "succeeded": AttemptStatus.SUCCEEDED,
    "processing": AttemptStatus.PENDING,
    "requires_capture": AttemptStatus.PENDING,
    "requires_action": AttemptStatus.REQUIRES_ACTION,
    "canceled": AttemptStatus.CANCELED,
}

_REASONS = {
    "insufficient_funds": Reason.INSUFFICIENT_FUNDS,
    AUTHENTICATION_REQUIRED: Reason.AUTHENTICATION_REQUIRED,
    "payment_intent_authentication_failure": Reason.AUTHENTICATION_REQUIRED,
    "expired_card": Reason.CARD_EXPIRED,
    "do_not_honor": Reason.DO_NOT_HONOR,
    "generic_decline": Reason.DO_NOT_HONOR,
    "card_declined": Reason.DO_NOT_HONOR,
    "lost_card": Reason.LOST_OR_STOLEN,
    "stolen_card": Reason.LOST_OR_STOLEN,
    "pickup_card": Reason.LOST_OR_STOLEN,
    "fraudulent": Reason.FRAUD_SUSPECTED,
    "merchant_blacklist": Reason.FRAUD_SUSPECTED,
    "card_velocity_exceeded": Reason.LIMIT_EXCEEDED,
    "withdrawal_count_limit_exceeded": Reason.LIMIT_EXCEEDED,
    "invalid_account": Reason.ACCOUNT_CLOSED,
    "new_account_information_available": Reason.ACCOUNT_CLOSED,
    "debit_not_authorized": Reason.MANDATE_INVALID,
    "revocation_of_authorization": Reason.MANDATE_INVALID,
    "revocation_of_all_authorizations": Reason.MANDATE_INVALID,
    "processing_error": Reason.PROVIDER_ERROR,
    "issuer_not_available": Reason.PROVIDER_ERROR,
}

_REFUND_STATUS = {
    "succeeded": RefundStatus.SUCCEEDED,
    "failed": RefundStatus.FAILED,
    "canceled": RefundStatus.FAILED,
}

_TOPICS = {
    "payment_intent.succeeded": Topic.PAYMENT,
    "payment_intent.payment_failed": Topic.PAYMENT,
    "payment_intent.processing": Topic.PAYMENT,
    "payment_intent.requires_action": Topic.PAYMENT,
    "payment_intent.canceled": Topic.PAYMENT,
    "setup_intent.succeeded": Topic.SETUP,
    "refund.created": Topic.REFUND,
    "refund.updated": Topic.REFUND,
    "refund.failed": Topic.REFUND,
}
_SESSION = "checkout.session.completed"
HEARD = (*_TOPICS, _SESSION)  # the types that change something: what a webhook's address asks for


def outcome_of(intent: Data) -> Outcome:
    """What a payment intent says of its attempt."""
    ref, status = intent["id"], _STATUS.get(intent["status"])
    if status is not None:
        action: Data = intent.get("next_action") or {}
        redirect: Data = action.get("redirect_to_url") or {}
        url = redirect.get("url") if status is AttemptStatus.REQUIRES_ACTION else None
        return Outcome(status, provider_ref=ref, action_url=url)
    if error := intent.get("last_payment_error"):
        return declined(error, ref)
    return Outcome(AttemptStatus.UNKNOWN, provider_ref=ref)  # not confirmed: no answer yet


def declined(error: Data, ref: str | None) -> Outcome:
    """A definite no, with its reason."""
    code = error.get("decline_code") or error.get("code") or ""
    reason = _REASONS.get(code) or _REASONS.get(error.get("code") or "") or Reason.OTHER
    return Outcome(AttemptStatus.FAILED, provider_ref=ref, reason=reason, raw_code=code or None)


def needs_customer(intent: Data) -> bool:
    """Whether an off-session charge was refused for want of the customer, who was not asked yet."""
    error: Data = intent.get("last_payment_error") or {}
    codes = {error.get("code"), error.get("decline_code")}
    return intent["status"] == "requires_payment_method" and AUTHENTICATION_REQUIRED in codes


def refund_outcome_of(refund: Data) -> RefundOutcome:
    """What a refund at Stripe says of ours."""
    status = _REFUND_STATUS.get(refund["status"], RefundStatus.PENDING)
    return RefundOutcome(status, refund["id"], refund.get("failure_reason"))


def topic_of(event: Data) -> tuple[Topic, str]:
    """What an event is about, and the provider's name for it."""
    subject = event["data"]["object"]
    if event["type"] == _SESSION and subject.get("mode") == "setup":
        return Topic.SETUP, subject["setup_intent"]
    return _TOPICS.get(event["type"], Topic.UNSUPPORTED), str(subject.get("id") or "")


def label_of(method: Data) -> tuple[str, str]:
    """The rail of a payment method, and how a person knows it: "Visa ending in 4242"."""
    brand, last4 = printed_on(method)
    return method["type"], f"{brand} ending in {last4}" if last4 else brand


def printed_on(method: Data) -> tuple[str, str | None]:
    """What a person sees on a payment method, whatever their language: its brand, its last digits."""
    detail: Data = method.get(method["type"]) or {}
    name = str(detail.get("display_brand") or detail.get("brand") or method["type"]).replace("_", " ")
    name = {"paypal": "PayPal", "twint": "TWINT", "sepa debit": "SEPA debit"}.get(name, name.title())
    return name, detail.get("last4") or None

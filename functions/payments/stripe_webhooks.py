"""What Stripe sends by itself: proven on the raw bytes, then read. No I/O."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import stripe

from billing.aws.strict_json import StrictJsonError, strict_loads
from billing.aws.wall import wall_now
from payments.provider import ForgedError, Notification
from payments.stripe_outcomes import Data, topic_of

TOLERANCE = timedelta(seconds=300)  # of a signature's time, in both directions


def notification_in(body: bytes, signature: str, secrets: tuple[str, ...]) -> Notification:
    """The notification a signed body holds; ForgedError where nobody proves it."""
    try:
        text = body.decode()
    except UnicodeDecodeError as error:
        raise ForgedError("the body is not UTF-8") from error
    if not any(_signed(text, signature, secret) for secret in secrets):
        raise ForgedError("no signature of ours, or too old")
    try:
        event = strict_loads(body)
        return notification_of(event)  # pyright: ignore[reportUnknownArgumentType]
    except (StrictJsonError, KeyError, TypeError, AttributeError, ValueError) as error:
        raise ForgedError("signed, but no event") from error


def notification_of(event: Data) -> Notification:
    """An event of Stripe in our words."""
    topic, ref = topic_of(event)
    at = datetime.fromtimestamp(int(event["created"]), UTC)
    return Notification(str(event["id"]), str(event["type"]), topic, ref, at)


def _signed(text: str, header: str, secret: str) -> bool:
    """Whether the header proves the text with this secret, now; the SDK does not look at the future."""
    try:
        stripe.WebhookSignature.verify_header(text, header, secret, int(TOLERANCE.total_seconds()))
        stated = next(part[2:] for part in header.split(",") if part.startswith("t="))
        return datetime.fromtimestamp(int(stated), UTC) <= wall_now() + TOLERANCE
    except (stripe.SignatureVerificationError, StopIteration, ValueError, OverflowError):
        return False

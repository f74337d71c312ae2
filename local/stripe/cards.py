"""Teaches how each test card behaves: when it is saved, when it is charged, when its bank asks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Asks = Literal["never", "unless_set_up", "on_session", "always"]


@dataclass(frozen=True, slots=True)
class Refusal:
    """What a bank says no with: Stripe's error code, the bank's own, and words for the customer."""

    code: str
    decline_code: str
    message: str


@dataclass(frozen=True, slots=True)
class TestCard:
    """One of the provider's test numbers; `pm_card_<name>` stands for it.

    `asks`: when the bank wants its customer to confirm; `saves`: whether the card can be saved although it
    is declined when charged.
    """

    __test__ = False  # not for pytest to collect
    number: str
    name: str
    label: str
    brand: str = "visa"
    refusal: Refusal | None = None
    saves: bool = True
    asks: Asks = "never"


DECLINED = Refusal("card_declined", "generic_decline", "Your card was declined.")
INSUFFICIENT_FUNDS = Refusal("card_declined", "insufficient_funds", "Your card has insufficient funds.")
LOST = Refusal("card_declined", "lost_card", "Your card was declined.")
STOLEN = Refusal("card_declined", "stolen_card", "Your card was declined.")
FRAUDULENT = Refusal("card_declined", "fraudulent", "Your card was declined.")
VELOCITY = Refusal(
    "card_declined",
    "card_velocity_exceeded",
    "Your card was declined for making repeated attempts too frequently or exceeding its amount limit.",
)
EXPIRED = Refusal("expired_card", "expired_card", "Your card has expired.")
WRONG_CVC = Refusal("incorrect_cvc", "incorrect_cvc", "Your card's security code is incorrect.")
PROCESSING = Refusal(
    "processing_error",
    "processing_error",
    "An error occurred while processing your card. Try again in a little bit.",
)
UNAUTHENTICATED = Refusal(
    "authentication_required",
    "authentication_required",
    "Your card was declined. This transaction requires authentication.",
)

_TABLE = (
    TestCard("4242424242424242", "visa", "Succeeds"),
    TestCard("5555555555554444", "mastercard", "Succeeds", brand="mastercard"),
    TestCard("378282246310005", "amex", "Succeeds", brand="amex"),
    TestCard("4000007560000009", "ch", "Succeeds, Swiss"),
    TestCard("4000000000000341", "chargeCustomerFail", "Saves, then is declined", refusal=DECLINED),
    TestCard("4000000000000002", "visa_chargeDeclined", "Is declined", refusal=DECLINED, saves=False),
    TestCard(
        "4000000000009995",
        "visa_chargeDeclinedInsufficientFunds",
        "Has insufficient funds",
        refusal=INSUFFICIENT_FUNDS,
        saves=False,
    ),
    TestCard("4000000000009987", "visa_chargeDeclinedLostCard", "Was lost", refusal=LOST, saves=False),
    TestCard("4000000000009979", "visa_chargeDeclinedStolenCard", "Was stolen", refusal=STOLEN, saves=False),
    TestCard("4000000000000069", "chargeDeclinedExpiredCard", "Has expired", refusal=EXPIRED, saves=False),
    TestCard(
        "4000000000000127",
        "chargeDeclinedIncorrectCvc",
        "Has another security code",
        refusal=WRONG_CVC,
        saves=False,
    ),
    TestCard(
        "4000000000000119",
        "chargeDeclinedProcessingError",
        "Meets a processing error",
        refusal=PROCESSING,
        saves=False,
    ),
    TestCard(
        "4000000000006975",
        "visa_chargeDeclinedVelocityLimitExceeded",
        "Was used too often",
        refusal=VELOCITY,
        saves=False,
    ),
    TestCard("4100000000000019", "radarBlock", "Is blocked as fraudulent", refusal=FRAUDULENT, saves=False),
    TestCard(
        "4000002500003155",
        "authenticationRequiredOnSetup",
        "Asks once, when it is saved",
        asks="unless_set_up",
    ),
    TestCard("4000002760003184", "authenticationRequired", "Asks for every payment", asks="always"),
    TestCard(
        "4000003800000446",
        "authenticationRequiredSetupForOffSession",
        "Asks only when the customer is there",
        asks="on_session",
    ),
    TestCard(
        "4000008260003178",
        "authenticationRequiredChargeDeclinedInsufficientFunds",
        "Asks, then has insufficient funds",
        refusal=INSUFFICIENT_FUNDS,
        asks="unless_set_up",
    ),
    TestCard("4000000000003220", "threeDSecure2Required", "Asks with 3-D Secure 2", asks="on_session"),
    TestCard(
        "4000008400001629",
        "threeDSecureRequiredChargeDeclined",
        "Asks, then is declined",
        refusal=DECLINED,
        asks="on_session",
    ),
    TestCard("4000000000007726", "pendingRefund", "Succeeds; a refund stays pending"),
    TestCard("4000000000005126", "refundFail", "Succeeds; a refund fails later"),
)
BY_NUMBER = {card.number: card for card in _TABLE}
BY_TOKEN = {f"pm_card_{card.name}": card for card in _TABLE}
PENDING_REFUND = "4000000000007726"


def wants_authentication(card: TestCard, *, off_session: bool, set_up: bool) -> bool:
    """Whether the bank asks its customer before this payment."""
    match card.asks:
        case "never":
            return False
        case "always":
            return True
        case "on_session":
            return not off_session
        case "unless_set_up":
            return not (off_session and set_up)

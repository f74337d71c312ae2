"""Teaches how a card becomes a payment method, and whose it is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from local.stripe.account import Account
from local.stripe.cards import BY_NUMBER, BY_TOKEN, EXPIRED, Refusal, TestCard
from local.stripe.errors import DeclinedError, InvalidRequestError, Object, missing
from local.stripe.shapes import listing

ADDRESS = dict.fromkeys(("city", "country", "line1", "line2", "postal_code", "state"))
EXPIRY_YEARS = 8


@dataclass(frozen=True, slots=True)
class SavedCard:
    """What the simulator knows of a payment method's card: its number is never shown."""

    test: TestCard
    set_up: bool
    exp_month: int
    exp_year: int

    def refusal(self, now: int) -> Refusal | None:
        """Why a charge would fail at this time."""
        today = datetime.fromtimestamp(now, UTC)
        if (self.exp_year, self.exp_month) < (today.year, today.month):
            return EXPIRED
        return self.test.refusal


def only_cards(params: Object) -> None:
    """Refuse a request that would not allow cards, the only method here."""
    if "card" not in params.get("allowed_payment_method_types", ["card"]):
        message = "The simulator models cards only: allow `card`, or leave it out."
        raise InvalidRequestError(message, code="simulator_unsupported", param="allowed_payment_method_types")


def card_of(account: Account, method: Object) -> SavedCard:
    """The card behind a payment method."""
    known = account.store.hidden(f"card/{method['id']}")
    card = method["card"]
    return SavedCard(BY_NUMBER[known["number"]], known["set_up"], card["exp_month"], card["exp_year"])


def mark_set_up(account: Account, method: Object) -> None:
    """From now on the bank knows that this card is used without its holder."""
    known = account.store.hidden(f"card/{method['id']}")
    account.store.hide(f"card/{method['id']}", known | {"set_up": True})


def create(account: Account, params: Object) -> Object:
    """A card by its test number; nobody's yet."""
    if params.get("type", "card") != "card":
        message = "The simulator models payment methods of type card."
        raise InvalidRequestError(message, code="simulator_unsupported", param="type")
    card = params.get("card") or {}
    if card.get("token", "").startswith("tok_"):
        card = {
            "number": _card_of_token("pm_card_" + card["token"].removeprefix("tok_"), "card[token]").number
        }
    test = BY_NUMBER.get(str(card.get("number", "")).replace(" ", ""))
    if test is None:
        message = "Your card number is not one of the test numbers (local/stripe/README.md lists them)."
        raise DeclinedError(message, code="incorrect_number", param="number")
    year = datetime.fromtimestamp(account.now, UTC).year + EXPIRY_YEARS
    return from_card(
        account,
        test,
        month=card.get("exp_month", 12),
        year=card.get("exp_year", year),
        details=params.get("billing_details"),
        metadata=params.get("metadata", {}),
    )


def _card_of_token(token: str, param: str) -> TestCard:
    if token not in BY_TOKEN:
        raise missing("payment_method", token, param=param, status=400)
    return BY_TOKEN[token]


def from_card(
    account: Account,
    test: TestCard,
    *,
    month: int = 12,
    year: int | None = None,
    details: Object | None = None,
    metadata: Object | None = None,
) -> Object:
    """Keep a card as a payment method."""
    expires = year or datetime.fromtimestamp(account.now, UTC).year + EXPIRY_YEARS
    billing = (
        dict.fromkeys(("email", "name", "phone", "tax_id")) | {"address": dict(ADDRESS)} | (details or {})
    )
    method = account.new(
        "payment_method",
        type="card",
        billing_details=billing,
        metadata=merged({}, metadata or {}),
        allow_redisplay="unspecified",
        card=_shown(account, test, month, expires),
    )
    account.store.hide(f"card/{method['id']}", {"number": test.number, "set_up": False})
    return account.save(method)


def _shown(account: Account, test: TestCard, month: int, year: int) -> Object:
    return {
        "brand": test.brand,
        "checks": {"address_line1_check": None, "address_postal_code_check": None, "cvc_check": "pass"},
        "country": "CH" if test.name == "ch" else "US",
        "display_brand": {"amex": "american_express"}.get(test.brand, test.brand),
        "exp_month": month,
        "exp_year": year,
        "fingerprint": account.store.token(f"fingerprint/{test.number}")[:16],
        "funding": "credit",
        "generated_from": None,
        "last4": test.number[-4:],
        "networks": {"available": [test.brand], "preferred": None},
        "regulated_status": "unregulated",
        "three_d_secure_usage": {"supported": True},
        "wallet": None,
    }


def resolve(account: Account, id_: str, *, customer: str | None, param: str = "payment_method") -> Object:
    """The payment method a request names; a test token gives a new one, as at Stripe.

    One that belongs to a customer can only be used for that customer.
    """
    if id_ in BY_TOKEN:
        return from_card(account, BY_TOKEN[id_])
    method = account.get("payment_method", id_, param=param)
    if method["customer"] != customer and method["customer"] is not None:
        message = f"The payment method {id_} belongs to a customer: name that customer in the request."
        raise InvalidRequestError(message, param=param)
    if method["customer"] is None and account.store.hidden(f"used/{id_}"):
        message = (
            f"The payment method {id_} was used before without being attached to a customer, or was detached "
            "from one; it may not be used again. Attach a payment method to a customer before its first use."
        )
        raise InvalidRequestError(message, param=param)
    return method


def retrieve(account: Account, params: Object, id_: str) -> Object:  # noqa: ARG001
    """One payment method."""
    return account.get("payment_method", id_)


def update(account: Account, params: Object, id_: str) -> Object:
    """New metadata, billing details or expiry."""
    method = account.get("payment_method", id_)
    fields = {name: params[name] for name in ("metadata", "allow_redisplay") if name in params}
    if "metadata" in fields:
        fields["metadata"] = merged(method["metadata"], fields["metadata"])
    if "billing_details" in params:
        fields["billing_details"] = method["billing_details"] | params["billing_details"]
    if "card" in params:
        fields["card"] = method["card"] | params["card"]
    return account.change(method, "payment_method.updated", **fields)


def merged(old: Object, new: Object | str) -> Object:
    """Metadata after an update: an empty value removes its key, an empty hash all."""
    if not isinstance(new, dict):
        return {}
    return {name: value for name, value in (old | new).items() if value != ""}


def attach(account: Account, params: Object, id_: str) -> Object:
    """Give a payment method to a customer; a card that banks refuse at once is not saved."""
    if "customer" not in params:
        message = "Missing required param: customer."
        raise InvalidRequestError(message, code="parameter_missing", param="customer")
    customer = account.get("customer", params["customer"], param="customer")
    method = resolve(account, id_, customer=customer["id"])
    card = card_of(account, method)
    refusal = card.refusal(account.now)
    if refusal and not card.test.saves:
        raise DeclinedError(refusal.message, code=refusal.code, decline_code=refusal.decline_code)
    return attached(account, method, customer["id"])


def attached(account: Account, method: Object, customer: str) -> Object:
    """The payment method as its customer's."""
    if method["customer"] == customer:
        return method
    method = account.save(method | {"customer": customer})
    account.emit("payment_method.attached", method)
    return method


def detach(account: Account, params: Object, id_: str) -> Object:  # noqa: ARG001
    """Take a payment method from its customer, for ever."""
    method = account.get("payment_method", id_)
    if method["customer"] is None:
        message = f"The payment method {id_} is not attached to a customer, so it cannot be detached."
        raise InvalidRequestError(message, param="payment_method")
    detached = account.save(method | {"customer": None})
    account.store.hide(f"used/{id_}", body=True)
    account.emit("payment_method.detached", detached, {"customer": method["customer"]})
    return detached


def page(account: Account, params: Object) -> Object:
    """Payment methods of a customer; without one there are none to list."""
    if "customer" not in params:
        return listing("/v1/payment_methods", [])
    return of_customer(account, params, params["customer"])


def of_customer(account: Account, params: Object, customer: str) -> Object:
    """Payment methods of one customer, newest first."""
    account.get("customer", customer, param="customer")
    kind = params.get("type", "card")
    return account.page(
        "payment_method",
        params,
        "/v1/payment_methods",
        lambda method: method["customer"] == customer and method["type"] == kind,
    )

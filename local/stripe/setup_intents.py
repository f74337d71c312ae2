"""Teaches how a card is saved for later: the bank may ask once, then it is the customer's."""

from __future__ import annotations

from local.stripe.account import Account
from local.stripe.cards import Refusal
from local.stripe.errors import DeclinedError, InvalidRequestError, Object
from local.stripe.payment_intents import next_action
from local.stripe.payment_methods import attached, card_of, mark_set_up, merged, only_cards, resolve

OPEN = frozenset({"requires_payment_method", "requires_confirmation", "requires_action"})


def create(account: Account, params: Object) -> Object:
    """An intent to save a payment method; with `confirm` also the try."""
    only_cards(params)
    if params.get("customer"):
        account.get("customer", params["customer"], param="customer")
    if "return_url" in params and not params.get("confirm"):
        raise InvalidRequestError(
            "`return_url` can only be used together with `confirm=true`.", param="return_url"
        )
    allowed = params.get("allowed_payment_method_types")
    automatic = {"allow_redirects": "always", "enabled": True} | (
        params.get("automatic_payment_methods") or {}
    )
    intent = account.new(
        "setup_intent",
        allowed_payment_method_types=allowed,
        automatic_payment_methods=None if allowed else automatic,
        customer=params.get("customer"),
        description=params.get("description"),
        metadata=merged({}, params.get("metadata", {})),
        payment_method_options={"card": {"mandate_options": None, "network": None}},
        payment_method_types=["card"],
        status="requires_payment_method",
        usage=params.get("usage", "off_session"),
    )
    intent["payment_method_options"]["card"]["request_three_d_secure"] = "automatic"
    intent["client_secret"] = f"{intent['id']}_secret_{account.store.token(intent['id'])}"
    method = None
    if "payment_method" in params:
        method = resolve(account, params["payment_method"], customer=intent["customer"])
        intent |= {"payment_method": method["id"], "status": "requires_confirmation"}
    account.save(intent)
    account.emit("setup_intent.created", intent)
    return _confirmed(account, intent, method, params) if params.get("confirm") else intent


def retrieve(account: Account, params: Object, id_: str) -> Object:  # noqa: ARG001
    """One intent."""
    return account.get("setup_intent", id_)


def page(account: Account, params: Object) -> Object:
    """Intents, newest first; of a customer or payment method if one is given."""
    names = ("customer", "payment_method")
    return account.page(
        "setup_intent",
        params,
        "/v1/setup_intents",
        lambda one: all(params.get(name) in {None, one[name]} for name in names),
    )


def update(account: Account, params: Object, id_: str) -> Object:
    """New metadata or description."""
    intent = _open(account, id_, "updated")
    fields = {"description": params["description"]} if "description" in params else {}
    if "metadata" in params:
        fields["metadata"] = merged(intent["metadata"], params["metadata"])
    return account.save(intent | fields)


def confirm(account: Account, params: Object, id_: str) -> Object:
    """Try to save the payment method."""
    intent = _open(account, id_, "confirmed")
    named = params.get("payment_method") or intent["payment_method"]
    method = resolve(account, named, customer=intent["customer"]) if named else None
    return _confirmed(account, intent, method, params)


def cancel(account: Account, params: Object, id_: str) -> Object:
    """Give it up."""
    intent = _open(account, id_, "canceled")
    reason = params.get("cancellation_reason")
    canceled = account.save(
        intent | {"status": "canceled", "cancellation_reason": reason, "next_action": None}
    )
    account.emit("setup_intent.canceled", canceled)
    return canceled


def _open(account: Account, id_: str, wanted: str) -> Object:
    intent = account.get("setup_intent", id_)
    if intent["status"] not in OPEN:
        message = f"This SetupIntent could not be {wanted} because it has a status of {intent['status']}."
        raise InvalidRequestError(message, code="setup_intent_unexpected_state", setup_intent=intent)
    return intent


def _confirmed(account: Account, intent: Object, method: Object | None, params: Object) -> Object:
    if method is None:
        message = "You cannot confirm this SetupIntent because it's missing a payment method: name one in "
        message += "`payment_method`."
        raise InvalidRequestError(message, code="setup_intent_unexpected_state", setup_intent=intent)
    return attempt(account, intent, method, back=params.get("return_url"))


def attempt(
    account: Account, intent: Object, method: Object, *, back: str | None, ask: bool = False
) -> Object:
    """One try; `ask` lets the bank ask its customer whatever the card."""
    card = card_of(account, method)
    intent |= {"payment_method": method["id"], "last_setup_error": None, "next_action": None}
    refusal = card.refusal(account.now)
    if refusal and not card.test.saves:
        return _refuse(account, intent, method, refusal)
    if not ask and card.test.asks == "never":
        return _saved(account, intent, method)
    asked = intent | {"status": "requires_action", "next_action": next_action(account, intent["id"], back)}
    account.save(asked)
    account.emit("setup_intent.requires_action", asked)
    return asked


def authenticated(account: Account, id_: str, *, confirmed: bool) -> Object:
    """The bank's customer has confirmed, or not."""
    intent = _open(account, id_, "authenticated")
    if intent["status"] != "requires_action":
        message = f"This SetupIntent does not wait for its customer: it has a status of {intent['status']}."
        raise InvalidRequestError(message, code="setup_intent_unexpected_state", setup_intent=intent)
    method = account.get("payment_method", intent["payment_method"])
    intent |= {"next_action": None}
    if confirmed:
        return _saved(account, intent, method)
    code = "setup_intent_authentication_failure"
    message = "The provided PaymentMethod has failed authentication. Give another one to try again."
    return _failed(account, intent, DeclinedError(message, code=code, payment_method=method))


def _saved(account: Account, intent: Object, method: Object) -> Object:
    if intent["customer"]:
        attached(account, method, intent["customer"])
    if intent["usage"] == "off_session":
        mark_set_up(account, method)
    saved = account.save(intent | {"status": "succeeded"})
    account.emit("setup_intent.succeeded", saved)
    return saved


def _refuse(account: Account, intent: Object, method: Object, refusal: Refusal) -> Object:
    known = {"code": refusal.code, "decline_code": refusal.decline_code, "payment_method": method}
    failed = _failed(account, intent, DeclinedError(refusal.message, **known))
    raise DeclinedError(refusal.message, **known, setup_intent=failed)


def _failed(account: Account, intent: Object, error: DeclinedError) -> Object:
    fields = {"status": "requires_payment_method", "payment_method": None}
    failed = account.save(intent | fields | {"last_setup_error": error.body()["error"]})
    account.emit("setup_intent.setup_failed", failed)
    return failed

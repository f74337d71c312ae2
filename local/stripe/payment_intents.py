"""Teaches the life of a payment: wanted, tried, asked of the bank's customer, collected or refused."""

from __future__ import annotations

from local.stripe import charges
from local.stripe.account import Account
from local.stripe.cards import UNAUTHENTICATED, Refusal, wants_authentication
from local.stripe.currencies import chargeable, currency
from local.stripe.errors import DeclinedError, InvalidRequestError, Object
from local.stripe.payment_methods import attached, card_of, mark_set_up, merged, only_cards, resolve

PLAIN = (
    "allowed_payment_method_types",
    "description",
    "receipt_email",
    "setup_future_usage",
    "shipping",
    "statement_descriptor",
    "statement_descriptor_suffix",
    "transfer_group",
)
CONFIRMABLE = frozenset({"requires_payment_method", "requires_confirmation", "requires_action"})


def create(account: Account, params: Object) -> Object:
    """An intent; with `confirm` also its first try."""
    only_cards(params)
    code = currency(params["currency"])
    amount = chargeable(params["amount"], code)
    _check_confirmation(params, confirming=bool(params.get("confirm")))
    if params.get("customer"):
        account.get("customer", params["customer"], param="customer")
    intent = account.new(
        "payment_intent",
        amount=amount,
        amount_capturable=0,
        amount_details={"tip": {}},
        amount_received=0,
        automatic_payment_methods=_automatic(params),
        capture_method=params.get("capture_method", "automatic_async"),
        confirmation_method="automatic",
        currency=code,
        customer=params.get("customer"),
        metadata=merged({}, params.get("metadata", {})),
        payment_method_options=_options(),
        payment_method_types=["card"],
        status="requires_payment_method",
    )
    intent |= {name: params[name] for name in PLAIN if params.get(name)}
    intent["client_secret"] = f"{intent['id']}_secret_{account.store.token(intent['id'])}"
    method = None
    if "payment_method" in params:
        method = resolve(account, params["payment_method"], customer=intent["customer"])
        intent |= {"payment_method": method["id"], "status": "requires_confirmation"}
    account.save(intent)
    account.emit("payment_intent.created", intent)
    if params.get("confirm"):
        return _confirmed(account, intent, method, params)
    return intent


def _automatic(params: Object) -> Object | None:
    if "allowed_payment_method_types" in params:
        return None
    return {"allow_redirects": "always", "enabled": True} | (params.get("automatic_payment_methods") or {})


def _options() -> Object:
    card = dict.fromkeys(("installments", "mandate_options", "network"))
    return {"card": card | {"request_three_d_secure": "automatic"}}


def _check_confirmation(params: Object, *, confirming: bool) -> None:
    for name in ("off_session", "return_url", "error_on_requires_action"):
        if name in params and not confirming:
            raise InvalidRequestError(f"`{name}` can only be used together with `confirm=true`.", param=name)
    if params.get("capture_method") == "manual":
        message = "The simulator does not model manual capture."
        raise InvalidRequestError(message, code="simulator_unsupported", param="capture_method")


def retrieve(account: Account, params: Object, id_: str) -> Object:  # noqa: ARG001
    """One intent."""
    return account.get("payment_intent", id_)


def page(account: Account, params: Object) -> Object:
    """Intents, newest first; of a customer if one is given."""
    return account.page(
        "payment_intent",
        params,
        "/v1/payment_intents",
        lambda one: params.get("customer") in {None, one["customer"]},
    )


def update(account: Account, params: Object, id_: str) -> Object:
    """New values while nothing is decided."""
    intent = _in(account, id_, CONFIRMABLE, "updated")
    fields = {name: params[name] or None for name in PLAIN if name in params}
    if "currency" in params:
        fields["currency"] = currency(params["currency"])
    if "amount" in params:
        fields["amount"] = chargeable(params["amount"], fields.get("currency", intent["currency"]))
    if "metadata" in params:
        fields["metadata"] = merged(intent["metadata"], params["metadata"])
    if "customer" in params:
        fields["customer"] = account.get("customer", params["customer"], param="customer")["id"]
    if "payment_method" in params:
        customer = fields.get("customer", intent["customer"])
        fields["payment_method"] = resolve(account, params["payment_method"], customer=customer)["id"]
        fields["status"] = "requires_confirmation"
    return account.save(intent | fields)


def confirm(account: Account, params: Object, id_: str) -> Object:
    """Try to collect."""
    intent = _in(account, id_, CONFIRMABLE, "confirmed")
    _check_confirmation(params, confirming=True)
    intent |= {name: params[name] for name in PLAIN if params.get(name)}
    method = None
    if named := params.get("payment_method") or intent["payment_method"]:
        method = resolve(account, named, customer=intent["customer"])
    return _confirmed(account, intent, method, params)


def cancel(account: Account, params: Object, id_: str) -> Object:
    """Give an intent up; what was collected stays collected."""
    intent = _in(account, id_, CONFIRMABLE, "canceled")
    reason = params.get("cancellation_reason")
    fields = {"status": "canceled", "canceled_at": account.now, "next_action": None}
    canceled = account.save(intent | fields | {"cancellation_reason": reason})
    account.emit("payment_intent.canceled", canceled)
    return canceled


def _in(account: Account, id_: str, states: frozenset[str], wanted: str) -> Object:
    intent = account.get("payment_intent", id_)
    if intent["status"] not in states:
        message = f"This PaymentIntent could not be {wanted} because it has a status of {intent['status']}."
        raise InvalidRequestError(message, code="payment_intent_unexpected_state", payment_intent=intent)
    return intent


def _confirmed(account: Account, intent: Object, method: Object | None, params: Object) -> Object:
    if method is None:
        message = "You cannot confirm this PaymentIntent because it's missing a payment method: name one in "
        message += "`payment_method`."
        raise InvalidRequestError(message, code="payment_intent_unexpected_state", payment_intent=intent)
    off_session = bool(params.get("off_session"))
    automatic = intent["automatic_payment_methods"] or {"allow_redirects": "never"}
    if automatic["allow_redirects"] == "always" and not off_session and not params.get("return_url"):
        message = (
            "This PaymentIntent accepts payment methods that may redirect the customer: give a `return_url`, "
            "or set `automatic_payment_methods[allow_redirects]` to `never`."
        )
        raise InvalidRequestError(message, param="return_url")
    absent = off_session or bool(params.get("error_on_requires_action"))
    return attempt(
        account, intent, method, absent=absent, off_session=off_session, back=params.get("return_url")
    )


def attempt(
    account: Account, intent: Object, method: Object, *, absent: bool, off_session: bool, back: str | None
) -> Object:
    """One try. `absent`: nobody is there to be asked; `back`: where a browser goes afterwards."""
    card = card_of(account, method)
    intent |= {"payment_method": method["id"], "last_payment_error": None, "next_action": None}
    if not wants_authentication(card.test, off_session=off_session, set_up=card.set_up):
        return _collect(account, intent, method)
    if absent:
        return _refuse(account, intent, method, UNAUTHENTICATED)
    return ask_bank(account, intent, back)


def ask_bank(account: Account, intent: Object, back: str | None) -> Object:
    """Send the customer to the bank's page first."""
    asked = intent | {"status": "requires_action", "next_action": next_action(account, intent["id"], back)}
    account.save(asked)
    account.emit("payment_intent.requires_action", asked)
    return asked


def next_action(account: Account, id_: str, back: str | None) -> Object:
    """Where the bank asks: a page to go to, or without a way back something for Stripe.js."""
    url = f"{account.store.base_url}/authenticate/{id_}"
    if back:
        return {"type": "redirect_to_url", "redirect_to_url": {"url": url, "return_url": back}}
    return {"type": "use_stripe_sdk", "use_stripe_sdk": {"type": "three_d_secure_redirect", "stripe_js": url}}


def authenticated(account: Account, id_: str, *, confirmed: bool) -> Object:
    """The bank's customer has confirmed, or not. A later refusal is in the intent, not raised."""
    intent = _in(account, id_, frozenset({"requires_action"}), "authenticated") | {"next_action": None}
    method = account.get("payment_method", intent["payment_method"])
    if not confirmed:
        code = "payment_intent_authentication_failure"
        message = "The provided PaymentMethod has failed authentication. Give another one to try again."
        return _failed(account, intent, _error(code, None, message, method))
    try:
        return _collect(account, intent, method)
    except DeclinedError:
        return account.get("payment_intent", id_)


def _collect(account: Account, intent: Object, method: Object) -> Object:
    refusal = card_of(account, method).refusal(account.now)
    if refusal:
        return _refuse(account, intent, method, refusal)
    charge = charges.charge(account, intent, method, None)
    if intent["setup_future_usage"] and intent["customer"]:
        attached(account, method, intent["customer"])
        mark_set_up(account, method)
    elif method["customer"] is None:
        account.store.hide(f"used/{method['id']}", body=True)
    fields = {"status": "succeeded", "amount_received": intent["amount"], "latest_charge": charge["id"]}
    succeeded = account.save(intent | fields)
    account.emit("payment_intent.succeeded", succeeded)
    return succeeded


def _refuse(account: Account, intent: Object, method: Object, refusal: Refusal) -> Object:
    charge = charges.charge(account, intent, method, refusal)
    error = _error(refusal.code, refusal.decline_code, refusal.message, method)
    error |= {"charge": charge["id"], "advice_code": charges.advice(refusal)}
    failed = _failed(account, intent | {"latest_charge": charge["id"]}, error)
    shown = {
        name: value for name, value in error.items() if name not in {"type", "message", "code", "doc_url"}
    }
    raise DeclinedError(refusal.message, code=refusal.code, payment_intent=failed, **shown)


def _error(code: str, decline_code: str | None, message: str, method: Object) -> Object:
    error = DeclinedError(message, code=code, decline_code=decline_code, payment_method=method)
    return error.body()["error"]


def _failed(account: Account, intent: Object, error: Object) -> Object:
    fields = {"status": "requires_payment_method", "payment_method": None, "last_payment_error": error}
    failed = account.save(intent | fields)
    account.emit("payment_intent.payment_failed", failed)
    return failed

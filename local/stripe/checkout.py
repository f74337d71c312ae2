"""Teaches the hosted page's side of things: a session that saves a card or takes a payment."""

from __future__ import annotations

from local.stripe import payment_intents, setup_intents
from local.stripe.account import Account
from local.stripe.cards import BY_NUMBER, BY_TOKEN, TestCard
from local.stripe.currencies import chargeable, currency
from local.stripe.errors import DeclinedError, InvalidRequestError, Object
from local.stripe.payment_methods import from_card, merged, only_cards
from local.stripe.shapes import listing

HOUR = 3600
LIFE = 24 * HOUR
MODELLED = {
    "payment_intent_data": frozenset(
        {"capture_method", "description", "metadata", "receipt_email", "setup_future_usage", "shipping"}
        | {"statement_descriptor", "statement_descriptor_suffix", "transfer_group"}
    ),
    "setup_intent_data": frozenset({"description", "metadata"}),
    "line_items": frozenset({"price_data", "quantity"}),
    "price_data": frozenset({"currency", "product_data", "unit_amount"}),
    "product_data": frozenset({"description", "metadata", "name"}),
}


def create(account: Account, params: Object) -> Object:
    """A page for one customer to save a card or to pay once."""
    mode = params.get("mode", "payment")
    if mode == "subscription" or params.get("ui_mode", "hosted_page") != "hosted_page":
        param = "mode" if mode == "subscription" else "ui_mode"
        message = "The simulator models hosted pages in mode payment or setup."
        raise InvalidRequestError(message, code="simulator_unsupported", param=param)
    if not params.get("success_url"):
        raise InvalidRequestError(
            "Missing required param: success_url.", code="parameter_missing", param="success_url"
        )
    only_cards(params)
    if params.get("customer"):
        account.get("customer", params["customer"], param="customer")
    for name in ("payment_intent_data", "setup_intent_data"):
        _only_modelled(name, params.get(name) or {}, name)
    lines, code = _lines(account, params, mode)
    total = sum(line["amount_total"] for line in lines) if lines else None
    if total is not None and code:
        chargeable(total, code, "line_items")
    session = account.new("checkout.session", **_fixed(params), mode=mode, currency=code, amount_total=total)
    session |= {
        "amount_subtotal": total,
        "customer": params.get("customer"),
        "customer_creation": "if_required" if mode == "payment" else None,
        "customer_email": params.get("customer_email"),
        "expires_at": _expiry(account, params),
        "payment_status": "unpaid" if mode == "payment" else "no_payment_required",
        "total_details": {"amount_discount": 0, "amount_shipping": 0, "amount_tax": 0} if lines else None,
        "url": f"{account.store.base_url}/checkout/{session['id']}",
    }
    account.store.hide(f"lines/{session['id']}", lines)
    intent_data = params.get("payment_intent_data") or {}
    account.store.hide(f"intent/{session['id']}", intent_data)
    if mode == "setup":
        wanted = {"customer": params.get("customer")} | (params.get("setup_intent_data") or {})
        session["setup_intent"] = setup_intents.create(account, wanted)["id"]
    return account.save(session)


def _only_modelled(kind: str, given: Object, where: str) -> None:
    for name in given.keys() - MODELLED[kind]:
        message = f"The simulator does not model `{where}[{name}]`: leave it out."
        raise InvalidRequestError(message, code="simulator_unsupported", param=f"{where}[{name}]")


def _fixed(params: Object) -> Object:
    return {
        "allowed_payment_method_types": params.get("allowed_payment_method_types"),
        "automatic_tax": {"enabled": False, "liability": None, "provider": None, "status": None},
        "cancel_url": params.get("cancel_url"),
        "client_reference_id": params.get("client_reference_id"),
        "custom_fields": [],
        "custom_text": dict.fromkeys(
            ("after_submit", "shipping_address", "submit", "terms_of_service_acceptance")
        ),
        "locale": params.get("locale"),
        "metadata": merged({}, params.get("metadata", {})),
        "payment_method_collection": "always",
        "payment_method_options": {},
        "payment_method_types": ["card"],
        "shipping_options": [],
        "status": "open",
        "submit_type": params.get("submit_type"),
        "success_url": params["success_url"],
        "ui_mode": "hosted_page",
    }


def _expiry(account: Account, params: Object) -> int:
    expires = params.get("expires_at", account.now + LIFE)
    if not account.now + HOUR // 2 <= expires <= account.now + LIFE:
        message = "`expires_at` must be between 30 minutes and 24 hours from now."
        raise InvalidRequestError(message, param="expires_at")
    return expires


def _lines(account: Account, params: Object, mode: str) -> tuple[list[Object], str | None]:
    code = currency(params["currency"]) if "currency" in params else None
    if mode == "setup":
        if code is None and "allowed_payment_method_types" not in params:
            message = "Missing required param: currency, or `allowed_payment_method_types`."
            raise InvalidRequestError(message, code="parameter_missing", param="currency")
        if "line_items" in params:
            raise InvalidRequestError("You cannot pass `line_items` in `setup` mode.", param="line_items")
        return [], code
    if not params.get("line_items"):
        raise InvalidRequestError(
            "Missing required param: line_items.", code="parameter_missing", param="line_items"
        )
    lines = [_line(account, item, number) for number, item in enumerate(params["line_items"])]
    codes = {line["currency"] for line in lines}
    if len(codes | {code or lines[0]["currency"]}) > 1:
        raise InvalidRequestError("All line items must have the session's currency.", param="line_items")
    return lines, codes.pop()


def _line(account: Account, item: Object, number: int) -> Object:
    where = f"line_items[{number}]"
    _only_modelled("line_items", item, where)
    data = item.get("price_data")
    if data is None or "unit_amount" not in data or "product_data" not in data:
        message = "The simulator keeps no prices: give `price_data` with `unit_amount` and `product_data`."
        raise InvalidRequestError(message, code="simulator_unsupported", param=f"{where}[price_data]")
    _only_modelled("price_data", data, f"{where}[price_data]")
    _only_modelled("product_data", data["product_data"], f"{where}[price_data][product_data]")
    quantity = item.get("quantity", 1)
    if quantity < 1 or data["unit_amount"] < 0:
        raise InvalidRequestError("`quantity` must be at least 1 and `unit_amount` at least 0.", param=where)
    total = data["unit_amount"] * quantity
    return {
        "id": f"li_{account.store.count('li'):08d}",
        "object": "item",
        "amount_discount": 0,
        "amount_subtotal": total,
        "amount_tax": 0,
        "amount_total": total,
        "currency": currency(data["currency"], f"{where}[price_data][currency]"),
        "description": data["product_data"]["name"],
        "metadata": {},
        "price": None,
        "quantity": quantity,
    }


def retrieve(account: Account, params: Object, id_: str) -> Object:  # noqa: ARG001
    """One session, expired if its time is over."""
    session = account.get("checkout.session", id_)
    if session["status"] == "open" and session["expires_at"] <= account.now:
        return _expired(account, session)
    return session | {"url": session["url"] if session["status"] == "open" else None}


def page(account: Account, params: Object) -> Object:
    """Sessions, newest first; of a customer, an intent or in a state if one is given."""
    names = ("customer", "payment_intent", "status")
    return account.page(
        "checkout.session",
        params,
        "/v1/checkout/sessions",
        lambda one: all(params.get(name) in {None, one[name]} for name in names),
    )


def line_items(account: Account, params: Object, id_: str) -> Object:  # noqa: ARG001
    """What is paid for."""
    account.get("checkout.session", id_)
    return listing(f"/v1/checkout/sessions/{id_}/line_items", account.store.hidden(f"lines/{id_}"))


def expire(account: Account, params: Object, id_: str) -> Object:  # noqa: ARG001
    """Close a page nobody has completed."""
    session = retrieve(account, {}, id_)
    if session["status"] != "open":
        raise InvalidRequestError(
            f"Only sessions with a status of open can be expired; this is {session['status']}."
        )
    return _expired(account, session)


def _expired(account: Account, session: Object) -> Object:
    expired = account.save(session | {"status": "expired", "url": None})
    account.emit("checkout.session.expired", expired)
    return expired


def submit(account: Account, id_: str, *, number: str, outcome: str) -> Object:
    """What the form on the page does; the intent it leads to. A refusal is raised and stays on record.

    `decline` tries a card that is refused, `authenticate` lets the bank ask first; the chosen card is
    then the one that is saved or charged.
    """
    session = retrieve(account, {}, id_)
    if session["status"] != "open":
        raise InvalidRequestError("This page is no longer open.")
    card = _chosen(number) if outcome != "decline" else BY_TOKEN["pm_card_visa_chargeDeclined"]
    method = from_card(account, card)
    back = f"{account.store.base_url}/checkout/{id_}"
    ask = outcome == "authenticate"
    if session["mode"] == "setup":
        intent = account.get("setup_intent", session["setup_intent"])
        intent = setup_intents.attempt(account, intent, method, back=back, ask=ask)
    else:
        intent = _pay(account, session, method, back, ask=ask)
    if intent["status"] == "succeeded":
        complete(account, id_)
    return intent


def _chosen(number: str) -> TestCard:
    test = BY_NUMBER.get(number.replace(" ", ""))
    if test is None:
        raise DeclinedError(
            "This is not one of the test cards: choose one of the list.", code="incorrect_number"
        )
    return test


def _pay(account: Account, session: Object, method: Object, back: str, *, ask: bool) -> Object:
    intent = _intent(account, session)
    if ask:
        asked = intent | {"payment_method": method["id"], "last_payment_error": None}
        return payment_intents.ask_bank(account, asked, back)
    return payment_intents.attempt(account, intent, method, absent=False, off_session=False, back=back)


def _intent(account: Account, session: Object) -> Object:
    if session["payment_intent"]:
        return account.get("payment_intent", session["payment_intent"])
    wanted = {name: session[name] for name in ("customer", "currency")} | {"amount": session["amount_total"]}
    known = account.store.hidden(f"intent/{session['id']}")
    intent = payment_intents.create(account, wanted | known)
    account.save(session | {"payment_intent": intent["id"]})
    return intent


def of_intent(account: Account, intent_id: str) -> Object | None:
    """The session an intent was begun by."""
    names = ("payment_intent", "setup_intent")
    found = account.all("checkout.session", lambda one: intent_id in {one[name] for name in names})
    return found[0] if found else None


def complete(account: Account, id_: str) -> Object:
    """The page has done its work."""
    session = account.get("checkout.session", id_)
    paid = {"payment_status": "paid"} if session["mode"] == "payment" else {}
    completed = account.save(session | {"status": "complete", "url": None, **paid})
    account.emit("checkout.session.completed", completed)
    return completed


def way_back(session: Object) -> str:
    """Where the browser goes when the page has done its work."""
    return session["success_url"].replace("{CHECKOUT_SESSION_ID}", session["id"])

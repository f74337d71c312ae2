"""Teaches what a payment leaves behind: the charge, and what it does to the account's balance."""

from __future__ import annotations

from local.stripe.account import Account
from local.stripe.cards import Refusal
from local.stripe.currencies import ZERO_DECIMALS
from local.stripe.errors import Object

DAY = 86_400
AVAILABLE_AFTER = 2 * DAY
FEE_PER_MILLE, FEE_FIXED = 29, 30


def fee_of(amount: int, currency: str) -> int:
    """2.9 % and 30 of the smallest unit with two decimals, rounded half up."""
    fixed = 0 if currency in ZERO_DECIMALS else FEE_FIXED
    return (amount * FEE_PER_MILLE + 500) // 1000 + fixed


def move(account: Account, source: Object, type_: str, amount: int, *, fee: int = 0) -> str:
    """Write a movement of the balance; its id."""
    currency = source["currency"]
    details = [
        {"amount": fee, "application": None, "currency": currency, "type": "stripe_fee"}
        | {"description": "Stripe processing fees"}
    ]
    transaction = account.new(
        "balance_transaction",
        amount=amount,
        available_on=account.now + AVAILABLE_AFTER,
        balance_type="payments",
        currency=currency,
        description=source.get("description"),
        fee=fee,
        fee_details=details if fee else [],
        net=amount - fee,
        reporting_category=type_,
        source=source["id"],
        status="pending",
        type=type_,
    )
    return account.save(transaction)["id"]


def charge(account: Account, intent: Object, method: Object, refusal: Refusal | None) -> Object:
    """Try to take the money of an intent: the charge that succeeded, or the failed one."""
    made = account.new(
        "charge",
        amount=intent["amount"],
        amount_captured=0 if refusal else intent["amount"],
        amount_refunded=0,
        billing_details=method["billing_details"],
        calculated_statement_descriptor=intent["statement_descriptor"] or "SIMULATOR",
        captured=not refusal,
        currency=intent["currency"],
        customer=intent["customer"],
        description=intent["description"],
        disputed=False,
        failure_code=refusal and refusal.code,
        failure_message=refusal and refusal.message,
        fraud_details={},
        metadata=intent["metadata"],
        outcome=_outcome(refusal),
        paid=not refusal,
        payment_intent=intent["id"],
        payment_method=method["id"],
        payment_method_details={"type": "card", "card": _card(method, intent["amount"])},
        radar_options={},
        receipt_email=intent["receipt_email"],
        refunded=False,
        shipping=intent["shipping"],
        statement_descriptor=intent["statement_descriptor"],
        statement_descriptor_suffix=intent["statement_descriptor_suffix"],
        status="failed" if refusal else "succeeded",
    )
    if not refusal:
        fee = fee_of(intent["amount"], intent["currency"])
        made["receipt_url"] = f"{account.store.base_url}/receipts/{made['id']}"
        made["balance_transaction"] = move(account, made, "charge", intent["amount"], fee=fee)
    account.save(made)
    account.emit("charge.failed" if refusal else "charge.succeeded", made)
    return made


def _outcome(refusal: Refusal | None) -> Object:
    outcome: Object = {
        "advice_code": None,
        "network_advice_code": None,
        "network_decline_code": None,
        "network_status": "approved_by_network",
        "reason": None,
        "risk_level": "normal",
        "risk_score": 5,
        "seller_message": "Payment complete.",
        "type": "authorized",
    }
    if refusal is None:
        return outcome
    if refusal.decline_code == "fraudulent":
        return outcome | {
            "network_status": "not_sent_to_network",
            "reason": "highest_risk_level",
            "risk_level": "highest",
            "risk_score": 92,
            "seller_message": "Stripe blocked this payment as too risky.",
            "type": "blocked",
        }
    return outcome | {
        "advice_code": advice(refusal),
        "network_status": "declined_by_network",
        "reason": refusal.decline_code,
        "seller_message": "The bank did not accept the payment.",
        "type": "issuer_declined",
    }


def advice(refusal: Refusal) -> str:
    """What the network would have the seller do."""
    if refusal.decline_code in {"lost_card", "stolen_card", "fraudulent"}:
        return "do_not_try_again"
    if refusal.decline_code in {"expired_card", "incorrect_cvc", "authentication_required"}:
        return "confirm_card_data"
    return "try_again_later"


def _card(method: Object, amount: int) -> Object:
    names = (
        "brand",
        "country",
        "exp_month",
        "exp_year",
        "fingerprint",
        "funding",
        "last4",
        "regulated_status",
    )
    card = {name: method["card"][name] for name in names}
    empty = ("extended_authorization", "incremental_authorization", "installments", "mandate", "multicapture")
    return card | dict.fromkeys((*empty, "network_token", "overcapture", "three_d_secure", "wallet")) | {
        "amount_authorized": amount,
        "authorization_code": "123456",
        "checks": method["card"]["checks"],
        "network": method["card"]["brand"],
    }  # fmt: skip


def retrieve(account: Account, params: Object, id_: str) -> Object:  # noqa: ARG001
    """One charge."""
    return account.get("charge", id_)


def page(account: Account, params: Object) -> Object:
    """Charges, newest first; of a customer or an intent if one is given."""
    return account.page("charge", params, "/v1/charges", lambda one: _of(one, params))


def _of(one: Object, params: Object) -> bool:
    return all(params.get(name) in {None, one[name]} for name in ("customer", "payment_intent"))


def transaction(account: Account, params: Object, id_: str) -> Object:  # noqa: ARG001
    """One movement of the balance, available once its time has come."""
    return _aged(account, account.get("balance_transaction", id_))


def transactions(account: Account, params: Object) -> Object:
    """Movements of the balance, newest first."""
    names = ("type", "currency", "source")
    found = account.page(
        "balance_transaction",
        params,
        "/v1/balance_transactions",
        lambda one: all(params.get(name) in {None, one[name]} for name in names),
    )
    return found | {"data": [_aged(account, one) for one in found["data"]]}


def _aged(account: Account, one: Object) -> Object:
    return one | {"status": "available" if one["available_on"] <= account.now else "pending"}

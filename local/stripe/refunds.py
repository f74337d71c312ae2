"""Teaches how money goes back: in part, what remains, never more than was taken."""

from __future__ import annotations

from local.stripe.account import Account
from local.stripe.cards import PENDING_REFUND
from local.stripe.charges import move
from local.stripe.currencies import shown
from local.stripe.errors import InvalidRequestError, Object
from local.stripe.payment_methods import merged


def create(account: Account, params: Object) -> Object:
    """Give back a charge, or the part named."""
    charge = _charge(account, params)
    left = charge["amount"] - charge["amount_refunded"]
    if left == 0:
        message = f"Charge {charge['id']} has already been refunded."
        raise InvalidRequestError(message, code="charge_already_refunded")
    amount = params.get("amount", left)
    if amount < 1:
        message = "This value must be greater than or equal to 1."
        raise InvalidRequestError(message, code="parameter_invalid_integer", param="amount")
    if amount > left:
        asked, rest = shown(amount, charge["currency"]), shown(left, charge["currency"])
        message = f"Refund amount ({asked}) is greater than unrefunded amount on charge ({rest})"
        raise InvalidRequestError(message, param="amount")
    return _refund(account, charge, amount, params)


def _charge(account: Account, params: Object) -> Object:
    if ("charge" in params) == ("payment_intent" in params):
        message = "Name what to refund: either `charge` or `payment_intent`."
        raise InvalidRequestError(message, code="parameter_missing", param="payment_intent")
    id_, param = params.get("charge"), "charge"
    if id_ is None:
        param = "payment_intent"
        id_ = account.get("payment_intent", params["payment_intent"], param=param)["latest_charge"]
    charge = account.get("charge", id_, param=param) if id_ else None
    if charge is None or not charge["paid"]:
        message = "This payment does not have a successful charge to refund."
        raise InvalidRequestError(message, code="charge_not_refundable", param=param)
    return charge


def _refund(account: Account, charge: Object, amount: int, params: Object) -> Object:
    known = account.store.hidden(f"card/{charge['payment_method']}")
    pending = known["number"] == PENDING_REFUND
    refund = account.new(
        "refund",
        amount=amount,
        charge=charge["id"],
        currency=charge["currency"],
        customer=charge["customer"],
        destination_details={"type": "card", "card": {"type": "refund", "reference_status": "pending"}},
        metadata=merged({}, params.get("metadata", {})),
        payment_intent=charge["payment_intent"],
        payment_method=charge["payment_method"],
        pending_reason="processing" if pending else None,
        reason=params.get("reason"),
        status="pending" if pending else "succeeded",
    )
    refund["balance_transaction"] = move(account, refund, "refund", -amount)
    account.save(refund)
    refunded = charge["amount_refunded"] + amount
    fields = {"amount_refunded": refunded, "refunded": refunded == charge["amount"]}
    account.emit("refund.created", refund)
    account.change(charge, "charge.refunded", **fields)
    return refund


def retrieve(account: Account, params: Object, id_: str) -> Object:  # noqa: ARG001
    """One refund."""
    return account.get("refund", id_)


def update(account: Account, params: Object, id_: str) -> Object:
    """New metadata; the rest of a refund never changes by request."""
    refund = account.get("refund", id_)
    metadata = merged(refund["metadata"], params.get("metadata", {}))
    return account.change(refund, "refund.updated", metadata=metadata)


def page(account: Account, params: Object) -> Object:
    """Refunds, newest first; of a charge or an intent if one is given."""
    names = ("charge", "payment_intent")
    return account.page(
        "refund",
        params,
        "/v1/refunds",
        lambda one: all(params.get(name) in {None, one[name]} for name in names),
    )


def of_charge(account: Account, params: Object, charge: str) -> Object:
    """Refunds of a charge, as they are put into it on demand."""
    url = f"/v1/charges/{charge}/refunds"
    return account.page("refund", params, url, lambda one: one["charge"] == charge)


def settle(account: Account, id_: str, *, succeeded: bool) -> Object:
    """What the bank makes of a refund later; a failed one puts the money back into the balance."""
    refund = account.get("refund", id_)
    if refund["status"] == "failed" or (succeeded and refund["status"] == "succeeded"):
        raise InvalidRequestError(
            f"Refund {id_} has a status of {refund['status']}: nothing is left to settle."
        )
    if succeeded:
        return account.change(refund, "refund.updated", status="succeeded", pending_reason=None)
    back = move(account, refund, "refund_failure", refund["amount"])
    fields = {"status": "failed", "failure_reason": "unknown", "failure_balance_transaction": back}
    failed = account.save(refund | fields | {"pending_reason": None})
    charge = account.get("charge", refund["charge"])
    account.save(
        charge | {"amount_refunded": charge["amount_refunded"] - refund["amount"], "refunded": False}
    )
    account.emit("refund.failed", failed)
    return failed

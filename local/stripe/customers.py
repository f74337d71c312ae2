"""Teaches who pays."""

from __future__ import annotations

from local.stripe import payment_methods
from local.stripe.account import Account
from local.stripe.errors import InvalidRequestError, Object

PLAIN = ("address", "description", "email", "name", "phone", "preferred_locales", "shipping", "tax_exempt")
SETTINGS = ("custom_fields", "default_payment_method", "footer", "rendering_options")


def create(account: Account, params: Object) -> Object:
    """A customer, with a payment method if one is given."""
    customer = account.new(
        "customer",
        balance=0,
        delinquent=False,
        invoice_prefix=f"SIM{account.store.count('invoice_prefix'):05d}",
        next_invoice_sequence=1,
        preferred_locales=params.get("preferred_locales", []),
        tax_exempt=params.get("tax_exempt", "none"),
        metadata=payment_methods.merged({}, params.get("metadata", {})),
        invoice_settings=dict.fromkeys(SETTINGS),
    )
    customer |= {name: params[name] for name in PLAIN if params.get(name)}
    account.save(customer)
    if "payment_method" in params:
        payment_methods.attach(account, {"customer": customer["id"]}, params["payment_method"])
    customer = account.save(customer | _settings(account, customer, params))
    account.emit("customer.created", customer)
    return customer


def _settings(account: Account, customer: Object, params: Object) -> Object:
    wanted = params.get("invoice_settings") or {}
    if method := wanted.get("default_payment_method"):
        owner = account.get("payment_method", method, param="invoice_settings[default_payment_method]")
        if owner["customer"] != customer["id"]:
            message = "The customer does not have a payment method with this id: attach it first."
            raise InvalidRequestError(message, param="invoice_settings[default_payment_method]")
    return {"invoice_settings": customer["invoice_settings"] | wanted}


def retrieve(account: Account, params: Object, id_: str) -> Object:  # noqa: ARG001
    """One customer; of a deleted one only that it was deleted."""
    return account.get("customer", id_)


def update(account: Account, params: Object, id_: str) -> Object:
    """New values of what is given; an empty value removes."""
    customer = _living(account, id_)
    fields = {name: params[name] or None for name in PLAIN if name in params}
    if "metadata" in params:
        fields["metadata"] = payment_methods.merged(customer["metadata"], params["metadata"])
    return account.change(customer, "customer.updated", **fields, **_settings(account, customer, params))


def _living(account: Account, id_: str) -> Object:
    customer = account.get("customer", id_)
    if customer.get("deleted"):
        raise InvalidRequestError(
            f"No such customer: '{id_}'", status=404, code="resource_missing", param="id"
        )
    return customer


def delete(account: Account, params: Object, id_: str) -> Object:  # noqa: ARG001
    """Forget a customer and detach the payment methods."""
    customer = _living(account, id_)
    for method in account.all("payment_method", lambda method: method["customer"] == id_):
        payment_methods.detach(account, {}, method["id"])
    account.emit("customer.deleted", customer)
    return account.save({"id": id_, "object": "customer", "deleted": True})


def page(account: Account, params: Object) -> Object:
    """Customers, newest first; by e-mail if one is given."""
    return account.page(
        "customer", params, "/v1/customers", lambda one: params.get("email") in {None, one["email"]}
    )


def methods(account: Account, params: Object, id_: str) -> Object:
    """The customer's payment methods."""
    return payment_methods.of_customer(account, params, id_)

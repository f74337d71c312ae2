"""Teaches which addresses exist, and for each the SDK's parameters and those of them that are modelled."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from local.stripe import (
    charges,
    checkout,
    customers,
    endpoints,
    payment_intents,
    payment_methods,
    refunds,
    setup_intents,
)
from local.stripe.errors import Object
from stripe import params as sdk

LIST = "limit starting_after ending_before"


@dataclass(frozen=True)
class Route:
    """One operation of the API."""

    method: str
    path: str
    schema: type | None
    modelled: frozenset[str]
    run: Callable[..., Object]

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        """The path with its ids open."""
        return re.compile("^" + self.path.replace("{id}", "([A-Za-z0-9_]+)") + "$")


def _route(method: str, path: str, schema: type | None, names: str, run: Callable[..., Object]) -> Route:
    return Route(method, f"/v1/{path}", schema, frozenset(names.split()), run)


_CUSTOMER = (
    "address description email invoice_settings metadata name phone preferred_locales shipping tax_exempt"
)
_INTENT = (
    "allowed_payment_method_types amount currency customer description metadata payment_method "
    "receipt_email setup_future_usage shipping statement_descriptor statement_descriptor_suffix "
    "transfer_group capture_method"
)
_CONFIRM = "off_session return_url error_on_requires_action"
_SETUP = (
    "allowed_payment_method_types automatic_payment_methods customer description metadata payment_method "
    "usage"
)
_SESSION = (
    "allowed_payment_method_types cancel_url client_reference_id currency customer customer_email expires_at "
    "line_items locale metadata mode payment_intent_data setup_intent_data submit_type success_url ui_mode"
)

ROUTES = [
    _route("POST", "customers", sdk.CustomerCreateParams, f"{_CUSTOMER} payment_method", customers.create),
    _route("GET", "customers", sdk.CustomerListParams, f"{LIST} created email", customers.page),
    _route("GET", "customers/{id}", sdk.CustomerRetrieveParams, "", customers.retrieve),
    _route("POST", "customers/{id}", sdk.CustomerUpdateParams, _CUSTOMER, customers.update),
    _route("DELETE", "customers/{id}", sdk.CustomerDeleteParams, "", customers.delete),
    _route(
        "GET",
        "customers/{id}/payment_methods",
        sdk.CustomerPaymentMethodListParams,
        f"{LIST} type",
        customers.methods,
    ),
    _route(
        "POST",
        "payment_methods",
        sdk.PaymentMethodCreateParams,
        "type card billing_details metadata",
        payment_methods.create,
    ),
    _route(
        "GET", "payment_methods", sdk.PaymentMethodListParams, f"{LIST} customer type", payment_methods.page
    ),
    _route("GET", "payment_methods/{id}", sdk.PaymentMethodRetrieveParams, "", payment_methods.retrieve),
    _route(
        "POST",
        "payment_methods/{id}",
        sdk.PaymentMethodUpdateParams,
        "allow_redisplay billing_details card metadata",
        payment_methods.update,
    ),
    _route(
        "POST",
        "payment_methods/{id}/attach",
        sdk.PaymentMethodAttachParams,
        "customer",
        payment_methods.attach,
    ),
    _route("POST", "payment_methods/{id}/detach", sdk.PaymentMethodDetachParams, "", payment_methods.detach),
    _route(
        "POST",
        "setup_intents",
        sdk.SetupIntentCreateParams,
        f"{_SETUP} confirm return_url",
        setup_intents.create,
    ),
    _route(
        "GET",
        "setup_intents",
        sdk.SetupIntentListParams,
        f"{LIST} created customer payment_method",
        setup_intents.page,
    ),
    _route("GET", "setup_intents/{id}", sdk.SetupIntentRetrieveParams, "", setup_intents.retrieve),
    _route(
        "POST",
        "setup_intents/{id}",
        sdk.SetupIntentUpdateParams,
        "description metadata",
        setup_intents.update,
    ),
    _route(
        "POST",
        "setup_intents/{id}/confirm",
        sdk.SetupIntentConfirmParams,
        "payment_method return_url",
        setup_intents.confirm,
    ),
    _route(
        "POST",
        "setup_intents/{id}/cancel",
        sdk.SetupIntentCancelParams,
        "cancellation_reason",
        setup_intents.cancel,
    ),
    _route(
        "POST",
        "payment_intents",
        sdk.PaymentIntentCreateParams,
        f"{_INTENT} {_CONFIRM} confirm automatic_payment_methods",
        payment_intents.create,
    ),
    _route(
        "GET",
        "payment_intents",
        sdk.PaymentIntentListParams,
        f"{LIST} created customer",
        payment_intents.page,
    ),
    _route("GET", "payment_intents/{id}", sdk.PaymentIntentRetrieveParams, "", payment_intents.retrieve),
    _route("POST", "payment_intents/{id}", sdk.PaymentIntentUpdateParams, _INTENT, payment_intents.update),
    _route(
        "POST",
        "payment_intents/{id}/confirm",
        sdk.PaymentIntentConfirmParams,
        f"{_CONFIRM} payment_method receipt_email setup_future_usage shipping",
        payment_intents.confirm,
    ),
    _route(
        "POST",
        "payment_intents/{id}/cancel",
        sdk.PaymentIntentCancelParams,
        "cancellation_reason",
        payment_intents.cancel,
    ),
    _route("GET", "charges", sdk.ChargeListParams, f"{LIST} created customer payment_intent", charges.page),
    _route("GET", "charges/{id}", sdk.ChargeRetrieveParams, "", charges.retrieve),
    _route(
        "POST",
        "refunds",
        sdk.RefundCreateParams,
        "amount charge metadata payment_intent reason",
        refunds.create,
    ),
    _route("GET", "refunds", sdk.RefundListParams, f"{LIST} created charge payment_intent", refunds.page),
    _route("GET", "refunds/{id}", sdk.RefundRetrieveParams, "", refunds.retrieve),
    _route("POST", "refunds/{id}", sdk.RefundUpdateParams, "metadata", refunds.update),
    _route(
        "GET",
        "balance_transactions",
        sdk.BalanceTransactionListParams,
        f"{LIST} created currency source type",
        charges.transactions,
    ),
    _route("GET", "balance_transactions/{id}", sdk.BalanceTransactionRetrieveParams, "", charges.transaction),
    _route("POST", "checkout/sessions", sdk.checkout.SessionCreateParams, _SESSION, checkout.create),
    _route(
        "GET",
        "checkout/sessions",
        sdk.checkout.SessionListParams,
        f"{LIST} created customer payment_intent status",
        checkout.page,
    ),
    _route("GET", "checkout/sessions/{id}", sdk.checkout.SessionRetrieveParams, "", checkout.retrieve),
    _route(
        "GET",
        "checkout/sessions/{id}/line_items",
        sdk.checkout.SessionLineItemListParams,
        "limit",
        checkout.line_items,
    ),
    _route("POST", "checkout/sessions/{id}/expire", sdk.checkout.SessionExpireParams, "", checkout.expire),
    _route("GET", "events", sdk.EventListParams, f"{LIST} created type types", endpoints.events),
    _route("GET", "events/{id}", sdk.EventRetrieveParams, "", endpoints.event),
    _route(
        "POST",
        "webhook_endpoints",
        sdk.WebhookEndpointCreateParams,
        "url enabled_events description metadata api_version",
        endpoints.create,
    ),
    _route("GET", "webhook_endpoints", sdk.WebhookEndpointListParams, LIST, endpoints.page),
    _route("GET", "webhook_endpoints/{id}", sdk.WebhookEndpointRetrieveParams, "", endpoints.retrieve),
    _route(
        "POST",
        "webhook_endpoints/{id}",
        sdk.WebhookEndpointUpdateParams,
        "url enabled_events description disabled metadata",
        endpoints.update,
    ),
    _route("DELETE", "webhook_endpoints/{id}", sdk.WebhookEndpointDeleteParams, "", endpoints.delete),
]


def find(method: str, path: str) -> tuple[Route, tuple[Any, ...]] | None:
    """The operation at an address, with the ids in it."""
    for route in ROUTES:
        if route.method == method and (matched := route.pattern.match(path)):
            return route, matched.groups()
    return None

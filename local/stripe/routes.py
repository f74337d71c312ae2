"""Teaches which addresses exist, and for each the SDK's parameters and those of them that are modelled."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

from local.stripe import charges, checkout, customers, endpoints, refunds
from local.stripe import payment_intents as intents
from local.stripe import payment_methods as methods
from local.stripe import setup_intents as setups
from local.stripe.errors import Object
from stripe import params as sdk


@dataclass(frozen=True)
class Route:
    """One operation of the API."""

    method: str
    path: str
    schema: type
    run: Callable[..., Object]
    names: str = ""

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        """The path with its ids open."""
        return re.compile("^/v1/" + self.path.replace("{id}", "([A-Za-z0-9_]+)") + "$")

    @cached_property
    def modelled(self) -> frozenset[str]:
        """The parameters that have an effect here."""
        return frozenset(self.names.split())


LIST = "limit starting_after ending_before"
DATED = f"{LIST} created"
CUSTOMER = (
    "address description email invoice_settings metadata name phone preferred_locales shipping tax_exempt"
)
INTENT = """allowed_payment_method_types amount capture_method currency customer description metadata
    payment_method receipt_email setup_future_usage shipping statement_descriptor statement_descriptor_suffix
    transfer_group"""
CONFIRM = "error_on_requires_action off_session return_url"
CONFIRM_INTENT = f"{CONFIRM} payment_method receipt_email setup_future_usage shipping"
SETUP = """allowed_payment_method_types automatic_payment_methods confirm customer description metadata
    payment_method return_url usage"""
SESSION = """allowed_payment_method_types cancel_url client_reference_id currency customer customer_email
    expires_at line_items locale metadata mode payment_intent_data setup_intent_data submit_type success_url
    ui_mode"""
METHOD = "allow_redisplay billing_details card metadata"
REFUND = "amount charge metadata payment_intent reason"
ENDPOINT = "description enabled_events metadata url"
REASON = "cancellation_reason"

ROUTES = [
    Route("POST", "customers", sdk.CustomerCreateParams, customers.create, f"{CUSTOMER} payment_method"),
    Route("GET", "customers", sdk.CustomerListParams, customers.page, f"{DATED} email"),
    Route("GET", "customers/{id}", sdk.CustomerRetrieveParams, customers.retrieve),
    Route("POST", "customers/{id}", sdk.CustomerUpdateParams, customers.update, CUSTOMER),
    Route("DELETE", "customers/{id}", sdk.CustomerDeleteParams, customers.delete),
    Route(
        "GET",
        "customers/{id}/payment_methods",
        sdk.CustomerPaymentMethodListParams,
        customers.methods,
        f"{LIST} type",
    ),
    Route(
        "POST",
        "payment_methods",
        sdk.PaymentMethodCreateParams,
        methods.create,
        "billing_details card metadata type",
    ),
    Route("GET", "payment_methods", sdk.PaymentMethodListParams, methods.page, f"{LIST} customer type"),
    Route("GET", "payment_methods/{id}", sdk.PaymentMethodRetrieveParams, methods.retrieve),
    Route("POST", "payment_methods/{id}", sdk.PaymentMethodUpdateParams, methods.update, METHOD),
    Route("POST", "payment_methods/{id}/attach", sdk.PaymentMethodAttachParams, methods.attach, "customer"),
    Route("POST", "payment_methods/{id}/detach", sdk.PaymentMethodDetachParams, methods.detach),
    Route("POST", "setup_intents", sdk.SetupIntentCreateParams, setups.create, SETUP),
    Route("GET", "setup_intents", sdk.SetupIntentListParams, setups.page, f"{DATED} customer payment_method"),
    Route("GET", "setup_intents/{id}", sdk.SetupIntentRetrieveParams, setups.retrieve),
    Route("POST", "setup_intents/{id}", sdk.SetupIntentUpdateParams, setups.update, "description metadata"),
    Route(
        "POST",
        "setup_intents/{id}/confirm",
        sdk.SetupIntentConfirmParams,
        setups.confirm,
        "payment_method return_url",
    ),
    Route("POST", "setup_intents/{id}/cancel", sdk.SetupIntentCancelParams, setups.cancel, REASON),
    Route(
        "POST",
        "payment_intents",
        sdk.PaymentIntentCreateParams,
        intents.create,
        f"{INTENT} {CONFIRM} automatic_payment_methods confirm",
    ),
    Route("GET", "payment_intents", sdk.PaymentIntentListParams, intents.page, f"{DATED} customer"),
    Route("GET", "payment_intents/{id}", sdk.PaymentIntentRetrieveParams, intents.retrieve),
    Route("POST", "payment_intents/{id}", sdk.PaymentIntentUpdateParams, intents.update, INTENT),
    Route(
        "POST",
        "payment_intents/{id}/confirm",
        sdk.PaymentIntentConfirmParams,
        intents.confirm,
        CONFIRM_INTENT,
    ),
    Route("POST", "payment_intents/{id}/cancel", sdk.PaymentIntentCancelParams, intents.cancel, REASON),
    Route("GET", "charges", sdk.ChargeListParams, charges.page, f"{DATED} customer payment_intent"),
    Route("GET", "charges/{id}", sdk.ChargeRetrieveParams, charges.retrieve),
    Route("POST", "refunds", sdk.RefundCreateParams, refunds.create, REFUND),
    Route("GET", "refunds", sdk.RefundListParams, refunds.page, f"{DATED} charge payment_intent"),
    Route("GET", "refunds/{id}", sdk.RefundRetrieveParams, refunds.retrieve),
    Route("POST", "refunds/{id}", sdk.RefundUpdateParams, refunds.update, "metadata"),
    Route(
        "GET",
        "balance_transactions",
        sdk.BalanceTransactionListParams,
        charges.transactions,
        f"{DATED} currency source type",
    ),
    Route("GET", "balance_transactions/{id}", sdk.BalanceTransactionRetrieveParams, charges.transaction),
    Route("POST", "checkout/sessions", sdk.checkout.SessionCreateParams, checkout.create, SESSION),
    Route(
        "GET",
        "checkout/sessions",
        sdk.checkout.SessionListParams,
        checkout.page,
        f"{DATED} customer payment_intent status",
    ),
    Route("GET", "checkout/sessions/{id}", sdk.checkout.SessionRetrieveParams, checkout.retrieve),
    Route(
        "GET",
        "checkout/sessions/{id}/line_items",
        sdk.checkout.SessionLineItemListParams,
        checkout.line_items,
        "limit",
    ),
    Route("POST", "checkout/sessions/{id}/expire", sdk.checkout.SessionExpireParams, checkout.expire),
    Route("GET", "events", sdk.EventListParams, endpoints.events, f"{DATED} type types"),
    Route("GET", "events/{id}", sdk.EventRetrieveParams, endpoints.event),
    Route(
        "POST",
        "webhook_endpoints",
        sdk.WebhookEndpointCreateParams,
        endpoints.create,
        f"{ENDPOINT} api_version",
    ),
    Route("GET", "webhook_endpoints", sdk.WebhookEndpointListParams, endpoints.page, LIST),
    Route("GET", "webhook_endpoints/{id}", sdk.WebhookEndpointRetrieveParams, endpoints.retrieve),
    Route(
        "POST",
        "webhook_endpoints/{id}",
        sdk.WebhookEndpointUpdateParams,
        endpoints.update,
        f"{ENDPOINT} disabled",
    ),
    Route("DELETE", "webhook_endpoints/{id}", sdk.WebhookEndpointDeleteParams, endpoints.delete),
]


def find(method: str, path: str) -> tuple[Route, tuple[str, ...]] | None:
    """The operation at an address, with the ids in it."""
    for route in ROUTES:
        if route.method == method and (matched := route.pattern.match(path)):
            return route, matched.groups()
    return None

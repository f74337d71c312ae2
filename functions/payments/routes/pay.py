"""The link in a mail about an invoice: it leads to the hosted page where its customer saves what pays it.

Open to whoever has the link: opening it changes nothing but that the provider prepares a page, and it shows
nothing of the customer. A mail scanner that follows it does no harm.
"""

from __future__ import annotations

from urllib.parse import quote

from aws_lambda_powertools.event_handler import Response

from billing.aws.changes import Changes
from billing.aws.context import Context
from billing.aws.http import Api
from billing.aws.settings import setting
from billing.aws.table import own_table
from billing.aws.wall import wall_now
from payments import methods, notifications, providers
from payments.attempts import stored_attempt
from payments.items import stored_collection

_PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{title}</title>
<body style="max-width:34rem; margin:4rem auto; padding:0 1.2rem; font:1.05rem/1.6 system-ui, sans-serif">
<h1 style="font-size:1.5rem">{title}</h1>
<p>{text}</p>
"""
_THANKS = _PAGE.format(title="Thank you", text="You can close this page. Your receipt comes by mail.")
_SETTLED = _PAGE.format(title="Nothing to pay", text="Nothing is due on this invoice any more.")


def register(api: Api) -> None:
    """Add the routes."""

    @api.resolver.get("/payments/pay/<tenant>/<invoice>", include_in_schema=False)
    def pay(tenant: str, invoice: str) -> Response[str]:  # pyright: ignore[reportUnusedFunction]
        """Lead on to the provider's page, or say that there is nothing to pay."""
        collection, _ = stored_collection(own_table(), tenant, invoice)
        if not collection.open:
            return _html(_SETTLED)
        if collection.acting:
            attempt = stored_attempt(own_table(), tenant, invoice, collection.attempts).attempt
            if attempt.action_url:
                return _to(attempt.action_url)  # the bank waits for its customer
        request, now = f"request/{api.request.id}", wall_now()
        changes = Changes(own_table(), Context(tenant, now, "link/pay", request, request))
        provider = providers.provider_of(tenant)
        notifications.watch(changes, provider)
        back, minute = f"{_address(tenant, invoice)}/thanks", now.isoformat(timespec="minutes")
        url = methods.begin_setup(changes, provider, collection.customer, back, key=f"pay {invoice} {minute}")
        changes.commit()
        return _to(url)

    @api.resolver.get("/payments/pay/<tenant>/<invoice>/thanks", include_in_schema=False)
    def thanks(tenant: str, invoice: str) -> Response[str]:  # pyright: ignore[reportUnusedFunction]
        """Where the provider's page leads back to."""
        stored_collection(own_table(), tenant, invoice)
        return _html(_THANKS)


def _address(tenant: str, invoice: str) -> str:
    return f"{setting('PUBLIC_URL').rstrip('/')}/payments/pay/{quote(tenant)}/{quote(invoice)}"


def _to(url: str) -> Response[str]:
    return Response(303, "text/plain", "", headers={"Location": url})


def _html(page: str) -> Response[str]:
    return Response(200, "text/html; charset=utf-8", page)

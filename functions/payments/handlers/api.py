"""The HTTP routes of payments."""

from __future__ import annotations

import re

from aws_lambda_powertools.event_handler import Response

from billing.aws.http import Api
from billing.aws.observability import logger
from billing.aws.problems import problem
from billing.aws.table import own_table
from billing.core.errors import RuleError
from payments import paying, providers
from payments.provider import ProviderError
from payments.routes import dunning, invoices, methods, refunds

handler = api = Api("payments", "Payments")

for routes in (methods, invoices, refunds, dunning):
    routes.register(api)


_TENANT = re.compile(r"ten_[a-z0-9]{1,40}", re.ASCII)
_NOTHING = "<!doctype html><title>Nothing to pay</title><p>There is nothing to pay here.</p>"


@api.resolver.get("/payments/pay/<tenant>/<invoice>", include_in_schema=False)
def pay(tenant: str, invoice: str) -> Response[str]:
    """The link in a mail: on to the provider's page; whoever has no such link learns nothing."""
    try:
        provider = providers.provider_of(tenant) if _TENANT.fullmatch(tenant) else None
        url = paying.page_to_pay(own_table(), tenant, invoice, provider) if provider else None
    except RuleError:
        url = None
    if url is None:
        return Response(404, "text/html; charset=utf-8", _NOTHING)
    return Response(303, "text/plain", "", headers={"Location": url, "Cache-Control": "no-store"})


@api.resolver.exception_handler(ProviderError)
def provider_silent(error: ProviderError) -> Response[str]:
    """The provider gave no answer; the same request with the same Idempotency-Key may be sent again."""
    logger.warning("the provider did not answer", extra={"error": type(error).__name__})
    return problem(502, "provider_silent", "send the same request again", api.request.id)

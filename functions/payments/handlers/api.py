"""The HTTP routes of payments."""

from __future__ import annotations

from aws_lambda_powertools.event_handler import Response

from billing.aws import operations
from billing.aws.http import Api
from billing.aws.observability import logger
from billing.aws.problems import problem
from payments.provider import ProviderError
from payments.routes import dunning, invoices, methods, pay, refunds

handler = api = Api("payments", "Payments")

for routes in (methods, invoices, refunds, dunning, pay, operations):
    routes.register(api)


@api.resolver.exception_handler(ProviderError)
def provider_silent(error: ProviderError) -> Response[str]:
    """The provider gave no answer; the same request with the same Idempotency-Key may be sent again."""
    logger.warning("the provider did not answer", extra={"error": type(error).__name__})
    return problem(502, "provider_silent", "send the same request again", api.request.id)

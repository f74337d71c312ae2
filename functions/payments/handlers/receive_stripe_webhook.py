"""The door for Stripe's webhooks: prove who sent one, queue it, answer at once.

Whoever cannot prove it reads the same answer, whatever is wrong and whether or not there is such a tenant.
"""

from __future__ import annotations

import re
from typing import Any

from billing.aws.gateway import raw_body
from billing.aws.observability import logger
from billing.aws.problems import problem
from billing.aws.strict_json import LARGEST_BODY
from billing.aws.table import own_table
from billing.aws.tenants import tenant_state
from billing.core.errors import RuleError
from payments import providers
from payments.notifications import take
from payments.provider import ForgedError
from payments.stripe_webhooks import notification_in

_TENANT = re.compile(r"ten_[a-z0-9]{1,40}", re.ASCII)


def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Take one webhook in; 200 only once it is durable."""
    try:
        _take(event)
    except (ForgedError, RuleError) as error:
        logger.warning("webhook refused", extra={"error": type(error).__name__})
        return _refused(event["requestContext"]["requestId"])
    return {"statusCode": 200, "headers": {"content-type": "application/json"}, "body": "{}"}


def _take(event: dict[str, Any]) -> None:
    tenant, table = event["pathParameters"]["tenant"], own_table()
    body = raw_body(event)
    if not _TENANT.fullmatch(tenant) or len(body) > LARGEST_BODY:
        raise ForgedError("no webhook of ours")
    tenant_state(table, tenant)
    secrets = providers.credentials_of(tenant).webhook_secrets
    notification = notification_in(body, event["headers"].get("stripe-signature", ""), secrets)
    take(table, tenant, "stripe", notification)


def _refused(request: str) -> dict[str, Any]:
    answer = problem(400, "webhook_refused", "the signature proves nothing for this address", request)
    headers = {"content-type": "application/problem+json"}
    return {"statusCode": 400, "headers": headers, "body": answer.body}

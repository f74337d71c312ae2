"""Links that open a document for whoever has them, until they expire: signed, so that none can be guessed."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from datetime import datetime, timedelta

from botocore.exceptions import ClientError

from billing.aws.clients import client
from billing.aws.items import pack
from billing.aws.settings import optional
from billing.aws.table import Table
from billing.core.errors import NotFoundError
from documents.store import secret_key

LASTS = timedelta(days=90)
_BYTES = 18  # of a signature: 144 bits


def signed_link(table: Table, tenant: str, document: str, ending: str, now: datetime) -> str | None:
    """A link to a file of a document; None on a stage without a public address."""
    base = optional("PUBLIC_URL").rstrip("/")
    if not base:
        return None
    said = f"{tenant}.{document}.{ending.replace('.', '-')}.{int((now + LASTS).timestamp())}"
    return f"{base}/documents/open/{said}.{_signature(_secret(table, tenant), said)}"


def opened(table: Table, token: str, now: datetime) -> tuple[str, str, str]:
    """Tenant, document and ending behind a link; NotFoundError where it was not made here or is over."""
    said, _, signature = token.rpartition(".")
    parts = said.split(".")
    if not token.isascii() or len(parts) != 4 or not parts[3].isdigit():  # noqa: PLR2004 -- what signed_link writes
        raise _unknown()
    tenant, document, ending, until = parts
    known = table.get(**secret_key(tenant))
    if known is None or not hmac.compare_digest(_signature(known["secret"], said), signature):
        raise _unknown()
    if int(until) < now.timestamp():
        raise NotFoundError("link_expired", "this link is too old: ask the sender for a new one")
    return tenant, document, ending.replace("-", ".")


def _secret(table: Table, tenant: str) -> str:
    """The tenant's secret; the first link makes it, once."""
    key = secret_key(tenant)
    known = table.get(**key)
    if known is None:
        made = {**key, "secret": secrets.token_urlsafe(32), "version": 1}
        try:
            client("dynamodb").put_item(
                TableName=table.name, Item=pack(made), ConditionExpression="attribute_not_exists(pk)"
            )
        except ClientError as error:
            if error.response.get("Error", {}).get("Code") != "ConditionalCheckFailedException":
                raise
        known = table.get(**key) or made
    return str(known["secret"])


def _signature(secret: str, said: str) -> str:
    digest = hmac.new(secret.encode(), said.encode(), hashlib.sha256).digest()[:_BYTES]
    return base64.urlsafe_b64encode(digest).decode("ascii").rstrip("=")


def _unknown() -> NotFoundError:
    return NotFoundError("link_unknown", "there is no such link")

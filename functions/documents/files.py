"""Where documents lie: each file once, for ever; what is there already is never written over."""

from __future__ import annotations

import hashlib
from urllib.parse import urlsplit

from botocore.exceptions import ClientError

from billing.aws.clients import client
from billing.aws.settings import setting
from billing.core.errors import RuleError
from documents.making import MIME

_THERE = {"PreconditionFailed", "ConditionalRequestConflict"}
_READABLE = 300  # seconds a link into the store is good for: long enough to follow it


def key_of(tenant: str, document: str, ending: str) -> str:
    """Where a file of a document lies."""
    return f"documents/{tenant}/{document}/{document}.{ending}"


def store(tenant: str, document: str, ending: str, content: bytes) -> tuple[bytes, str]:
    """Keep a file unless there is one: what is kept, and its SHA-256."""
    bucket, key = setting("DOCUMENTS_BUCKET"), key_of(tenant, document, ending)
    try:
        client("s3").put_object(
            Bucket=bucket, Key=key, Body=content, ContentType=MIME[ending], IfNoneMatch="*"
        )
    except ClientError as error:
        if error.response.get("Error", {}).get("Code") not in _THERE:
            raise
        content = read(key)
    return content, hashlib.sha256(content).hexdigest()


def read(key: str) -> bytes:
    """A file of this subsystem."""
    body: bytes = client("s3").get_object(Bucket=setting("DOCUMENTS_BUCKET"), Key=key)["Body"].read()
    return body


def read_record(location: str, sha256: str) -> bytes:
    """A record of sales; RuleError `record_changed` where it is not what the event named."""
    place = urlsplit(location)
    body: bytes = client("s3").get_object(Bucket=place.netloc, Key=place.path.lstrip("/"))["Body"].read()
    if hashlib.sha256(body).hexdigest() != sha256:
        raise RuleError("record_changed", "the record is not the one that was finalized")
    return body


def link_to(key: str, name: str) -> str:
    """An address that a browser may read a file at, for minutes."""
    return client("s3").generate_presigned_url(
        "get_object",
        Params={
            "Bucket": setting("DOCUMENTS_BUCKET"),
            "Key": key,
            "ResponseContentDisposition": f'inline; filename="{name}"',
        },
        ExpiresIn=_READABLE,
    )

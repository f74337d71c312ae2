"""AWS clients, built once per container, with the time limits money needs."""

from __future__ import annotations

from functools import cache
from typing import Any

import boto3
from botocore.config import Config


@cache
def client(service: str, *, tries: int = 3) -> Any:
    """The client of a service; `tries` is 1 where the service cannot tell a repeat from a second wish."""
    # Short enough to fail inside any function's timeout; retries are the SDK's standard ones.
    retries: Any = {"mode": "standard", "total_max_attempts": tries}
    # Links into S3 are signed as every region takes them, not as the oldest one still does.
    signature = "s3v4" if service == "s3" else None
    config = Config(connect_timeout=2, read_timeout=5, retries=retries, signature_version=signature)
    return boto3.client(service, config=config)  # pyright: ignore[reportCallIssue, reportArgumentType, reportUnknownVariableType]

"""AWS clients, built once per container, with the time limits money needs."""

from __future__ import annotations

from functools import cache
from typing import Any

import boto3
from botocore.config import Config

# Short enough to fail inside any function's timeout; retries are the SDK's standard ones.
_CONFIG = Config(connect_timeout=2, read_timeout=5, retries={"mode": "standard", "total_max_attempts": 3})


@cache
def client(service: str) -> Any:
    """The client of a service."""
    return boto3.client(service, config=_CONFIG)  # pyright: ignore[reportCallIssue, reportArgumentType]

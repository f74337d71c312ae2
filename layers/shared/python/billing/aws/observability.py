"""One logger: constant messages, data beside them, never a body, an address or an environment."""

from __future__ import annotations

from aws_lambda_powertools import Logger

logger = Logger(service="billing")

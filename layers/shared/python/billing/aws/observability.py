"""One logger: constant messages, data beside them, never a body, an address or an environment."""

from __future__ import annotations

import traceback
from pathlib import PurePath

from aws_lambda_powertools import Logger

logger = Logger(service="billing")

_FRAMES = 4


def place_of(error: BaseException) -> str:
    """Where an error was raised, innermost first; its text is left out, it may hold somebody's data."""
    frames = traceback.extract_tb(error.__traceback__)[-_FRAMES:]
    return " < ".join(f"{PurePath(frame.filename).name}:{frame.lineno}" for frame in reversed(frames))

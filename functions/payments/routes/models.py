"""Field types that several requests share; unknown fields of a command are refused."""

from __future__ import annotations

from typing import Annotated

from pydantic import StringConstraints

# Where a person comes back to: https, or this machine while one develops.
ReturnUrl = Annotated[
    str,
    StringConstraints(
        max_length=2000,
        pattern=r"^(https://|http://(localhost|127\.0\.0\.1)[:/])[^\s\x00-\x1f\x7f\"<>\\]+$",
    ),
]

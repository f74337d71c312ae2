"""Field types that several requests share; unknown fields of a command are refused."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

# Where a person comes back to: https, or this machine while one develops.
ReturnUrl = Annotated[
    str,
    StringConstraints(
        max_length=2000,
        pattern=r"^(https://|http://(localhost|127\.0\.0\.1)[:/])[^\s\x00-\x1f\x7f\"<>\\]+$",
    ),
]


class Command(BaseModel):
    """A request body."""

    model_config = ConfigDict(extra="forbid")


class View(BaseModel):
    """An answer body."""

    model_config = ConfigDict(extra="ignore")


class Amount(View):
    """An amount: minor units (cents, yen, fils) and the currency they are of."""

    minor: int = Field(examples=[1990])
    currency: str = Field(examples=["CHF"])

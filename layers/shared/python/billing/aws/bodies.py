"""What the bodies of all APIs share: unknown fields of a command are refused, amounts are minor units."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field


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

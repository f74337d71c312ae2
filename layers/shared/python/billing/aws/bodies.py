"""What the bodies of all APIs share: unknown fields of a command are refused, amounts are minor units.

A country is its code of ISO 3166, a language its tag of BCP 47.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field
from pydantic_core import PydanticCustomError

from billing.core.places import is_country, is_language_tag


def _country(code: str) -> str:
    if not is_country(code):
        raise PydanticCustomError("country_unknown", "a country's two letters as of ISO 3166, such as CH")
    return code


def _language(tag: str) -> str:
    if not is_language_tag(tag):
        raise PydanticCustomError("locale_invalid", "a language tag as of BCP 47, such as en or de-CH")
    return tag


Country = Annotated[str, AfterValidator(_country)]
Language = Annotated[str, AfterValidator(_language)]


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

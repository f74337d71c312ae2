"""A legal entity as somebody asks for it: one that could not issue an invoice is refused by its field."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, StringConstraints

from billing.aws.bodies import Command, Country
from events.foundation import LegalEntity

Text = Annotated[str, StringConstraints(min_length=1, max_length=100, pattern=r"^[^\x00-\x1f\x7f]+$")]
# It names a group of an ordered queue and stands in keys.
EntityKey = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_-]{0,62}$")]
Prefix = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9/._-]{0,20}$")]
Category = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_-]{0,62}$")]
Days = Annotated[int, Field(ge=0, le=365, strict=True)]


class EntityBody(Command):
    """Who issues invoices: its number series, currency, tax rates in percent by category and terms."""

    key: EntityKey
    name: Text
    country: Country
    currency: str
    zone: Annotated[str, StringConstraints(max_length=60)] = "UTC"
    invoice_prefix: Prefix = "INV-"
    credit_note_prefix: Prefix = "CN-"
    tax_rates: dict[Category, str] = Field(default={}, max_length=50)
    payment_days: Days = 0
    overdue_days: Days = 3

    def entity(self) -> LegalEntity:
        """As it travels."""
        return LegalEntity(**self.model_dump())

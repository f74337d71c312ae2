"""Routes of account statements."""

from __future__ import annotations

from datetime import date

from pydantic import Field

from billing.aws.bodies import Command, View
from billing.aws.http import Api
from billing.aws.table import own_table
from sales import customers, statements
from sales.routes.models import Currency, Key


class StatementBody(Command):
    """Which days a statement is of, both included, in the customer's zone; without a currency, of each."""

    first: date
    last: date
    currency: Currency | None = None
    legal_entity: Key | None = Field(default=None, description="In whose name; else the last that billed.")
    mail: bool = Field(default=False, description="Whether the customer gets it by mail.")


class StatementView(View):
    """A statement that was asked for; documents makes it under this id."""

    id: str
    currency: str


class StatementList(View):
    """One statement a currency."""

    statements: list[StatementView]


def register(api: Api) -> None:
    """Add the routes."""

    @api.post("/sales/customers/<customer>/statements", scope="sales:write", status=202)
    def request_statement(customer: str, body: StatementBody) -> StatementList:  # pyright: ignore[reportUnusedFunction]
        """Ask for a statement of a customer's account; it is read under /documents/documents/<id>."""
        known = customers.read(own_table(), api.identity.tenant, customer)
        wanted = statements.Wanted(**body.model_dump())
        asked = statements.request(api.changes(), known, wanted, key=api.key)
        return StatementList(statements=[StatementView(id=id_, currency=money) for id_, money in asked])

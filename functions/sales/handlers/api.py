"""The HTTP routes of sales."""

from __future__ import annotations

from billing.aws import operations
from billing.aws.http import Api
from sales.routes import (
    catalogue,
    credit_notes,
    customers,
    experiments,
    invoices,
    life,
    migrations,
    one_off,
    overrides,
    promotional,
    seats,
    statements,
    subscriptions,
    usage,
)

handler = api = Api("sales", "Sales")

LIFE = (subscriptions, life, seats, migrations)
SOLD = (*LIFE, one_off, promotional, invoices, credit_notes)
ROUTES = (catalogue, experiments, customers, overrides, *SOLD, statements, usage, operations)

for routes in ROUTES:
    routes.register(api)

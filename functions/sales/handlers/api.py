"""The HTTP routes of sales."""

from __future__ import annotations

from billing.aws import operations
from billing.aws.http import Api
from sales.routes import (
    catalogue,
    credit_notes,
    customers,
    invoices,
    life,
    migrations,
    overrides,
    promotional,
    seats,
    statements,
    subscriptions,
    usage,
)

handler = api = Api("sales", "Sales")

LIFE = (subscriptions, life, seats, migrations)
ROUTES = (
    catalogue,
    customers,
    promotional,
    overrides,
    *LIFE,
    invoices,
    credit_notes,
    statements,
    usage,
    operations,
)

for routes in ROUTES:
    routes.register(api)

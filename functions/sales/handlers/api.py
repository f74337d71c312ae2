"""The HTTP routes of sales."""

from __future__ import annotations

from billing.aws import operations
from billing.aws.http import Api
from sales.routes import catalogue, credit_notes, customers, invoices, life, seats, subscriptions, usage

handler = api = Api("sales", "Sales")

for routes in (catalogue, customers, subscriptions, life, seats, invoices, credit_notes, usage, operations):
    routes.register(api)

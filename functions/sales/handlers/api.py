"""The HTTP routes of sales."""

from __future__ import annotations

from billing.aws.http import Api
from sales.routes import catalogue, credit_notes, customers, invoices, statements, subscriptions, usage

handler = api = Api("sales", "Sales")

for routes in (catalogue, customers, subscriptions, invoices, credit_notes, statements, usage):
    routes.register(api)

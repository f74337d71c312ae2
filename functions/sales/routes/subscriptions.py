"""Routes of subscriptions."""

from __future__ import annotations

from billing.aws.http import Api
from billing.aws.table import own_table
from sales import customers, subscriptions
from sales.preview import upcoming
from sales.routes.invoices import InvoiceView
from sales.routes.models import Command, Currency, Id, Key, View


class StartBody(Command):
    """Who subscribes to what, paid in which currency."""

    customer: Id
    plan: Key
    currency: Currency
    legal_entity: Key | None = None


class SubscriptionView(View):
    """A subscription as it stands."""

    subscription: str
    customer: str
    plan: str
    plan_version: int
    status: str
    currency: str
    period_start: str
    period_end: str
    ends_at: str | None = None


def register(api: Api) -> None:
    """Add the routes."""

    @api.post("/sales/subscriptions", scope="sales:write", status=201)
    def start_subscription(body: StartBody) -> SubscriptionView:  # pyright: ignore[reportUnusedFunction]
        """Subscribe a customer to a plan."""
        customer = customers.customer_id(api.identity.tenant, body.customer)
        return _view(
            subscriptions.start(
                api.changes(), customer, body.plan, body.currency, body.legal_entity, key=api.key
            )
        )

    @api.get("/sales/subscriptions/<subscription>", scope="sales:read")
    def read_subscription(subscription: str) -> SubscriptionView:  # pyright: ignore[reportUnusedFunction]
        """A subscription as it stands."""
        table, tenant = own_table(), api.identity.tenant
        return _view(subscriptions.stored_subscription(table, tenant, subscription)[0])

    @api.post("/sales/subscriptions/<subscription>/cancel", scope="sales:write")
    def cancel_subscription(subscription: str) -> SubscriptionView:  # pyright: ignore[reportUnusedFunction]
        """Let a subscription end with its period."""
        return _view(subscriptions.cancel(api.changes(), subscription))

    @api.post("/sales/subscriptions/<subscription>/uncancel", scope="sales:write")
    def uncancel_subscription(subscription: str) -> SubscriptionView:  # pyright: ignore[reportUnusedFunction]
        """Take a cancellation back."""
        return _view(subscriptions.uncancel(api.changes(), subscription))

    @api.get("/sales/subscriptions/<subscription>/upcoming", scope="sales:read")
    def upcoming_invoice(subscription: str) -> InvoiceView:  # pyright: ignore[reportUnusedFunction]
        """The next invoice as it would be if the period ended now."""
        return InvoiceView.of(upcoming(own_table(), api.identity.tenant, subscription))


def _view(subscription: subscriptions.Subscription) -> SubscriptionView:
    return SubscriptionView(**subscriptions.state_of(subscription).model_dump(mode="json"))

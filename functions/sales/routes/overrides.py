"""Routes of terms that differ from a plan's: of one subscription, and of a customer for a plan."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from billing.aws.bodies import Command, View
from billing.aws.http import Api
from billing.aws.table import own_table
from billing.core.ids import customer_id
from sales import overrides, subscriptions
from sales.overrides import as_data, parsed

MOST = 50


class OverridesBody(Command):
    """All that differs, price by price; what stands there is checked as in a catalogue, field by field."""

    overrides: list[dict[str, Any]] = Field(max_length=MOST)


class OverridesView(View):
    """What differs from the plan now; of a subscription also from the next period on, where it changes."""

    overrides: list[dict[str, Any]]
    next: list[dict[str, Any]] | None = None


def register(api: Api) -> None:
    """Add the routes."""
    _register_subscription(api)
    _register_customer(api)


def _register_subscription(api: Api) -> None:
    @api.put("/sales/subscriptions/<subscription>/overrides", scope="sales:write")
    def set_overrides(subscription: str, body: OverridesBody) -> OverridesView:  # pyright: ignore[reportUnusedFunction]
        """Go on under these overrides, and no others, from the next period on; a scheduled change."""
        after = subscriptions.override_later(api.changes(), subscription, parsed(body.overrides))
        return _view(after)

    @api.get("/sales/subscriptions/<subscription>/overrides", scope="sales:read")
    def read_overrides(subscription: str) -> OverridesView:  # pyright: ignore[reportUnusedFunction]
        """What differs from the plan, now and from the next period on."""
        stored, _ = subscriptions.stored_subscription(own_table(), api.identity.tenant, subscription)
        return _view(stored)


def _register_customer(api: Api) -> None:
    @api.put("/sales/customers/<customer>/overrides/<plan>", scope="sales:write")
    def set_customer_overrides(customer: str, plan: str, body: OverridesBody) -> OverridesView:  # pyright: ignore[reportUnusedFunction]
        """What the customer's new subscriptions to a plan begin with; those it has stay as they are."""
        wanted = parsed(body.overrides)
        overrides.set_for_customer(api.changes(), customer_id(api.identity.tenant, customer), plan, wanted)
        return OverridesView(overrides=as_data(wanted))

    @api.get("/sales/customers/<customer>/overrides/<plan>", scope="sales:read")
    def read_customer_overrides(customer: str, plan: str) -> OverridesView:  # pyright: ignore[reportUnusedFunction]
        """What the customer agreed on for a plan."""
        tenant = api.identity.tenant
        own = overrides.of_customer(own_table(), tenant, customer_id(tenant, customer), plan)
        return OverridesView(overrides=as_data(own))

    @api.delete("/sales/customers/<customer>/overrides/<plan>", scope="sales:write")
    def forget_customer_overrides(customer: str, plan: str) -> OverridesView:  # pyright: ignore[reportUnusedFunction]
        """Let new subscriptions begin with the plan itself again."""
        overrides.forget_for_customer(api.changes(), customer_id(api.identity.tenant, customer), plan)
        return OverridesView(overrides=[])


def _view(subscription: subscriptions.Subscription) -> OverridesView:
    now, waits = subscription.agreement.overrides, subscription.pending
    later = waits.agreement.overrides if waits else now
    return OverridesView(overrides=as_data(now), next=as_data(later) if later != now else None)

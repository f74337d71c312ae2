"""How a subscription is shown."""

from __future__ import annotations

from typing import Any

from billing.aws.bodies import View
from billing.core.subscription import Subscription
from sales import subscriptions
from sales.overrides import as_data


class AddOnView(View):
    """An add-on in the version it was taken in, so many times."""

    add_on: str
    add_on_version: int
    quantity: int


class RedeemedView(View):
    """A coupon that a subscription has, and what gave it where that was a promotion."""

    coupon: str
    promotion: str | None = None
    since: str
    until: str | None = None


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
    seats: str = "1"
    pending_plan: str | None = None
    pending_currency: str | None = None
    trial_ends_at: str | None = None
    resumes_at: str | None = None
    add_ons: list[AddOnView] = []
    bundle: str | None = None
    cohort: str | None = None
    coupons: list[RedeemedView] = []
    overrides: list[dict[str, Any]] = []
    instalments: str | None = None

    @classmethod
    def of(cls, subscription: Subscription) -> SubscriptionView:
        """A subscription as an answer."""
        state = subscriptions.state_of(subscription).model_dump(mode="json")
        coupons = [{**each.to_data(), "coupon": each.coupon.key} for each in subscription.coupons]
        own = as_data(subscription.agreement.overrides)
        return cls.model_validate({**state, "coupons": coupons, "overrides": own})

"""Routes of a subscription's life: end, rest, go on, try longer; and what is scheduled for it."""

from __future__ import annotations

from typing import Any

from billing.aws.bodies import Command, View
from billing.aws.http import Api
from billing.aws.table import own_table
from billing.core.errors import RuleError
from billing.core.plan_change import When
from billing.core.policies import Paid
from billing.core.scheduled import Cancel, NewTerms, Pause, Resume
from billing.core.subscription import Subscription
from events.base import Instant
from sales import life, subscriptions
from sales.overrides import as_data
from sales.routes.invoices import UpcomingView
from sales.routes.subscription_views import AddOnView, SubscriptionView


class CancelBody(Command):
    """When it is to end (now, period_end, or a date `at`), and what becomes of what was paid ahead.

    Left out, `paid` is as the plan says: credit gives the rest back, forfeit does not.
    """

    when: When = When.PERIOD_END
    at: Instant | None = None
    paid: Paid | None = None

    def stop(self, resume_at: Instant | None = None) -> life.Stop:
        """The same in the words of the use cases."""
        if self.when is When.DATE and self.at is None:
            raise RuleError("missing_field", "name the date", "body.at")
        if self.when is When.NOW and self.at is not None:
            raise RuleError("date_or_when", "a date stands alone, or with `when: date`", "body.at")
        return life.Stop(self.when, self.at, self.paid, resume_at)


class PauseBody(CancelBody):
    """From when it is to rest, and until when, where that is known."""

    resume_at: Instant | None = None


class ResumeBody(Command):
    """When it is to go on; left out, now."""

    at: Instant | None = None


class ExtendBody(Command):
    """When the trial is to end instead."""

    ends_at: Instant


class PreviewBody(Command):
    """What would be done now; left out, `paid` is as the plan says."""

    paid: Paid | None = None


class StepView(View):
    """The subscription as it would be, and the invoice that would be made."""

    subscription: SubscriptionView
    invoice: UpcomingView | None = None


class ScheduledView(View):
    """Something that will happen to a subscription; its renewals are not listed."""

    change: str
    what: str
    at: str
    plan: str | None = None
    seats: str | None = None
    currency: str | None = None
    add_ons: list[AddOnView] = []
    overrides: list[dict[str, Any]] | None = None


def register(api: Api) -> None:
    """Add the routes."""
    _register_stops(api)
    _register_previews(api)
    _register_schedule(api)


def _register_stops(api: Api) -> None:
    @api.post("/sales/subscriptions/<subscription>/cancel", scope="sales:write")
    def cancel_subscription(subscription: str, body: CancelBody | None = None) -> SubscriptionView:  # pyright: ignore[reportUnusedFunction]
        """Let a subscription end: with its period, at a date, or now."""
        return _view(life.cancel(api.changes(), subscription, (body or CancelBody()).stop()))

    @api.post("/sales/subscriptions/<subscription>/uncancel", scope="sales:write")
    def uncancel_subscription(subscription: str) -> SubscriptionView:  # pyright: ignore[reportUnusedFunction]
        """Take a cancellation back."""
        return _view(subscriptions.uncancel(api.changes(), subscription))

    @api.post("/sales/subscriptions/<subscription>/pause", scope="sales:write")
    def pause_subscription(subscription: str, body: PauseBody | None = None) -> SubscriptionView:  # pyright: ignore[reportUnusedFunction]
        """Let a subscription rest: neither billed nor served until it goes on."""
        asked = body or PauseBody()
        return _view(life.pause(api.changes(), subscription, asked.stop(asked.resume_at)))

    @api.post("/sales/subscriptions/<subscription>/resume", scope="sales:write")
    def resume_subscription(subscription: str, body: ResumeBody | None = None) -> SubscriptionView:  # pyright: ignore[reportUnusedFunction]
        """Let a subscription go on, now or at a date; its periods begin anew there."""
        return _view(life.resume(api.changes(), subscription, body.at if body else None))

    @api.post("/sales/subscriptions/<subscription>/trial", scope="sales:write")
    def extend_trial(subscription: str, body: ExtendBody) -> SubscriptionView:  # pyright: ignore[reportUnusedFunction]
        """Let a trial end later."""
        return _view(life.extend_trial(api.changes(), subscription, body.ends_at))


def _register_previews(api: Api) -> None:
    @api.ask("/sales/subscriptions/<subscription>/cancel/preview", scope="sales:read")
    def preview_cancel(subscription: str, body: PreviewBody | None = None) -> StepView:  # pyright: ignore[reportUnusedFunction]
        """What ending it now would cost or give back, to the cent; nothing is written."""
        return _step(api, subscription, Cancel((body or PreviewBody()).paid))

    @api.ask("/sales/subscriptions/<subscription>/pause/preview", scope="sales:read")
    def preview_pause(subscription: str, body: PreviewBody | None = None) -> StepView:  # pyright: ignore[reportUnusedFunction]
        """What a pause from now on would cost or give back."""
        return _step(api, subscription, Pause((body or PreviewBody()).paid))

    @api.ask("/sales/subscriptions/<subscription>/resume/preview", scope="sales:read")
    def preview_resume(subscription: str) -> StepView:  # pyright: ignore[reportUnusedFunction]
        """What going on now would cost."""
        return _step(api, subscription, Resume())


def _register_schedule(api: Api) -> None:
    @api.get("/sales/subscriptions/<subscription>/scheduled", scope="sales:read")
    def list_scheduled(subscription: str) -> list[ScheduledView]:  # pyright: ignore[reportUnusedFunction]
        """Everything that will happen to a subscription, in order; its renewals apart."""
        stored, _ = subscriptions.stored_subscription(own_table(), api.identity.tenant, subscription)
        return _list(stored)

    @api.delete("/sales/subscriptions/<subscription>/scheduled/<change>", scope="sales:write")
    def drop_scheduled(subscription: str, change: str) -> SubscriptionView:  # pyright: ignore[reportUnusedFunction]
        """Take a scheduled change back."""
        return _view(life.drop_scheduled(api.changes(), subscription, change))


def _view(subscription: Subscription) -> SubscriptionView:
    return SubscriptionView.of(subscription)


def _list(subscription: Subscription) -> list[ScheduledView]:
    parts = subscriptions.scheduled_parts(subscription)
    terms = [
        each.what.overrides if isinstance(each.what, NewTerms) else None for each in subscription.scheduled
    ]
    return [
        ScheduledView(**part.model_dump(mode="json"), overrides=as_data(own) if own is not None else None)
        for part, own in zip(parts, terms, strict=True)
    ]


def _step(api: Api, subscription: str, what: Cancel | Pause | Resume) -> StepView:
    step = life.preview_stop(own_table(), api.identity.tenant, subscription, what, api.context.now)
    invoice = UpcomingView.of_any(step.invoices)
    return StepView(subscription=_view(step.after), invoice=invoice)

"""Routes of subscriptions."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from pydantic import Field

from billing.aws.bodies import Command, View
from billing.aws.http import Api
from billing.aws.table import own_table
from billing.core.errors import RuleError
from billing.core.ids import customer_id
from billing.core.plan_change import When, Wish
from billing.core.quantities import parse_decimal
from events.base import Instant
from sales import add_ons, plan_changes, subscriptions
from sales.currencies import require_wish
from sales.orders import Order
from sales.paid_changes import change_if_paid, in_one
from sales.preview import billed_at_once, first_invoice, missed, of_change, quote, upcoming
from sales.promotional import as_billed
from sales.routes.invoices import InvoiceView, UpcomingView
from sales.routes.models import Currency, Id, Key, Seats
from sales.routes.subscription_views import SubscriptionView

MOST_ADD_ONS = 20


class AddOnBody(Command):
    """An add-on, so many of it; 0 gives it up."""

    add_on: Key
    quantity: int = Field(default=1, ge=0, le=1_000_000)


class ChangedAddOnBody(AddOnBody):
    """One that is had keeps its version, unless the `newest` is wanted: that on sale."""

    newest: bool = False


class OrderBody(Command):
    """What somebody wants to subscribe to, paid in which currency: a plan or a bundle, with add-ons."""

    plan: Key | None = None
    bundle: Key | None = None
    add_ons: list[AddOnBody] = Field(default=[], max_length=MOST_ADD_ONS)
    currency: Currency
    legal_entity: Key | None = None
    seats: Seats = "1"
    billing_day: int | None = Field(default=None, ge=1, le=31)
    coupon: Key | None = None
    start_at: Instant | None = None
    trial: bool = True
    trial_ends_at: Instant | None = None
    own_invoice: bool = False
    visitor: str | None = Field(default=None, min_length=1, max_length=200)
    instalments: Key | None = None  # the scheme in which its invoices are paid

    def order(self) -> Order:
        """The same in the words of the use cases."""
        return Order(
            self.plan,
            self.currency,
            self.legal_entity,
            parse_decimal(self.seats, "body.seats"),
            self.billing_day,
            self.coupon,
            self.start_at,
            self.trial,
            self.trial_ends_at,
            self.own_invoice,
            self.bundle,
            _quantities(self.add_ons, least=1),
            self.visitor,
            self.instalments,
        )


class StartBody(OrderBody):
    """Who subscribes to it."""

    customer: Id


class QuoteBody(OrderBody):
    """For whom: a customer, or somebody new in a time zone."""

    customer: Id | None = None
    zone: str = Field(default="UTC", max_length=60)


class ChangeBody(Command):
    """What to go on with; `when` (now, period_end) is for the plan's policy to say where it is left out.

    Of add-ons only those that differ; `give_up_unfitting` gives up those that the new plan cannot have.
    At a date instead: `at`. With `only_if_paid` it is made when its invoice is paid, and dropped when
    that fails or takes longer than 23 hours. Another `currency` comes with a period, all else with it.
    """

    plan: Key | None = None
    seats: Seats | None = None
    add_ons: list[ChangedAddOnBody] = Field(default=[], max_length=MOST_ADD_ONS)
    currency: Currency | None = None
    give_up_unfitting: bool = False
    when: When | None = None
    at: Instant | None = None
    only_if_paid: bool = False


class CouponBody(Command):
    """The coupon to redeem."""

    coupon: Key


class ChangeView(View):
    """What a change does: how it is treated, the subscription after it, and the invoice it makes now.

    Of one that lies ahead a preview shows the `upcoming` invoice of the moment it comes. `coupons_stopping`
    have no amount in the new currency.
    """

    treatment: str
    subscription: SubscriptionView
    invoice: InvoiceView | None = None
    upcoming: UpcomingView | None = None
    coupons_stopping: list[str] = []


class QuoteView(View):
    """The subscription as it would begin; what it is billed at once, what first, and what it has `missed`."""

    subscription: SubscriptionView
    invoice: InvoiceView | None = None
    first_invoice: InvoiceView | None = None
    missed: list[InvoiceView] = []


def register(api: Api) -> None:
    """Add the routes."""
    _register_life(api)
    _register_changes(api)


def _register_life(api: Api) -> None:
    @api.post("/sales/subscriptions", scope="sales:write", status=201)
    def start_subscription(body: StartBody) -> SubscriptionView:  # pyright: ignore[reportUnusedFunction]
        """Subscribe a customer to a plan."""
        customer = customer_id(api.identity.tenant, body.customer)
        return _view(subscriptions.start(api.changes(), customer, body.order(), key=api.key))

    @api.ask("/sales/subscriptions/preview", scope="sales:read")
    def quote_subscription(body: QuoteBody) -> QuoteView:  # pyright: ignore[reportUnusedFunction]
        """What subscribing would begin and cost at once, to the cent; nothing is written."""
        table, tenant = own_table(), api.identity.tenant
        customer = customer_id(tenant, body.customer) if body.customer else None
        now, known = api.context.now, customer is not None
        quoted = quote(table, tenant, body.order(), customer=customer, zone=body.zone, at=now)
        invoice, first = billed_at_once(table, tenant, quoted), first_invoice(table, tenant, quoted)
        return QuoteView(
            subscription=_view(quoted.subscription),
            invoice=InvoiceView.of(invoice, now) if invoice else None,
            first_invoice=InvoiceView.of(first, now) if first else None,
            missed=[InvoiceView.of(e, now) for e in missed(table, tenant, quoted, known=known, at=now)],
        )

    @api.get("/sales/subscriptions/<subscription>", scope="sales:read")
    def read_subscription(subscription: str) -> SubscriptionView:  # pyright: ignore[reportUnusedFunction]
        """A subscription as it stands."""
        return _view(subscriptions.stored_subscription(own_table(), api.identity.tenant, subscription)[0])


def _register_changes(api: Api) -> None:
    @api.post("/sales/subscriptions/<subscription>/change", scope="sales:write")
    def change_subscription(subscription: str, body: ChangeBody) -> ChangeView:  # pyright: ignore[reportUnusedFunction]
        """Change the plan or the seats, now or with the next period."""
        wish = _wish(body, subscription, api.identity.tenant, api.context.now)
        make = change_if_paid if body.only_if_paid else plan_changes.change
        return _change(api, make(api.changes(), subscription, body.plan, wish))

    @api.ask("/sales/subscriptions/<subscription>/change/preview", scope="sales:read")
    def preview_change(subscription: str, body: ChangeBody) -> ChangeView:  # pyright: ignore[reportUnusedFunction]
        """What a change would do, to the cent; nothing is written."""
        table, tenant, now = own_table(), api.identity.tenant, api.context.now
        wish = _wish(body, subscription, tenant, now)
        made = plan_changes.preview(table, tenant, subscription, body.plan, wish, now)
        shown = in_one(made) if body.only_if_paid else made
        return _change(api, shown, UpcomingView.of_any(of_change(table, tenant, made, wish)))

    @api.delete("/sales/subscriptions/<subscription>/change", scope="sales:write")
    def keep_plan(subscription: str) -> SubscriptionView:  # pyright: ignore[reportUnusedFunction]
        """Take a change back that waits for the next period."""
        return _view(plan_changes.keep_plan(api.changes(), subscription))

    @api.post("/sales/subscriptions/<subscription>/coupons", scope="sales:write")
    def redeem_coupon(subscription: str, body: CouponBody) -> SubscriptionView:  # pyright: ignore[reportUnusedFunction]
        """Let a coupon act from the next period on."""
        return _view(subscriptions.redeem(api.changes(), subscription, body.coupon))

    @api.get("/sales/subscriptions/<subscription>/upcoming", scope="sales:read")
    def upcoming_invoice(subscription: str) -> UpcomingView:  # pyright: ignore[reportUnusedFunction]
        """The next invoice as it would be if the period ended now."""
        found = upcoming(own_table(), api.identity.tenant, subscription)
        return UpcomingView.of_all(found, api.context.now)


_view = SubscriptionView.of


def _change(api: Api, made: plan_changes.PlanChange, ahead: UpcomingView | None = None) -> ChangeView:
    invoice = as_billed(own_table(), api.identity.tenant, made.invoice) if made.invoice else None
    return ChangeView(
        upcoming=ahead,
        treatment=made.how.value,
        subscription=_view(made.after),
        invoice=InvoiceView.of(invoice) if invoice else None,
        coupons_stopping=list(made.coupons_stopping),
    )


def _wish(body: ChangeBody, subscription: str, tenant: str, now: datetime) -> Wish:
    alone = body.plan is None and body.seats is None and not body.add_ons
    if alone and body.currency is None:
        raise RuleError("nothing_to_change", "name a plan, seats, add-ons or a currency", "body.plan")
    if (body.at is not None) != (body.when is When.DATE) and body.when is not None:
        raise RuleError("date_or_when", "a date stands alone, or with `when: date`", "body.at")
    if body.when is When.DATE and body.at is None:
        raise RuleError("missing_field", "name the date", "body.at")
    if body.at is not None and body.at <= now:
        raise RuleError("not_ahead", "the date lies ahead", "body.at")
    stored, _ = subscriptions.stored_subscription(own_table(), tenant, subscription)
    seats = stored.seats if body.seats is None else parse_decimal(body.seats, "body.seats")
    require_wish(stored, body.currency, alone=alone, if_paid=body.only_if_paid)
    return add_ons.wished(
        own_table(),
        tenant,
        stored,
        Wish(seats, When.DATE if body.at else body.when, body.at, currency=body.currency),
        _quantities(body.add_ons),
        plan=body.plan,
        give_up=body.give_up_unfitting,
        newest=[each.add_on for each in body.add_ons if each.newest],
    )


def _quantities(wanted: Sequence[AddOnBody], *, least: int = 0) -> dict[str, int]:
    """How many of each add-on; none stands twice."""
    found: dict[str, int] = {}
    for n, each in enumerate(wanted):
        place = f"body.add_ons[{n}]"
        if each.add_on in found:
            raise RuleError("duplicate_key", f"{each.add_on!r} stands twice", f"{place}.add_on")
        if each.quantity < least:
            raise RuleError("not_positive", "once or more", f"{place}.quantity")
        found[each.add_on] = each.quantity
    return found

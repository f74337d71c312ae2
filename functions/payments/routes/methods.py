"""Routes of payment methods. A card never comes here: it is entered on the provider's own page."""

from __future__ import annotations

from billing.aws.bodies import Command, View
from billing.aws.http import Api
from billing.aws.items import Item
from billing.aws.table import own_table
from billing.core.ids import customer_id
from payments import methods, notifications, providers
from payments.items import default_method
from payments.routes.models import ReturnUrl

PAGE = 50


class SetupBody(Command):
    """Where the customer comes back to from the provider's page."""

    return_url: ReturnUrl


class SetupView(View):
    """The provider's page where the customer saves a method."""

    url: str


class MethodView(View):
    """A saved method, as its owner knows it."""

    id: str
    rail: str
    label: str
    default: bool

    @classmethod
    def of(cls, item: Item, default: str | None) -> MethodView:
        """A method as an answer."""
        is_default = item["method"] == default
        return cls(id=item["method"], rail=item["rail"], label=item["label"], default=is_default)


class MethodList(View):
    """A page of payment methods; `next` goes on behind it."""

    methods: list[MethodView]
    next: str | None = None


def register(api: Api) -> None:
    """Add the routes."""

    @api.post("/payments/customers/<customer>/setup", scope="payments:write", status=201)
    def begin_setup(customer: str, body: SetupBody) -> SetupView:  # pyright: ignore[reportUnusedFunction]
        """A hosted page where the customer saves a payment method; what is open is charged to it at once."""
        tenant, changes = api.identity.tenant, api.changes()
        provider, known = providers.provider_of(tenant), customer_id(tenant, customer)
        notifications.watch(changes, provider)
        return SetupView(url=methods.begin_setup(changes, provider, known, body.return_url, key=api.key))

    @api.get("/payments/customers/<customer>/methods", scope="payments:read")
    def list_methods(customer: str, cursor: str | None = None) -> MethodList:  # pyright: ignore[reportUnusedFunction]
        """What the customer can pay with, newest first."""
        table, tenant = own_table(), api.identity.tenant
        known = customer_id(tenant, customer)
        default = default_method(table, tenant, known)
        items, behind = methods.method_page(table, tenant, known, cursor, PAGE)
        return MethodList(methods=[MethodView.of(item, default) for item in items], next=behind)

    @api.post("/payments/customers/<customer>/methods/<method>/default", scope="payments:write")
    def set_default(customer: str, method: str) -> MethodView:  # pyright: ignore[reportUnusedFunction]
        """Pay with this method from now on; open invoices are charged to it at once."""
        known = customer_id(api.identity.tenant, customer)
        return MethodView.of(methods.set_default(api.changes(), known, method), method)

    @api.delete("/payments/customers/<customer>/methods/<method>", scope="payments:write")
    def remove_method(customer: str, method: str) -> MethodView:  # pyright: ignore[reportUnusedFunction]
        """Forget a method, here and at the provider."""
        tenant = api.identity.tenant
        known = customer_id(tenant, customer)
        item = methods.remove(api.changes(), providers.provider_of(tenant), known, method)
        return MethodView.of(item, None)

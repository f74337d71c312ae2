"""Routes of customers."""

from __future__ import annotations

from billing.aws.bodies import Command, Country, Language, View
from billing.aws.http import Api
from billing.aws.table import own_table
from billing.core.ids import customer_id
from sales import customers
from sales.preview import upcoming_of_customer
from sales.routes.invoices import InvoiceView
from sales.routes.models import Email, Endpoint, Id, Line, Short, TaxId


class AddressBody(Command):
    """Where a customer is billed; a country of two letters, all else as its people write it."""

    country: Country
    street: Short = ""
    more: Short = ""
    postcode: Short = ""
    city: Short = ""
    region: Short = ""


class CustomerBody(Command):
    """What a seller says of a customer."""

    name: Line
    email: Email
    external_id: Id | None = None
    locale: Language = "en"
    zone: str = "UTC"
    country: Country | None = None
    address: AddressBody | None = None
    tax_id: TaxId | None = None
    order: Line | None = None
    reference: Line | None = None
    endpoint: Endpoint | None = None
    consolidate: bool = False

    def profile(self) -> customers.Profile:
        """As the use case takes it."""
        return customers.Profile(**self.model_dump())


class CustomerView(View):
    """A customer."""

    id: str
    name: str
    email: str
    external_id: str | None = None
    locale: str
    zone: str
    country: str | None = None
    address: AddressBody | None = None
    tax_id: str | None = None
    order: str | None = None
    reference: str | None = None
    endpoint: str | None = None
    consolidate: bool = False


def register(api: Api) -> None:
    """Add the routes."""

    @api.post("/sales/customers", scope="sales:write", status=201)
    def create_customer(body: CustomerBody) -> CustomerView:  # pyright: ignore[reportUnusedFunction]
        """Create a customer."""
        return CustomerView(**customers.create(api.changes(), body.profile(), key=api.key))

    @api.put("/sales/customers/<customer>", scope="sales:write")
    def change_customer(customer: str, body: CustomerBody) -> CustomerView:  # pyright: ignore[reportUnusedFunction]
        """Replace what is known of a customer."""
        tenant = api.identity.tenant
        known = customer_id(tenant, customer)
        return CustomerView(**customers.change(api.changes(), known, body.profile()))

    @api.get("/sales/customers/<customer>/upcoming", scope="sales:read")
    def upcoming_invoices(customer: str) -> list[InvoiceView]:  # pyright: ignore[reportUnusedFunction]
        """What a customer is billed next, over all subscriptions: every invoice of that instant."""
        table, tenant = own_table(), api.identity.tenant
        drafts = upcoming_of_customer(table, tenant, customer_id(tenant, customer))
        return [InvoiceView.of(each) for each in drafts]

    @api.get("/sales/customers/<customer>", scope="sales:read")
    def read_customer(customer: str) -> CustomerView:  # pyright: ignore[reportUnusedFunction]
        """A customer by its id or external id."""
        return CustomerView(**customers.read(own_table(), api.identity.tenant, customer))

"""Routes of the catalogue."""

from __future__ import annotations

from typing import Any

from billing.aws.bodies import Command, View
from billing.aws.http import Api
from billing.aws.table import own_table
from billing.core.catalogue_file import as_file
from sales import catalogue, subscribers

PAGE = 100  # subscribers at once


class CatalogueBody(Command):
    """A catalogue file as data; what stands in it is checked by the catalogue itself, field by field."""

    catalogue: dict[str, Any]


class PublishBody(CatalogueBody):
    """With `plan`, the hash of a plan, exactly what it showed is published, or nothing."""

    plan: str | None = None


class FieldView(View):
    """A field that differs; null is absent."""

    field: str
    old: str | None = None
    new: str | None = None


class ChangeView(View):
    """One difference to what is on sale; of a plan with how many subscribers keep which version."""

    action: str
    kind: str
    key: str
    detail: str
    from_version: int | None = None
    version: int | None = None
    fields: list[FieldView] = []
    subscribers: dict[int, int] = {}


class PublicationView(View):
    """What publishing changes, the versions of the plans behind it, and the hash that names it."""

    changes: list[ChangeView]
    plans: dict[str, int]
    hash: str


class SubscriberView(View):
    """Who is on a version of a plan."""

    subscription: str
    customer: str
    currency: str


class SubscribersView(View):
    """A page of them; `next` goes on behind it."""

    subscribers: list[SubscriberView]
    next: str | None = None


class VersionsView(View):
    """Every version of a plan that has subscribers, and the one that was published last."""

    plan: str
    latest: int
    on_sale: bool
    subscribers: dict[int, int]


def register(api: Api) -> None:
    """Add the routes."""

    @api.ask("/sales/catalogue/plan", scope="sales:read")
    def plan_catalogue(body: CatalogueBody) -> PublicationView:  # pyright: ignore[reportUnusedFunction]
        """What publishing this catalogue would change."""
        return _view(catalogue.plan_publication(own_table(), api.identity.tenant, body.catalogue))

    @api.post("/sales/catalogue", scope="sales:write")
    def publish_catalogue(body: PublishBody) -> PublicationView:  # pyright: ignore[reportUnusedFunction]
        """Publish a catalogue; existing subscribers keep the version they have."""
        return _view(catalogue.publish(api.changes(), body.catalogue, body.plan))

    @api.get("/sales/catalogue", scope="sales:read")
    def read_catalogue() -> dict[str, Any]:  # pyright: ignore[reportUnusedFunction]
        """What is on sale."""
        return catalogue.on_sale(own_table(), api.identity.tenant).to_data()

    @api.get("/sales/catalogue/file", scope="sales:read")
    def export_catalogue() -> dict[str, Any]:  # pyright: ignore[reportUnusedFunction]
        """What is on sale as a catalogue file: publishing it changes nothing."""
        return as_file(catalogue.on_sale(own_table(), api.identity.tenant))

    @api.get("/sales/plans/<plan>/subscribers", scope="sales:read")
    def count_subscribers(plan: str) -> VersionsView:  # pyright: ignore[reportUnusedFunction]
        """How many subscribers each version of a plan has."""
        table, tenant = own_table(), api.identity.tenant
        latest, on_sale = catalogue.latest_version(table, tenant, plan)
        counted = subscribers.by_version(table, tenant, plan, latest)
        return VersionsView(plan=plan, latest=latest, on_sale=on_sale, subscribers=counted)

    @api.get("/sales/plans/<plan>/versions/<version>/subscribers", scope="sales:read")
    def list_subscribers(plan: str, version: int, cursor: str | None = None) -> SubscribersView:  # pyright: ignore[reportUnusedFunction]
        """Who is on a version of a plan, page by page."""
        table, tenant = own_table(), api.identity.tenant
        found = list(subscribers.page(table, tenant, plan, version, after=cursor, limit=PAGE))
        views = [
            SubscriberView(
                subscription=item["sk"].removeprefix(subscribers.PREFIX),
                customer=item["customer"],
                currency=item["currency"],
            )
            for item in found
        ]
        return SubscribersView(subscribers=views, next=views[-1].subscription if len(views) == PAGE else None)


def _view(publication: catalogue.Publication) -> PublicationView:
    changes: list[ChangeView] = []
    for change in publication.changes:
        counted = publication.subscribers.get(change.key) if change.kind == "plan" else None
        changes.append(ChangeView.model_validate({**change.to_data(), "subscribers": counted or {}}))
    return PublicationView(
        changes=changes,
        plans={plan.key: plan.version for plan in publication.catalogue.plans},
        hash=publication.hash,
    )

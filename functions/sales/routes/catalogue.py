"""Routes of the catalogue."""

from __future__ import annotations

from typing import Any

from billing.aws.bodies import Command, View
from billing.aws.http import Api
from billing.aws.table import own_table
from sales import catalogue


class CatalogueBody(Command):
    """A catalogue file as data; what stands in it is checked by the catalogue itself, field by field."""

    catalogue: dict[str, Any]


class ChangeView(View):
    """One difference to what is on sale."""

    action: str
    kind: str
    key: str
    detail: str


class PublicationView(View):
    """What publishing changes, and the versions of the plans behind it."""

    changes: list[ChangeView]
    plans: dict[str, int]


def register(api: Api) -> None:
    """Add the routes."""

    @api.ask("/sales/catalogue/plan", scope="sales:read")
    def plan_catalogue(body: CatalogueBody) -> PublicationView:  # pyright: ignore[reportUnusedFunction]
        """What publishing this catalogue would change."""
        return _view(catalogue.plan_publication(own_table(), api.identity.tenant, body.catalogue))

    @api.post("/sales/catalogue", scope="sales:write")
    def publish_catalogue(body: CatalogueBody) -> PublicationView:  # pyright: ignore[reportUnusedFunction]
        """Publish a catalogue; existing subscribers keep the version they have."""
        return _view(catalogue.publish(api.changes(), body.catalogue))

    @api.get("/sales/catalogue", scope="sales:read")
    def read_catalogue() -> dict[str, Any]:  # pyright: ignore[reportUnusedFunction]
        """What is on sale."""
        return catalogue.on_sale(own_table(), api.identity.tenant).to_data()


def _view(publication: catalogue.Publication) -> PublicationView:
    return PublicationView(
        changes=[ChangeView(**change.to_data()) for change in publication.changes],
        plans={plan.key: plan.version for plan in publication.catalogue.plans},
    )

"""Routes of how documents look: theme, own template, and a preview of both."""

from __future__ import annotations

import base64
from typing import Annotated, Any

from pydantic import BaseModel, Field, StringConstraints

from billing.aws.bodies import Command, Language
from billing.aws.http import Api
from billing.aws.table import own_table
from billing.core.document import Document
from billing.core.strict import read_strict
from documents import jail, looks, projections
from documents.sample import sample
from documents.theme import Theme, check_theme
from documents.typesetting import to_png
from documents.words import languages
from documents.writing import write

Entity = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_-]{0,62}$")]


class ThemeBody(Command):
    """Logo, colour, font, columns and words; what is left out is the product's own."""

    logo: str | None = Field(default=None, description="SVG that loads nothing; at most 200 kB.")
    accent: str = "#1f4e79"
    font: str = "Inter"
    columns: list[str] = ["quantity", "price", "tax"]
    words: dict[str, dict[str, str]] = Field(
        default={}, description="By language: `label.net` ... as in texts/en.toml."
    )
    closing: dict[str, str] = {}
    footer: dict[str, str] = {}

    def theme(self) -> Theme:
        """As the rules see it, checked."""
        theme = read_strict(Theme, self.model_dump(exclude_none=True), "theme")
        check_theme(theme)
        return theme


class TemplateBody(Command):
    """A Typst template of the seller's own; None goes back to the product's."""

    source: str | None


class PreviewBody(Command):
    """What to look at before it is used: a theme, a template, in a language; else what is in use."""

    theme: ThemeBody | None = None
    source: str | None = None
    locale: Language = "en"


class VersionView(BaseModel):
    """The version that is in use from now on."""

    version: int


class PreviewView(BaseModel):
    """The first page as PNG, in base64."""

    png: str


def register(api: Api) -> None:
    """Add the routes."""

    @api.get("/documents/looks/<entity>/theme", scope="documents:read")
    def read_theme(entity: Entity) -> dict[str, Any]:  # pyright: ignore[reportUnusedFunction]
        """The theme in use and its version; 0 is the product's own."""
        theme, version = looks.theme_of(own_table(), api.identity.tenant, entity)
        return {"theme": theme.to_data(), "version": version}

    @api.put("/documents/looks/<entity>/theme", scope="documents:write")
    def set_theme(entity: Entity, body: ThemeBody) -> VersionView:  # pyright: ignore[reportUnusedFunction]
        """Use a theme from the next document on."""
        theme = body.theme()
        written = write(_sample(entity, "en"), theme)
        return VersionView(version=looks.set_theme(api.changes(), entity, theme, written))

    @api.put("/documents/looks/<entity>/template", scope="documents:write")
    def set_template(entity: Entity, body: TemplateBody) -> VersionView:  # pyright: ignore[reportUnusedFunction]
        """Use an own template from the next document on, once it has set a sample within its limits."""
        theme, _ = looks.theme_of(own_table(), api.identity.tenant, entity)
        written = write(_sample(entity, "en"), theme)
        return VersionView(version=looks.set_template(api.changes(), entity, body.source, written))

    @api.ask("/documents/looks/<entity>/preview", scope="documents:read")
    def preview(entity: Entity, body: PreviewBody) -> PreviewView:  # pyright: ignore[reportUnusedFunction]
        """What an invoice would look like."""
        table, tenant = own_table(), api.identity.tenant
        theme = body.theme.theme() if body.theme else looks.theme_of(table, tenant, entity)[0]
        source = body.source or looks.template_of(table, tenant, entity)[0]
        written = write(_sample(entity, body.locale), theme)
        if source is not None:
            jail.check_template(source, written)
        harmless = source is None and theme.logo is None
        png = to_png(written)[0] if harmless else jail.set_png(source, written)
        return PreviewView(png=base64.b64encode(png).decode("ascii"))

    @api.get("/documents/languages", scope="documents:read")
    def list_languages() -> dict[str, list[str]]:  # pyright: ignore[reportUnusedFunction]
        """The languages documents can be written in."""
        return {"languages": sorted(languages())}

    def _known(entity: str) -> Any:
        return projections.known_entity(own_table(), api.identity.tenant, entity)

    def _sample(entity: str, locale: str) -> Document:
        return sample(projections.seller_of(_known(entity)).party, locale)

"""How a legal entity's documents look: its theme and its own template, each with its versions."""

from __future__ import annotations

from typing import Any

from billing.aws.changes import Changes
from billing.aws.observability import logger
from billing.aws.table import Table
from billing.core.document import Document
from documents import jail, making
from documents.making import Made
from documents.store import look_key
from documents.theme import Theme, check_theme
from documents.typesetting import Attachment, to_pdf
from documents.voice import Written

THEME, TEMPLATE = "THEME", "TEMPLATE"


def theme_of(table: Table, tenant: str, entity: str) -> tuple[Theme, int]:
    """The theme in use and its version; 0 is the product's own."""
    item = table.get(**look_key(tenant, entity, THEME))
    return (Theme.from_data(item["data"]), item["version"]) if item else (Theme(), 0)


def template_of(table: Table, tenant: str, entity: str) -> tuple[str | None, int]:
    """The seller's own template and its version; None where the product's is in use."""
    item = table.get(**look_key(tenant, entity, TEMPLATE))
    return (item["source"] or None, item["version"]) if item else (None, 0)


def set_theme(changes: Changes, entity: str, theme: Theme, sample: Written) -> int:
    """Use a theme from the next document on; documents that are stored keep theirs."""
    check_theme(theme)
    if theme.logo is not None:
        jail.check_logo(sample)
    _, seen = theme_of(changes.table, changes.context.tenant, entity)
    return _next(changes, entity, THEME, seen, {"data": theme.to_data()})


def set_template(changes: Changes, entity: str, source: str | None, sample: Written) -> int:
    """Use an own template once it has set a sample within its limits; None goes back to the product's."""
    if source is not None:
        jail.check_template(source, sample)
    _, seen = template_of(changes.table, changes.context.tenant, entity)
    return _next(changes, entity, TEMPLATE, seen, {"source": source or ""})


def make(
    table: Table, tenant: str, entity: str, document: Document, *, large: bool
) -> tuple[Made, str | None]:
    """Make a document as its seller wants it to look; with it the version of the own template, if used."""
    theme, _ = theme_of(table, tenant, entity)
    source, version = template_of(table, tenant, entity)
    used: list[str] = []

    def setter(written: Written, attached: tuple[Attachment, ...]) -> bytes:
        if source is not None:
            try:
                pdf = jail.set_pdf(source, written, attached)
            except jail.TemplateError as error:
                # A document must leave even if its look does not work: the product's own stands in.
                logger.error("template failed", extra={"entity": entity, "reason": error.code})
            else:
                used.append(str(version))
                return pdf
        return to_pdf(written, attached)

    made = making.make(document, theme, large=large, set_pdf=setter)
    return made, used[0] if used else None


def _next(changes: Changes, entity: str, what: str, seen: int, data: dict[str, Any]) -> int:
    tenant = changes.context.tenant
    changes.put({**look_key(tenant, entity, what), **data}, seen=seen or None, label=what.lower())
    changes.keep({**look_key(tenant, entity, what, seen + 1), **data, "version": seen + 1})
    return seen + 1

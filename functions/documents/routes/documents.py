"""Routes of documents and of a year of them."""

from __future__ import annotations

from aws_lambda_powertools.event_handler import Response
from pydantic import BaseModel, Field

from billing.aws.bodies import Command
from billing.aws.cursor import first_page, read_cursor
from billing.aws.http import Api
from billing.aws.table import aggregate_pk, own_table
from billing.aws.wall import wall_now
from billing.core.ids import customer_id
from billing.core.instants import instant_text
from documents import asked as asking
from documents import files, issuing, packages
from documents.asked import Asked
from documents.links import opened, signed_link
from documents.packages import Package

PAGE = 50


class DocumentView(BaseModel):
    """A document and what became of it; `links` open its files for whoever has them."""

    id: str
    kind: str
    number: str
    customer: str
    invoice: str
    status: str
    at: str
    format: str | None = Field(default=None, description="The e-invoice it carries.")
    rules: list[str] = Field(default=[], description="Parked: the rules it breaks.")
    lacks: list[str] = Field(default=[], description="Why it carries no e-invoice, where none is owed.")
    files: dict[str, str] = Field(default={}, description="SHA-256 by ending.")
    links: dict[str, str] = {}

    @classmethod
    def of(cls, asked: Asked, tenant: str) -> DocumentView:
        """A document as an answer."""
        links = {
            ending: signed_link(own_table(), tenant, asked.id, ending, wall_now()) for ending in asked.files
        }
        return cls(
            id=asked.id,
            kind=asked.kind.value,
            number=asked.number,
            customer=asked.customer,
            invoice=asked.invoice,
            status=asked.status.value,
            at=instant_text(asked.at),
            format=asked.format,
            rules=list(asked.rules),
            lacks=list(asked.lacks),
            files=dict(asked.files),
            links={ending: link for ending, link in links.items() if link},
        )


class DocumentList(BaseModel):
    """A page of documents, newest first; `next` goes on behind it."""

    documents: list[DocumentView]
    next: str | None = None


class PackageBody(Command):
    """The year whose documents are wanted in one file, of all customers or one."""

    year: int
    customer: str | None = None


class PackageView(BaseModel):
    """A year in one file: ready or not yet; `link` opens it for minutes."""

    id: str
    year: int
    ready: bool
    documents: int
    link: str | None = None


def register(api: Api) -> None:
    """Add the routes."""

    @api.resolver.get("/documents/open/<token>", include_in_schema=False)
    def open_document(token: str) -> Response[str]:  # pyright: ignore[reportUnusedFunction]
        """What a link in a mail leads to."""
        tenant, document, ending = opened(own_table(), token, wall_now())
        asked, _ = asking.stored(own_table(), tenant, document)
        name = "".join(c if (c.isalnum() and c.isascii()) or c in "-_" else "-" for c in asked.number)
        link = files.link_to(files.key_of(tenant, document, ending), f"{name or document}.{ending}")
        return Response(303, "text/plain", "", headers={"Location": link, "Cache-Control": "no-store"})

    @api.get("/documents/customers/<customer>", scope="documents:read")
    def list_documents(customer: str, cursor: str | None = None) -> DocumentList:  # pyright: ignore[reportUnusedFunction]
        """A customer's documents, newest first."""
        table, tenant = own_table(), api.identity.tenant
        pk = aggregate_pk(tenant, f"customer/{customer_id(tenant, customer)}")
        listed = table.query(pk, "DOCUMENT#", after=read_cursor(cursor, "DOCUMENT#"), newest_first=True)
        page, behind = first_page(listed, PAGE)
        found = [asking.stored(table, tenant, item["document"])[0] for item in page]
        return DocumentList(documents=[DocumentView.of(asked, tenant) for asked in found], next=behind)

    @api.get("/documents/documents/<document>", scope="documents:read")
    def read_document(document: str) -> DocumentView:  # pyright: ignore[reportUnusedFunction]
        """A document; of an invoice or a credit note the id is the same."""
        tenant = api.identity.tenant
        return DocumentView.of(asking.stored(own_table(), tenant, document)[0], tenant)

    @api.post("/documents/documents/<document>/resend", scope="documents:write", status=202)
    def resend(document: str) -> DocumentView:  # pyright: ignore[reportUnusedFunction]
        """Say again that it is ready: its mail is sent once more."""
        return DocumentView.of(issuing.say_again(api.changes(), document), api.identity.tenant)

    @api.post("/documents/documents/<document>/retry", scope="documents:write", status=202)
    def retry(document: str) -> DocumentView:  # pyright: ignore[reportUnusedFunction]
        """Make a parked document again, after what it lacked was mended."""
        return DocumentView.of(issuing.retry(api.changes(), document), api.identity.tenant)

    @api.post("/documents/packages", scope="documents:read", status=202)
    def request_package(body: PackageBody) -> PackageView:  # pyright: ignore[reportUnusedFunction]
        """Ask for a year in one file."""
        tenant = api.identity.tenant
        customer = customer_id(tenant, body.customer) if body.customer else None
        return _package(packages.request(api.changes(), body.year, customer), tenant)

    @api.get("/documents/packages/<package>", scope="documents:read")
    def read_package(package: str) -> PackageView:  # pyright: ignore[reportUnusedFunction]
        """Whether a year is packed, and where."""
        tenant = api.identity.tenant
        return _package(packages.stored(own_table(), tenant, package)[0], tenant)


def _package(package: Package, tenant: str) -> PackageView:
    key = packages.key_of(tenant, package.id)
    link = files.link_to(key, f"documents-{package.year}.zip") if package.ready else None
    return PackageView(
        id=package.id, year=package.year, ready=package.ready, documents=package.documents, link=link
    )

"""All documents of a year in one file."""

from __future__ import annotations

import io
import re
import zipfile
from dataclasses import dataclass
from datetime import datetime

from billing.aws.changes import Changes
from billing.aws.clients import client
from billing.aws.settings import setting
from billing.aws.table import Table, aggregate_pk, found
from billing.core.errors import RuleError
from billing.core.ids import derived_id
from billing.core.record import Record
from documents import asked as asking
from documents import files
from documents.asked import Asked
from documents.commands import PackYearV1
from documents.making import PDF, UBL
from documents.store import package_key

PACKED = (PDF, UBL)
_FIRST, _LAST = 2000, 2100
_UNSAFE = re.compile(r"[^A-Za-z0-9._-]+")


@dataclass(frozen=True, slots=True)
class Package(Record):
    """A year's documents of a tenant, or of one customer of it."""

    id: str
    year: int
    customer: str | None = None
    ready: bool = False
    documents: int = 0


def request(changes: Changes, year: int, customer: str | None) -> Package:
    """Ask for a year; asked for again at another instant it is packed anew."""
    if not _FIRST <= year <= _LAST:
        raise RuleError("invalid_year", f"between {_FIRST} and {_LAST}", "year")
    context = changes.context
    id_ = derived_id("pkg", context.tenant, year, customer or "", context.causation_id)
    package = Package(id_, year, customer)
    changes.put({**package_key(context.tenant, id_), "data": package.to_data()}, seen=None, label="package")
    changes.send("make", PackYearV1(package=id_), subject=f"package/{id_}", about="pack")
    return package


def stored(table: Table, tenant: str, package: str) -> tuple[Package, int]:
    """A package and its stored version."""
    item = found(table, package_key(tenant, package), "package")
    return Package.from_data(item["data"]), item["version"]


def pack(changes: Changes, package: str) -> None:
    """Make the file; a repeat makes it again, from the same documents or more."""
    table, tenant = changes.table, changes.context.tenant
    known, seen = stored(table, tenant, package)
    out, count = io.BytesIO(), 0
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for item in table.query(aggregate_pk(tenant, f"tenant/{tenant}"), f"YEAR#{known.year}#"):
            document, _ = asking.stored(table, tenant, item["document"])
            if known.customer in {None, document.customer}:
                _add(archive, tenant, document)
                count += 1
    client("s3").put_object(
        Bucket=setting("DOCUMENTS_BUCKET"),
        Key=key_of(tenant, package),
        Body=out.getvalue(),
        ContentType="application/zip",
    )
    done = Package(known.id, known.year, known.customer, ready=True, documents=count)
    changes.put({**package_key(tenant, package), "data": done.to_data()}, seen=seen, label="package")


def key_of(tenant: str, package: str) -> str:
    """Where a package lies."""
    return f"packages/{tenant}/{package}.zip"


def _add(archive: zipfile.ZipFile, tenant: str, document: Asked) -> None:
    """Named as a bookkeeper looks for it; its time is the document's, so that bytes repeat."""
    name = _UNSAFE.sub("-", document.number) or document.id
    for ending in PACKED:
        if ending in document.files:
            path = f"{document.kind.value}/{name}-{document.id[-6:]}.{ending}"
            entry = zipfile.ZipInfo(path, _moment(document.at))
            archive.writestr(entry, files.read(files.key_of(tenant, document.id, ending)))


def _moment(at: datetime) -> tuple[int, int, int, int, int, int]:
    return (at.year, at.month, at.day, at.hour, at.minute, at.second)

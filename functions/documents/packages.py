"""All documents of a year in one file."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from billing.aws.changes import Changes
from billing.aws.clients import client
from billing.aws.settings import setting
from billing.aws.table import Table, aggregate_pk, found
from billing.core.errors import RuleError
from billing.core.ids import derived_id
from billing.core.record import Record
from documents import asked as asking
from documents import files
from documents.commands import PackYearV1
from documents.making import PDF, UBL
from documents.store import package_key

PACKED = (PDF, UBL)
AT_ONCE = 16  # documents read side by side: a thousand in seconds
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
    listed = table.query(aggregate_pk(tenant, f"tenant/{tenant}"), f"YEAR#{known.year}#")
    names = [str(item["document"]) for item in listed]
    read = partial(_files, table, tenant, known.customer)
    out, count = io.BytesIO(), 0
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive, ThreadPoolExecutor(AT_ONCE) as readers:
        for some in _batches(names):
            for files_of_one in readers.map(read, some):
                for entry, content in files_of_one:
                    archive.writestr(entry, content)
                count += bool(files_of_one)
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


def _batches(names: list[str]) -> Iterator[list[str]]:
    """So many at a time that what is read ahead fits into memory."""
    for start in range(0, len(names), 4 * AT_ONCE):
        yield names[start : start + 4 * AT_ONCE]


def _files(table: Table, tenant: str, customer: str | None, name: str) -> list[tuple[zipfile.ZipInfo, bytes]]:
    """Named as a bookkeeper looks for it; its time is the document's, so that bytes repeat."""
    document, _ = asking.stored(table, tenant, name)
    if customer not in {None, document.customer}:
        return []
    plain = _UNSAFE.sub("-", document.number) or document.id
    found: list[tuple[zipfile.ZipInfo, bytes]] = []
    for ending in PACKED:
        if ending in document.files:
            path = f"{document.kind.value}/{plain}-{document.id[-6:]}.{ending}"
            entry = zipfile.ZipInfo(path, _moment(document.at))
            entry.compress_type = zipfile.ZIP_DEFLATED
            found.append((entry, files.read(files.key_of(tenant, document.id, ending))))
    return found


def _moment(at: datetime) -> tuple[int, int, int, int, int, int]:
    return (at.year, at.month, at.day, at.hour, at.minute, at.second)

"""The keys and items of the documents table.

| pk (behind `T#<tenant>#`) | sk                        | item                                               |
|---------------------------|---------------------------|----------------------------------------------------|
| tenant/<tenant>           | TENANT                    | projection: legal entities                         |
| tenant/<tenant>           | SECRET                    | what links are signed with                         |
| tenant/<tenant>           | YEAR#<year>#<day>#<id>    | what was issued in a year, for packages            |
| customer/<id>             | CUSTOMER                  | projection: name, address, language                |
| customer/<id>             | DOCUMENT#<instant>#<id>   | its documents, for lists                           |
| document/<id>             | DOCUMENT                  | a document: what it is of, and what became of it   |
| look/<legal entity>       | THEME                     | the theme in use, with its version                 |
| look/<legal entity>       | TEMPLATE                  | the seller's own template in use, with its version |
| look/<legal entity>       | THEME#<00001> ...         | earlier versions of both                           |
| package/<id>              | PACKAGE                   | a year's documents in one file                     |
"""

from __future__ import annotations

from datetime import datetime

from billing.aws.items import Item
from billing.aws.table import Table, aggregate_pk
from billing.aws.work import sortable
from billing.core.errors import NotFoundError
from billing.core.ids import derived_id

Key = dict[str, str]


def tenant_key(tenant: str) -> Key:
    """The projection of a tenant."""
    return {"pk": aggregate_pk(tenant, f"tenant/{tenant}"), "sk": "TENANT"}


def secret_key(tenant: str) -> Key:
    """What a tenant's links are signed with."""
    return {"pk": aggregate_pk(tenant, f"tenant/{tenant}"), "sk": "SECRET"}


def year_key(tenant: str, day: str, document: str) -> Key:
    """A document among those issued in a year."""
    pk = aggregate_pk(tenant, f"tenant/{tenant}")
    return {"pk": pk, "sk": f"YEAR#{day[:4]}#{day}#{document}"}


def customer_key(tenant: str, customer: str) -> Key:
    """The projection of a customer."""
    return {"pk": aggregate_pk(tenant, f"customer/{customer}"), "sk": "CUSTOMER"}


def listed_key(tenant: str, customer: str, at: datetime, document: str) -> Key:
    """A document in its customer's list, in the order of time."""
    sk = f"DOCUMENT#{sortable(at)}#{document}"
    return {"pk": aggregate_pk(tenant, f"customer/{customer}"), "sk": sk}


def document_key(tenant: str, document: str) -> Key:
    """A document."""
    return {"pk": aggregate_pk(tenant, f"document/{document}"), "sk": "DOCUMENT"}


def look_key(tenant: str, entity: str, what: str, version: int | None = None) -> Key:
    """THEME or TEMPLATE of a legal entity: the one in use, or a version of it."""
    sk = what if version is None else f"{what}#{version:05}"
    return {"pk": aggregate_pk(tenant, f"look/{entity}"), "sk": sk}


def package_key(tenant: str, package: str) -> Key:
    """A year's documents in one file."""
    return {"pk": aggregate_pk(tenant, f"package/{package}"), "sk": "PACKAGE"}


def customer_id(tenant: str, name: str) -> str:
    """The id behind a customer's id or the seller's external id (as sales derives it)."""
    return name if name.startswith("cus_") else derived_id("cus", tenant, "external", name)


def read(table: Table, key: Key) -> Item | None:
    """The item at a key."""
    return table.get(key["pk"], key["sk"])


def found(table: Table, key: Key, what: str) -> Item:
    """An item that a request names; NotFoundError `<what>_not_found` where there is none."""
    item = read(table, key)
    if item is None:
        raise NotFoundError(f"{what}_not_found", f"there is no such {what}")
    return item

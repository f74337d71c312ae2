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

from billing.aws.table import Key, item_key
from billing.aws.work import sortable


def secret_key(tenant: str) -> Key:
    """What a tenant's links are signed with."""
    return item_key(tenant, f"tenant/{tenant}", "SECRET")


def year_key(tenant: str, day: str, document: str) -> Key:
    """A document among those issued in a year."""
    return item_key(tenant, f"tenant/{tenant}", f"YEAR#{day[:4]}#{day}#{document}")


def customer_key(tenant: str, customer: str) -> Key:
    """The projection of a customer."""
    return item_key(tenant, f"customer/{customer}", "CUSTOMER")


def listed_key(tenant: str, customer: str, at: datetime, document: str) -> Key:
    """A document in its customer's list, in the order of time."""
    return item_key(tenant, f"customer/{customer}", f"DOCUMENT#{sortable(at)}#{document}")


def document_key(tenant: str, document: str) -> Key:
    """A document."""
    return item_key(tenant, f"document/{document}", "DOCUMENT")


def look_key(tenant: str, entity: str, what: str, version: int | None = None) -> Key:
    """THEME or TEMPLATE of a legal entity: the one in use, or a version of it."""
    sk = what if version is None else f"{what}#{version:05}"
    return item_key(tenant, f"look/{entity}", sk)


def package_key(tenant: str, package: str) -> Key:
    """A year's documents in one file."""
    return item_key(tenant, f"package/{package}", "PACKAGE")

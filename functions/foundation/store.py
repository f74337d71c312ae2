"""The keys of the foundation table.

| pk                                   | sk                            | item                                |
|--------------------------------------|-------------------------------|-------------------------------------|
| KEY#<key id>                         | KEY                           | a credential, its secret as a hash  |
| T#<tenant>#keys                      | KEY#<key id>                  | a tenant's credentials, for a list  |
| T#<tenant>#tenant/<tenant>           | TENANT                        | a tenant, its legal entities        |
| SOURCE#<source>                      | SOURCE                        | which tenant a source belongs to    |
| T#<tenant>#clock/<clock>             | CLOCK                         | a test clock                        |
| T#<tenant>#clock/<clock>             | EXPECTED#<message>#<consumer> | a receipt that must come            |
| T#<tenant>#clock/<clock>             | RECEIVED#<message>#<consumer> | a receipt that came                 |
| T#<tenant>#clock/<clock>             | DUE#<subsystem>#<key>         | when work of a subsystem is due     |
| T#<tenant>#person/<customer>         | KEY                           | what a person's archive opens with  |

A key row and a source row do not begin with their tenant: they are what names it.
"""

from __future__ import annotations

from billing.aws.table import Key, item_key


def key_key(key_id: str) -> Key:
    """A credential by its public id."""
    return {"pk": f"KEY#{key_id}", "sk": "KEY"}


def listed_key_key(tenant: str, key_id: str) -> Key:
    """A credential in its tenant's list."""
    return item_key(tenant, "keys", f"KEY#{key_id}")


def tenant_key(tenant: str) -> Key:
    """A tenant."""
    return item_key(tenant, f"tenant/{tenant}", "TENANT")


def source_key(source: str) -> Key:
    """A registered source."""
    return {"pk": f"SOURCE#{source}", "sk": "SOURCE"}


def person_key(tenant: str, customer: str) -> Key:
    """The key that a person's data in the archive is encrypted with; without it they are erased."""
    return item_key(tenant, f"person/{customer}", "KEY")


def clock_key(tenant: str, clock: str) -> Key:
    """A test clock."""
    return item_key(tenant, f"clock/{clock}", "CLOCK")

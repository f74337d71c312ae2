"""The HTTP routes of foundation: keys, legal entities, sources, the test clock."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, Field, StringConstraints

from billing.aws.bodies import Command
from billing.aws.http import Api
from billing.aws.table import own_table
from events.base import Instant
from foundation import archive, clocks, keys, tenants
from foundation.entities import EntityBody, Text

handler = api = Api("foundation", "Foundation")

Scope = Annotated[str, StringConstraints(pattern=r"^(\*|[a-z]+:(\*|[a-z]+))$")]
Source = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9._-]{1,99}$")]


class KeyBody(Command):
    """What a new key may do, and until when."""

    name: Text
    scopes: Annotated[list[Scope], Field(max_length=50)]
    expires_at: Instant | None = None


class KeyView(BaseModel):
    """A key; the token is there only in the answer that makes it."""

    id: str
    name: str
    scopes: list[str]
    expires_at: str | None = None
    token: str | None = None


class KeyList(BaseModel):
    """A page of keys; `next` goes on behind it."""

    keys: list[KeyView]
    next: str | None = None


class SourceBody(Command):
    """A source of the ingress bus."""

    source: Source


class ErasureBody(Command):
    """Whose personal data shall be forgotten."""

    customer: Annotated[str, StringConstraints(pattern=r"^cus_[a-z0-9]{10,40}$")]


class AdvanceBody(Command):
    """The instant a test clock shall reach."""

    to: Instant


@api.post("/foundation/keys", scope="keys:write", status=201)
def create_key(body: KeyBody) -> KeyView:
    """Make a key; nobody gives away more than they have."""
    for scope in body.scopes:
        if not api.identity.may(scope):
            api.refuse(scope)
    sandbox = tenants.read(own_table(), api.identity.tenant)["state"]["sandbox"]
    token = keys.create(
        api.changes(), body.name, list(body.scopes), sandbox=sandbox, expires_at=body.expires_at
    )
    api.tell_once("token")
    expires_at = body.expires_at.isoformat() if body.expires_at else None
    return KeyView(
        id=token.key_id, name=body.name, scopes=list(body.scopes), expires_at=expires_at, token=token.text
    )


@api.get("/foundation/keys", scope="keys:read")
def list_keys(cursor: str | None = None) -> KeyList:
    """The tenant's keys, without their secrets."""
    listed, behind = keys.page(own_table(), api.identity.tenant, cursor)
    return KeyList(keys=[KeyView(**item) for item in listed], next=behind)


@api.delete("/foundation/keys/<key_id>", scope="keys:write")
def revoke_key(key_id: str) -> dict[str, str]:
    """End a key at once."""
    keys.revoke(api.changes(), key_id)
    return {"revoked": key_id}


@api.get("/foundation/tenant", scope="tenant:read")
def read_tenant() -> dict[str, Any]:
    """The tenant with its legal entities."""
    return tenants.read(own_table(), api.identity.tenant)["state"]


@api.put("/foundation/legal-entities", scope="tenant:write")
def set_legal_entity(body: EntityBody) -> dict[str, Any]:
    """Add a legal entity, or change the one of its key."""
    return tenants.set_entity(api.changes(), body.entity()).model_dump(mode="json")


@api.post("/foundation/sources", scope="tenant:write", status=201)
def register_source(body: SourceBody) -> dict[str, str]:
    """Give a source of the ingress bus to this tenant."""
    tenants.register_source(api.changes(), body.source)
    return {"source": body.source}


@api.post("/foundation/clock/advance", scope="clock:write", status=202)
def advance_clock(body: AdvanceBody) -> dict[str, Any]:
    """Ask the test clock to advance; it gets there step by step."""
    item = clocks.advance(api.changes(), body.to)
    return {"status": item["status"], "target": item["target"]}


@api.get("/foundation/clock", scope="clock:read")
def read_clock() -> dict[str, Any]:
    """Where the test clock stands, what is still open, what is due next."""
    return clocks.view(own_table(), api.identity.tenant, api.identity.clock)


@api.post("/foundation/erasures", scope="tenant:write")
def erase_person(body: ErasureBody) -> dict[str, str]:
    """Forget a customer's personal data in the archive; their events stay, without the person."""
    archive.erase(api.changes(), body.customer)
    return {"erased": body.customer}

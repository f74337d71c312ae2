"""Use cases of API keys: create, list, revoke, authenticate."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from billing.aws.changes import Changes
from billing.aws.cursor import first_page, read_cursor
from billing.aws.items import Item
from billing.aws.table import Table, aggregate_pk
from billing.aws.wall import wall_now
from billing.core.errors import NotFoundError, RuleError
from foundation.store import key_key, listed_key_key
from foundation.tokens import Token, matches, new_token, read_token

PAGE = 50
_PREFIX = "KEY#"


@dataclass(frozen=True, slots=True)
class Credential:
    """What a valid token proves."""

    key_id: str
    tenant: str
    scopes: list[str]


def create(
    changes: Changes, name: str, scopes: list[str], *, sandbox: bool, expires_at: datetime | None = None
) -> Token:
    """Create a key; its token is in the answer and nowhere else."""
    if expires_at is not None and expires_at <= wall_now():
        raise RuleError("expires_in_the_past", "must lie ahead", "expires_at")
    token, tenant = new_token(sandbox=sandbox), changes.context.tenant
    listed: Item = {
        "id": token.key_id,
        "name": name,
        "scopes": scopes,
        "expires_at": expires_at.isoformat() if expires_at else None,
    }
    changes.put(
        {**key_key(token.key_id), **listed, "tenant": tenant, "digest": token.digest}, seen=None, label="key"
    )
    changes.put({**listed_key_key(tenant, token.key_id), **listed}, seen=None, label="key list")
    return token


def page(table: Table, tenant: str, cursor: str | None) -> tuple[list[Item], str | None]:
    """A page of a tenant's keys, without their secrets, and the cursor behind it."""
    listed = table.query(aggregate_pk(tenant, "keys"), _PREFIX, after=read_cursor(cursor, _PREFIX))
    return first_page(listed, PAGE)


def revoke(changes: Changes, key_id: str) -> None:
    """End a key at once."""
    tenant = changes.context.tenant
    stored = changes.table.get(**key_key(key_id))
    if stored is None or stored["tenant"] != tenant:
        raise NotFoundError("key_not_found", "there is no such key")
    entry = changes.table.get(**listed_key_key(tenant, key_id))
    changes.delete(stored["pk"], stored["sk"], seen=stored["version"], label="key")
    if entry is not None:
        changes.delete(entry["pk"], entry["sk"], seen=entry["version"], label="key list")


def authenticate(table: Table, text: str) -> Credential | None:
    """What a token proves; None for every kind of wrong, so that nobody learns which."""
    token = read_token(text)
    if token is None:
        return None
    stored = table.get(**key_key(token.key_id))
    if stored is None or not matches(token, stored["digest"]):
        return None
    expires_at = stored.get("expires_at")
    if expires_at and datetime.fromisoformat(expires_at) <= wall_now():
        return None
    return Credential(token.key_id, stored["tenant"], stored["scopes"])

"""Addresses nothing is sent to: they bounced, complained, or somebody asked. Kept as hashes only."""

from __future__ import annotations

from enum import StrEnum

from billing.aws.changes import Changes
from billing.aws.table import Table, found
from events.messaging import AddressSuppressedV1
from messaging.store import address_id, suppressed_key


class Cause(StrEnum):
    """Why an address is suppressed."""

    BOUNCE = "bounce"
    COMPLAINT = "complaint"
    REQUEST = "request"


def suppress(changes: Changes, address: str, cause: Cause, *, key: str) -> str:
    """Send nothing to this address any more; saying so again changes nothing.

    `key` names the wish. Returns the id that lifts it.
    """
    tenant = changes.context.tenant
    known_as = address_id(tenant, address)
    if not is_suppressed(changes.table, tenant, address):
        item = {**suppressed_key(tenant, known_as), "cause": cause.value}
        changes.put(item, seen=None, label="suppression")
        event = AddressSuppressedV1(address=known_as, cause=cause.value)
        changes.emit(event, subject=f"suppressed/{known_as}", sequence=1, about=key)
    return known_as


def allow(changes: Changes, known_as: str) -> None:
    """Send to the address of this id again."""
    stored = found(changes.table, suppressed_key(changes.context.tenant, known_as), "suppression")
    changes.delete(stored["pk"], stored["sk"], seen=stored["version"], label="suppression")


def is_suppressed(table: Table, tenant: str, address: str) -> bool:
    """Whether nothing may be sent to an address."""
    return table.get(**suppressed_key(tenant, address_id(tenant, address))) is not None

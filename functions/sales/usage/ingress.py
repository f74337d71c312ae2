"""An event of the ingress bus as a message of ours: its tenant comes from the registered source alone."""

from __future__ import annotations

from typing import Any

from billing.aws.changes import Changes
from billing.aws.context import Context
from billing.aws.queue import message_in
from billing.aws.strict_json import strict_loads
from billing.aws.table import Table, own_table
from billing.aws.tenants import tenant_now
from events.base import MalformedEventError, Message
from sales.commands import UsageReportedV1
from sales.store import source_key
from sales.usage.cloudevent import AMENDING

_ATTRIBUTES = ("id", "time", "subject", *AMENDING)


def read(body: str) -> Message:
    """The message in a body of the usage queue: our own, or made from an ingress event."""
    parsed = strict_loads(body.encode())
    if not isinstance(parsed, dict) or "detail-type" not in parsed:
        return message_in(body)
    return reported(own_table(), parsed)  # pyright: ignore[reportUnknownArgumentType]


def reported(table: Table, event: dict[str, Any]) -> Message:
    """Frame an ingress event: who may send a source is the bus's policy, whose it is its registration."""
    source = event.get("source")
    registered = table.get(**source_key(str(source)))
    if registered is None:
        raise MalformedEventError("source: not registered to a tenant")
    tenant = registered["tenant"]
    now, _ = tenant_now(table, tenant)
    frame = Context(
        tenant=tenant,
        now=now,
        actor=f"source/{source}",
        correlation_id=f"ingress/{event['id']}",
        causation_id=f"ingress/{event['id']}",
        clock=None,  # nobody expects it: what comes by itself is not counted
    )
    command = UsageReportedV1(event=_cloudevent(event))
    return Changes(table, frame).message(command, subject=f"source/{source}", about=event["id"])


def _cloudevent(event: dict[str, Any]) -> dict[str, Any]:
    """A structured CloudEvent in the detail, or attributes and properties side by side in it.

    The source is always the one of the bus: nobody reports for somebody else.
    """
    detail = event.get("detail")
    if not isinstance(detail, dict):
        raise MalformedEventError("detail: not an object")
    given: dict[str, Any] = detail  # pyright: ignore[reportUnknownVariableType]
    if "specversion" in given:
        return {**given, "source": event["source"]}
    data = {name: value for name, value in given.items() if name not in _ATTRIBUTES}
    attributes = {name: given[name] for name in _ATTRIBUTES if name in given}
    return {**attributes, "source": event["source"], "type": event["detail-type"], "data": data}

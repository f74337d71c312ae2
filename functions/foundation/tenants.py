"""Use cases of tenants: open one, set its legal entities, register its sources."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from billing.aws.changes import Changes
from billing.aws.errors import ConflictError
from billing.aws.items import Item
from billing.aws.table import Table
from billing.core.currency import exponent
from billing.core.errors import NotFoundError, RuleError
from billing.core.periods import zone_of
from billing.core.quantities import parse_decimal
from billing.core.references import is_iban
from events.foundation import LegalEntity, SourceRegisteredV1, TenantChangedV1
from foundation.clocks import new_clock
from foundation.store import source_key, tenant_key

_MOST_PERCENT = 100
_TENANT = re.compile(r"ten_[a-z0-9]{1,40}", re.ASCII)


def clock_of(tenant: str, *, sandbox: bool) -> str | None:
    """The name of a sandbox tenant's test clock."""
    return tenant.replace("ten_", "clk_", 1) if sandbox else None


def open_tenant(
    changes: Changes,
    name: str,
    entities: Sequence[LegalEntity],
    *,
    sandbox: bool,
    clock_now: datetime | None,
) -> TenantChangedV1:
    """Open a tenant; a sandbox may live under a test clock from an instant on."""
    tenant = changes.context.tenant
    if not _TENANT.fullmatch(tenant):
        raise RuleError("invalid_tenant", "ten_ and up to 40 letters or digits", "tenant")
    if clock_now is not None and not sandbox:
        raise RuleError("clock_outside_sandbox", "only a sandbox lives under a test clock", "clock_now")
    if not entities:
        raise RuleError("missing_field", "at least one legal entity", "legal_entities")
    if len({entity.key for entity in entities}) < len(entities):
        raise RuleError("key_taken", "every legal entity has a key of its own", "legal_entities")
    for n, entity in enumerate(entities):
        _check(entity, f"legal_entities[{n}]")
    clock = clock_of(tenant, sandbox=clock_now is not None)
    state = TenantChangedV1(
        name=name, sandbox=sandbox, clock=clock, clock_now=clock_now, legal_entities=list(entities)
    )
    if clock is not None and clock_now is not None:
        new_clock(changes, clock, clock_now)
    return _store(changes, state, seen=None)


def set_entity(changes: Changes, entity: LegalEntity) -> TenantChangedV1:
    """Add a legal entity, or change the one of its key; the first stays the one that sells by default."""
    _check(entity, "body")
    stored = read(changes.table, changes.context.tenant)
    state = TenantChangedV1.model_validate(stored["state"])
    entities = {known.key: known for known in state.legal_entities} | {entity.key: entity}
    changed = state.model_copy(update={"legal_entities": list(entities.values())})  # in their order
    return _store(changes, changed, seen=stored["version"])


def register_source(changes: Changes, source: str) -> None:
    """Give a source of the ingress bus to this tenant; it belongs to one tenant for ever."""
    known = changes.table.get(**source_key(source))
    if known is not None and known["tenant"] != changes.context.tenant:
        raise RuleError("source_taken", "this source is registered already", "source")
    if known is None:
        changes.put({**source_key(source), "tenant": changes.context.tenant}, seen=None, label="source")
    changes.emit(SourceRegisteredV1(source=source), subject=f"source/{source}", sequence=1)


def read(table: Table, tenant: str) -> Item:
    """A tenant as it is stored."""
    item = table.get(**tenant_key(tenant))
    if item is None:
        raise NotFoundError("tenant_not_found", "there is no such tenant")
    return item


def already_open(error: ConflictError) -> bool:
    """Whether a unit of work failed because the tenant exists."""
    return "tenant" in error.labels


def _store(changes: Changes, state: TenantChangedV1, *, seen: int | None) -> TenantChangedV1:
    tenant = changes.context.tenant
    data: dict[str, Any] = state.model_dump(mode="json", exclude_none=True)
    changes.put({**tenant_key(tenant), "state": data}, seen=seen, label="tenant")
    changes.emit(state, subject=f"tenant/{tenant}", sequence=(seen or 0) + 1)
    return state


def _check(entity: LegalEntity, field: str) -> None:
    exponent(entity.currency, f"{field}.currency")
    zone_of(entity.zone)
    for category, rate in entity.tax_rates.items():
        if parse_decimal(rate, f"{field}.tax_rates.{category}") > _MOST_PERCENT:
            raise RuleError("tax_rate_too_high", "a rate in percent", f"{field}.tax_rates.{category}")
    if entity.iban is not None and not is_iban(entity.iban):
        raise RuleError("invalid_iban", "its check digits are wrong", f"{field}.iban")
    if entity.address is not None and not re.fullmatch(r"[A-Z]{2}", entity.address.country):
        raise RuleError("invalid_country", "two letters, as CH", f"{field}.address.country")
    if entity.invoice_prefix == entity.credit_note_prefix:
        raise RuleError("prefix_taken", "invoices have it already", f"{field}.credit_note_prefix")

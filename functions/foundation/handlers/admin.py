"""What only the account's own people may do, by invoking this function: open a tenant, make a first key."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import Field, TypeAdapter, ValidationError

from billing.aws.audit import reason, record
from billing.aws.bodies import Command
from billing.aws.changes import Changes
from billing.aws.context import Context
from billing.aws.errors import ConflictError
from billing.aws.observability import logger
from billing.aws.table import own_table
from billing.aws.wall import wall_now
from billing.core.errors import RuleError
from events.base import Instant
from foundation import keys, tenants
from foundation.entities import EntityBody, Text


class _Command(Command):
    tenant: str
    reason: str | None = None


class CreateTenant(_Command):
    """Open a tenant and make its first key."""

    command: Literal["create_tenant"]
    name: Text
    legal_entities: list[EntityBody]
    sandbox: bool = False
    clock_now: Instant | None = None


class CreateKey(_Command):
    """Make a key for a tenant whose keys are lost."""

    command: Literal["create_key"]
    name: Text
    scopes: list[str] = Field(default=["*"])


_COMMANDS: TypeAdapter[CreateTenant | CreateKey] = TypeAdapter(
    Annotated[CreateTenant | CreateKey, Field(discriminator="command")]
)


def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Carry out one command; an error names its field and the remedy."""
    try:
        answer = _carry_out(_COMMANDS.validate_python(event))
    except ValidationError as error:
        found = [f"{'.'.join(map(str, item['loc']))}: {item['msg']}" for item in error.errors()]
        return {"ok": False, "code": "invalid", "detail": "; ".join(found)}
    except RuleError as error:
        return {"ok": False, "code": error.code, "detail": str(error)}
    except ConflictError as error:
        if not tenants.already_open(error):
            raise
        return {"ok": False, "code": "tenant_exists", "detail": "make a key with create_key"}
    logger.info("carried out", extra={"command": event["command"]})
    return {"ok": True, **answer}


def _carry_out(command: CreateTenant | CreateKey) -> dict[str, Any]:
    table, now = own_table(), wall_now()
    if isinstance(command, CreateKey):
        sandbox = tenants.read(table, command.tenant)["state"]["sandbox"]
        changes = Changes(table, _frame(command.tenant, now))
        token = keys.create(changes, command.name, command.scopes, sandbox=sandbox)
    else:
        at = command.clock_now or now
        clock = tenants.clock_of(command.tenant, sandbox=command.clock_now is not None)
        changes = Changes(table, _frame(command.tenant, at, clock))
        tenants.open_tenant(
            changes,
            command.name,
            [entity.entity() for entity in command.legal_entities],
            sandbox=command.sandbox,
            clock_now=command.clock_now,
        )
        token = keys.create(changes, "first key", ["*"], sandbox=command.sandbox)
    record(changes, f"admin {command.command}", reason(command.reason))
    changes.commit()
    return {"tenant": command.tenant, "key": token.key_id, "token": token.text}


def _frame(tenant: str, at: datetime, clock: str | None = None) -> Context:
    return Context(tenant, at, "operator", f"admin/{tenant}", f"admin/{tenant}", clock)

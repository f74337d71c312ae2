"""Mail that came back, as SES tells it over the bus: which tenant's, how, and from which addresses.

The tenant is a tag that we gave the mail when it left, and only SES may say `aws.ses` on the account's bus.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pydantic import BaseModel, ValidationError

from billing.aws.changes import Changes
from billing.aws.context import Context
from billing.aws.strict_json import strict_loads
from billing.aws.table import own_table
from events.base import MalformedEventError, Message, UnknownEventError
from messaging.commands import MailReturnedV1, Returned
from messaging.store import address_id, returned_key
from messaging.suppression import Cause, suppress

_PERMANENT = "Permanent"  # SES: Permanent, Transient or Undetermined


class _Recipient(BaseModel):
    emailAddress: str  # noqa: N815 - SES calls it so


class _Bounce(BaseModel):
    bounceType: str  # noqa: N815
    bouncedRecipients: list[_Recipient]  # noqa: N815
    feedbackId: str  # noqa: N815
    timestamp: datetime


class _Complaint(BaseModel):
    complainedRecipients: list[_Recipient]  # noqa: N815
    feedbackId: str  # noqa: N815
    timestamp: datetime


class _Mail(BaseModel):
    tags: dict[str, list[str]]


class _Detail(BaseModel):
    mail: _Mail
    bounce: _Bounce | None = None
    complaint: _Complaint | None = None


def read(body: str) -> Message:
    """The message in an event of SES."""
    event: Any = strict_loads(body.encode())
    if not isinstance(event, dict) or event.get("source") != "aws.ses":  # pyright: ignore[reportUnknownMemberType]
        raise MalformedEventError("source: not aws.ses")
    try:
        detail = _Detail.model_validate(event.get("detail"))  # pyright: ignore[reportUnknownMemberType]
    except ValidationError as error:
        found = error.errors(include_input=False)[0]
        place = ".".join(str(part) for part in found["loc"])
        raise MalformedEventError(f"detail.{place}: {found['type']}") from None
    [tenant] = detail.mail.tags.get("tenant") or [""]
    if not tenant:
        raise MalformedEventError("detail.mail.tags.tenant: missing: this mail is not ours")
    if detail.bounce:
        hard = detail.bounce.bounceType == _PERMANENT
        how, told = Returned.HARD if hard else Returned.SOFT, detail.bounce
        people = detail.bounce.bouncedRecipients
    elif detail.complaint:
        how, told, people = Returned.COMPLAINT, detail.complaint, detail.complaint.complainedRecipients
    else:
        raise UnknownEventError("neither a bounce nor a complaint")
    frame = Context(tenant, told.timestamp, "system/ses", f"ses/{told.feedbackId}", f"ses/{told.feedbackId}")
    command = MailReturnedV1(how=how, addresses=[person.emailAddress for person in people])
    return Changes(own_table(), frame).message(command, subject="mail/returned", about=told.feedbackId)


def came_back(changes: Changes, how: Returned, addresses: list[str], *, key: str) -> None:
    """Send nothing to these addresses any more; what came back only for now is counted."""
    tenant = changes.context.tenant
    for address in {address_id(tenant, address): address for address in addresses}.values():
        match how:
            case Returned.HARD:
                suppress(changes, address, Cause.BOUNCE, key=key)
            case Returned.COMPLAINT:
                suppress(changes, address, Cause.COMPLAINT, key=key)
            case Returned.SOFT:
                _count(changes, address)


def _count(changes: Changes, address: str) -> None:
    tenant = changes.context.tenant
    key = returned_key(tenant, address_id(tenant, address))
    stored = changes.table.get(**key)
    count = (stored["count"] if stored else 0) + 1
    changes.put({**key, "count": count}, seen=stored["version"] if stored else None, label="soft bounces")

"""The envelope every event travels in, and the rules a contract class obeys.

A message on the domain bus is a CloudEvent (structured JSON) in the detail of an EventBridge event:
its `source` and `type` stand again outside, so that rules can route by them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated, Any, ClassVar, TypeVar

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Field,
    PlainSerializer,
    ValidationError,
)

SPEC_VERSION = "1.0"  # of CloudEvents
_CLASS_NAME = re.compile(r"^(?P<name>[A-Z][A-Za-z]+)V(?P<version>[1-9][0-9]*)$")


class Kind(StrEnum):
    """How a consumer treats an event: the newest state wins, or each fact counts exactly once."""

    STATE = "state"
    FACT = "fact"
    COMMAND = "command"  # internal to one subsystem: sent to its own queue, never on the bus


def instant_text(at: datetime) -> str:
    """Write an instant as ISO 8601 in UTC with a Z, microseconds only where there are any."""
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _on_the_calendar(at: datetime) -> datetime:
    try:
        at.astimezone(UTC)
    except OverflowError as error:
        raise ValueError("lies beyond the calendar") from error
    return at


Instant = Annotated[
    AwareDatetime, AfterValidator(_on_the_calendar), PlainSerializer(instant_text, when_used="json")
]


class Part(BaseModel):
    """A group of fields inside an event; unknown fields are ignored, as in events."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class AddressPart(Part):
    """Where somebody is; the country is an ISO 3166 code of two letters."""

    country: str
    street: str = ""
    more: str = ""
    postcode: str = ""
    city: str = ""
    region: str = ""


class RecordPart(Part):
    """A body too large for an event: where it lies and what it must hash to."""

    location: str  # s3://bucket/key
    sha256: str


class Event(Part):
    """What happened, in primitives only. The class name is the event's name and version."""

    producer: ClassVar[str]
    kind: ClassVar[Kind] = Kind.FACT
    personal: ClassVar[str | None] = None  # the one field that holds personal data, if any

    @classmethod
    def detail_type(cls) -> str:
        """The name on the bus: `InvoiceFinalizedV1` travels as `InvoiceFinalized.v1`."""
        match = _CLASS_NAME.match(cls.__name__)
        if match is None:
            raise TypeError(f"{cls.__name__} must be a past tense and a version, like SomethingDoneV1")
        return f"{match['name']}.v{match['version']}"


E = TypeVar("E", bound=Event)


class UnknownEventError(Exception):
    """A message whose type or version this consumer does not know; it belongs to the dead letters."""


class MalformedEventError(Exception):
    """A message of a known type that does not fit its contract; the text names the fields."""


class Message(BaseModel):
    """An event with everything around it: who, when, because of what, under which clock."""

    model_config = ConfigDict(frozen=True, extra="ignore", populate_by_name=True)

    specversion: str = SPEC_VERSION
    id: str
    source: str
    type: str
    subject: str = Field(description="The aggregate, as kind/id: `invoice/inv_...`.")
    time: Instant = Field(description="Business time: when it happened for the customer.")
    tenant: str
    sequence: int = Field(ge=0, description="The aggregate's version after this event.")
    recorded_at: Instant = Field(alias="recordedat", description="Wall time of the commit.")
    correlation_id: str = Field(alias="correlationid", description="The request that began it all.")
    causation_id: str = Field(alias="causationid", description="The message or request just before.")
    actor: str = Field(description="Who did it: `key/...`, `system/<subsystem>`, `provider/...`.")
    clock: str | None = Field(default=None, description="The test clock the tenant lives under.")
    datacontenttype: str = "application/json"
    data: dict[str, Any]

    def detail(self) -> dict[str, Any]:
        """The JSON body as it travels."""
        return self.model_dump(mode="json", by_alias=True, exclude_none=True)


def read_message(body: Mapping[str, Any]) -> Message:
    """Read an envelope; the data inside is not looked at yet."""
    if body.get("specversion", SPEC_VERSION) != SPEC_VERSION:
        raise UnknownEventError(f"an envelope of version {str(body['specversion'])[:20]}")
    try:
        return Message.model_validate(body)
    except ValidationError as error:
        raise MalformedEventError(_fields(error, "envelope")) from error


def read_event(message: Message, classes: Iterable[type[E]]) -> E:
    """Read the data of a message as one of the given classes."""
    for cls in classes:
        if cls.detail_type() == message.type:
            try:
                return cls.model_validate(message.data)
            except ValidationError as error:
                raise MalformedEventError(_fields(error, message.type)) from error
    raise UnknownEventError(message.type)


def _fields(error: ValidationError, where: str) -> str:
    """Name the fields that do not fit, never their values: they may be personal."""
    found = (f"{'.'.join(map(str, item['loc']))}: {item['type']}" for item in error.errors())
    return f"{where}: {', '.join(found)}"

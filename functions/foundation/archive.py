"""Every event of the domain bus as an object, for ever; personal data only as long as their key lives.

Objects: `<tenant>/<yyyy>/<mm>/<dd>/<type>/<event id>.json`, by the day they were recorded.
"""

from __future__ import annotations

import base64
import contextlib
import json
import secrets
from typing import Any

from botocore.exceptions import ClientError
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from billing.aws.changes import Changes
from billing.aws.clients import client
from billing.aws.errors import ConflictError
from billing.aws.settings import setting
from billing.aws.table import Table
from events.base import Event, Message
from foundation.store import person_key

ENCRYPTED = "encrypted"
ERASED: dict[str, str] = {"name": "erased", "email": "erased@erased.invalid"}
_NONCE = 12  # bytes, as AES-GCM wants them


def keep(event: Event, message: Message, changes: Changes) -> None:
    """Store one event; a redelivered one is there already."""
    body = message.detail()
    if event.personal is not None:
        body["data"] = _sealed(body["data"], event.personal, message, changes)
    try:
        client("s3").put_object(
            Bucket=setting("ARCHIVE_BUCKET"),
            Key=object_name(message),
            Body=json.dumps(body, ensure_ascii=False).encode(),
            ContentType="application/json",
            IfNoneMatch="*",
        )
    except ClientError as error:
        if error.response.get("Error", {}).get("Code") != "PreconditionFailed":
            raise


def object_name(message: Message) -> str:
    """Where an event is kept."""
    day = message.recorded_at.strftime("%Y/%m/%d")
    return f"{message.tenant}/{day}/{message.type}/{message.id}.json"


def opened(body: dict[str, Any], personal: str | None, table: Table) -> dict[str, Any]:
    """An archived event as it travelled; of an erased person, with a fixed text in their place."""
    if personal is None or ENCRYPTED not in body["data"].get(personal, {}):
        return body
    key = table.get(**person_key(body["tenant"], body["data"]["customer"]))
    block = ERASED
    if key is not None and "secret" in key:
        block = _decrypted(body["data"][personal][ENCRYPTED], bytes(key["secret"]), body["id"])
    return {**body, "data": {**body["data"], personal: block}}


def erase(changes: Changes, customer: str) -> None:
    """Destroy a person's key: what was archived of them cannot be read any more, nor what comes."""
    key = person_key(changes.context.tenant, customer)
    stored = changes.table.get(**key)
    changes.put({**key, "erased": True}, seen=stored["version"] if stored else None, label="person")


def _sealed(data: dict[str, Any], personal: str, message: Message, changes: Changes) -> dict[str, Any]:
    """The data with the personal block encrypted, or left out where the person was erased."""
    secret = _secret(changes, data["customer"])
    if secret is None:
        return {**data, personal: ERASED}
    nonce = secrets.token_bytes(_NONCE)
    clear = json.dumps(data[personal], ensure_ascii=False).encode()
    sealed = AESGCM(secret).encrypt(nonce, clear, message.id.encode())
    return {**data, personal: {ENCRYPTED: base64.b64encode(nonce + sealed).decode()}}


def _secret(changes: Changes, customer: str) -> bytes | None:
    """A person's data key, made when it is first needed; None once they were erased."""
    key = person_key(changes.context.tenant, customer)
    stored = changes.table.get(**key)
    if stored is None:
        fresh = changes.beside("key")
        fresh.put({**key, "secret": AESGCM.generate_key(256)}, seen=None, label="person")
        with contextlib.suppress(ConflictError):  # somebody made it meanwhile
            fresh.commit()
        stored = changes.table.get(**key)
    return bytes(stored["secret"]) if stored and "secret" in stored else None


def _decrypted(text: str, secret: bytes, about: str) -> dict[str, Any]:
    raw = base64.b64decode(text)
    try:
        return json.loads(AESGCM(secret).decrypt(raw[:_NONCE], raw[_NONCE:], about.encode()))
    except InvalidTag:
        return dict(ERASED)  # the key is another one than it was archived with

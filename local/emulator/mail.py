"""Teaches what a mail that SES was asked to send says: every part, header and attachment."""

from __future__ import annotations

import base64
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any


def read_request(request: dict[str, Any], *, message_id: str, sent_at: str) -> dict[str, Any]:
    """One `SendEmail` request of SES v2 as a plain mail; attachments stay base64.

    `sent_at` is wall time (ISO 8601). A request by template keeps the template's name and data:
    rendering belongs to SES.
    """
    content, to = request.get("Content", {}), request.get("Destination", {})
    mail: dict[str, Any] = {
        "id": message_id,
        "sent_at": sent_at,
        "from": request.get("FromEmailAddress", ""),
        "to": to.get("ToAddresses", []),
        "cc": to.get("CcAddresses", []),
        "bcc": to.get("BccAddresses", []),
        "reply_to": request.get("ReplyToAddresses", []),
        "configuration_set": request.get("ConfigurationSetName"),
        "tags": {tag["Name"]: tag["Value"] for tag in request.get("EmailTags", [])},
        "subject": "",
        "text": None,
        "html": None,
        "headers": [],
        "attachments": [],
    }
    if "Raw" in content:
        return mail | _raw(base64.b64decode(content["Raw"]["Data"]), mail)
    if "Simple" in content:
        return mail | _simple(content["Simple"])
    return mail | {"template": content.get("Template")}


def _simple(simple: dict[str, Any]) -> dict[str, Any]:
    body = simple.get("Body", {})
    return {
        "subject": simple.get("Subject", {}).get("Data", ""),
        "text": body.get("Text", {}).get("Data"),
        "html": body.get("Html", {}).get("Data"),
        "headers": [[header["Name"], header["Value"]] for header in simple.get("Headers", [])],
        "attachments": [
            {
                "name": part.get("FileName", ""),
                "type": part.get("ContentType", "application/octet-stream"),
                "content": part.get("RawContent", ""),
            }
            for part in simple.get("Attachments", [])
        ],
    }


def _raw(source: bytes, known: dict[str, Any]) -> dict[str, Any]:
    message = message_from_bytes(source, EmailMessage, policy=policy.default)
    return {
        "from": known["from"] or str(message.get("From", "")),
        "to": known["to"] or _addresses(message, "To"),
        "cc": known["cc"] or _addresses(message, "Cc"),
        "reply_to": known["reply_to"] or _addresses(message, "Reply-To"),
        "subject": str(message.get("Subject", "")),
        "text": _text_part(message, "plain"),
        "html": _text_part(message, "html"),
        "headers": [[name, str(value)] for name, value in message.items()],
        "attachments": [_attachment(part) for part in message.iter_attachments()],
    }


def _addresses(message: EmailMessage, header: str) -> list[str]:
    value = message.get(header)
    return [str(address) for address in value.addresses] if value is not None else []


def _text_part(message: EmailMessage, subtype: str) -> str | None:
    part = message.get_body(preferencelist=(subtype,))
    return None if part is None else str(part.get_content())


def _attachment(part: EmailMessage) -> dict[str, str]:
    payload = part.get_payload(decode=True)
    raw = payload if isinstance(payload, bytes) else part.as_bytes()
    return {
        "name": part.get_filename() or "",
        "type": part.get_content_type(),
        "content": base64.b64encode(raw).decode("ascii"),
    }

"""Mail through SES: sent at most once a call, and its refusals told apart.

SES knows no idempotency key, so this client never tries again by itself. Error texts of SES repeat
addresses: only their codes leave this module.
"""

from __future__ import annotations

from dataclasses import dataclass
from email.utils import formataddr, parseaddr
from typing import Any, cast

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectTimeoutError,
    EndpointConnectionError,
)

from billing.aws.clients import client
from billing.aws.settings import optional, setting
from messaging.writing import Mail

_FOR_GOOD = frozenset(
    {
        "MessageRejected",
        "MailFromDomainNotVerifiedException",
        "BadRequestException",
        "NotFoundException",
        "ValidationException",
    }
)
_NOT_SENT = frozenset(
    {
        "TooManyRequestsException",
        "LimitExceededException",
        "ThrottlingException",
        "Throttling",
        "SendingPausedException",
        "AccountSuspendedException",
        "AccessDeniedException",
    }
)


class RefusedError(Exception):
    """A mail that can never be sent as it is; the text is the service's code."""


class NotSentError(Exception):
    """A mail that surely was not sent and may be later."""


class UnknownOutcomeError(Exception):
    """Nobody knows whether this mail went."""


@dataclass(frozen=True, slots=True)
class Envelope:
    """Who writes to whom, and what the mail service shall remember it by."""

    to: str
    seller: str
    tags: dict[str, str]
    headers: dict[str, str]


def send(mail: Mail, envelope: Envelope) -> str:
    """Send a mail; returns the service's id of it."""
    try:
        request = _request(mail, envelope)
    except UnicodeError as error:
        raise RefusedError("AddressInvalid") from error
    try:
        return client("sesv2", tries=1).send_email(**request)["MessageId"]
    except ClientError as error:
        raise _told(str(cast("Any", error.response)["Error"]["Code"])) from None
    except (EndpointConnectionError, ConnectTimeoutError) as error:
        raise NotSentError(type(error).__name__) from None
    except BotoCoreError as error:
        raise UnknownOutcomeError(type(error).__name__) from None


def _told(code: str) -> Exception:
    if code in _FOR_GOOD:
        return RefusedError(code)
    return NotSentError(code) if code in _NOT_SENT else UnknownOutcomeError(code)


def _request(mail: Mail, envelope: Envelope) -> dict[str, Any]:
    _, sender = parseaddr(setting("SENDER"))
    headers = [{"Name": name, "Value": value} for name, value in envelope.headers.items()]
    return {
        "FromEmailAddress": formataddr((envelope.seller, sender)),
        "Destination": {"ToAddresses": [_wire_address(envelope.to)]},
        "Content": {
            "Simple": {
                "Subject": {"Data": mail.subject, "Charset": "UTF-8"},
                "Body": {
                    "Text": {"Data": mail.text, "Charset": "UTF-8"},
                    "Html": {"Data": mail.html, "Charset": "UTF-8"},
                },
                **({"Headers": headers} if headers else {}),
            }
        },
        **({"ConfigurationSetName": returns} if (returns := optional("CONFIGURATION_SET")) else {}),
        "EmailTags": [{"Name": name, "Value": value} for name, value in envelope.tags.items()],
    }


def _wire_address(address: str) -> str:
    """An address as mail servers know it: the domain in ASCII. SES takes no other local part."""
    local, _, domain = address.rpartition("@")
    local.encode("ascii")
    return f"{local}@{domain.encode('idna').decode('ascii')}"

"""A tenant's account at Stripe: its credentials, the client, and how one asks it something."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import stripe
from stripe import StripeClient

from billing.aws.settings import SettingError
from billing.core.errors import RuleError
from payments.provider import NotNowError, RefusedError, UnreachableError
from payments.stripe_outcomes import Data

TIMEOUT = 10  # seconds of one call; with the one retry well inside any function's time
NOT_NOW = frozenset({401, 403, 409, 429})  # the call was not carried out


@dataclass(frozen=True, slots=True)
class Credentials:
    """A tenant's key, and the secrets its webhooks are signed with: two while one replaces the other."""

    api_key: str
    webhook_secrets: tuple[str, ...]

    def __post_init__(self) -> None:
        secrets = self.webhook_secrets
        if not self.api_key or not secrets or not all(s.startswith("whsec_") and s[6:] for s in secrets):
            raise RuleError(
                "credentials_incomplete", "an api_key and one or two webhook_secrets (whsec_...)", "stripe"
            )


def credentials_in(text: str) -> Credentials:
    """Read a tenant's credentials: JSON of `api_key` and `webhook_secrets`."""
    try:
        found = json.loads(text)
        return Credentials(found["api_key"], tuple(found["webhook_secrets"]))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        message = 'JSON: {"api_key": "...", "webhook_secrets": ["whsec_..."]}'
        raise RuleError("credentials_unreadable", message, "stripe") from error


def client_of(credentials: Credentials, address: str | None) -> StripeClient:
    """The official client; `address` replaces Stripe's own, for a simulator on this machine."""
    _check(credentials, address)
    return StripeClient(
        credentials.api_key,
        base_addresses={"api": address} if address else {},
        max_network_retries=1,
        http_client=stripe.RequestsClient(timeout=TIMEOUT),
    )


def asked(ask: Any, *args: Any) -> Data:
    """Ask Stripe, in terms of the port; a decline stays what it is."""
    try:
        return plain(ask(*args))
    except stripe.CardError:
        raise
    except stripe.InvalidRequestError as error:
        raise RefusedError("provider_refused", f"{error.code}: {error.param}") from error
    except stripe.IdempotencyError as error:
        raise RuleError("provider_key_reused", "this key came with another request before") from error
    except stripe.StripeError as error:
        if error.http_status in NOT_NOW:
            raise NotNowError(type(error).__name__) from error
        raise UnreachableError(type(error).__name__) from error


def said_of(error: stripe.CardError) -> Data:
    """What Stripe says of a decline."""
    body: Any = error.json_body
    return body["error"]


def plain(answer: Any) -> Data:
    """An answer as plain data."""
    return answer.to_dict()


def _check(credentials: Credentials, address: str | None) -> None:
    if address is None:
        return
    parts = urlsplit(address)
    here = parts.scheme == "http" and parts.hostname in {"127.0.0.1", "localhost", "::1"}
    if parts.scheme != "https" and not here:
        raise SettingError("STRIPE_ADDRESS is neither https nor on this machine")
    if "_live_" in credentials.api_key:
        raise SettingError("a live key never goes to another address than Stripe's own")

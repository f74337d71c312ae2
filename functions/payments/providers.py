"""Which provider a tenant uses, opened with its own credentials."""

from __future__ import annotations

import time
from functools import lru_cache

from botocore.exceptions import ClientError

from billing.aws.clients import client
from billing.aws.settings import SettingError, optional, setting
from billing.core.errors import RuleError
from payments.provider import PaymentProvider
from payments.stripe_account import Credentials, credentials_in
from payments.stripe_provider import StripeProvider

_KEPT = 60  # seconds: a rotated key is in use everywhere after that


def provider_of(tenant: str) -> PaymentProvider:
    """The provider of a tenant, ready to be called."""
    return _opened(tenant, int(time.monotonic() // _KEPT))


def credentials_of(tenant: str) -> Credentials:
    """A tenant's credentials; RuleError where there are none."""
    return _read(tenant, int(time.monotonic() // _KEPT))


@lru_cache(maxsize=64)
def _opened(tenant: str, age: int) -> PaymentProvider:
    return StripeProvider(_read(tenant, age), _address())


@lru_cache(maxsize=64)
def _read(tenant: str, _age: int) -> Credentials:
    name = f"{setting('PARAMETER_PREFIX')}/{tenant}/stripe"
    try:
        reply = client("ssm").get_parameter(Name=name, WithDecryption=True)
    except ClientError as error:
        if error.response.get("Error", {}).get("Code") != "ParameterNotFound":
            raise
        message = f"put the tenant's credentials into the parameter {name}"
        raise RuleError("provider_not_configured", message) from error
    return credentials_in(reply["Parameter"]["Value"])


def _address() -> str | None:
    """Where the provider is, if not at its own address: on the local stage alone."""
    address = optional("STRIPE_ADDRESS")
    if address and optional("STAGE") != "local":
        raise SettingError("STRIPE_ADDRESS belongs to the local stage")
    return address or None

"""Teaches how the provider refuses: one class per kind of error, each with Stripe's own body.

ApiError
├── InvalidRequestError   400, 404: the request can never work as it is
├── UnauthorizedError     401: no key, or one that has no place here
├── DeclinedError         402: the bank said no; what was tried is kept
├── IdempotencyError 400: one key, two different requests
└── InjectedError         429, 500: a fault somebody asked for
"""

from __future__ import annotations

from typing import Any

Object = dict[str, Any]


class ApiError(Exception):
    """An answer that is not 200; `keeps_effects` says whether what was done before it stays done."""

    status = 400
    type = "api_error"
    keeps_effects = False

    def __init__(self, message: str, *, code: str | None = None, param: str | None = None, **more: Any):
        super().__init__(message)
        self.message, self.code, self.param, self.more = message, code, param, more

    def body(self) -> Object:
        """The JSON Stripe sends; absent fields are left out, as there."""
        error = {
            "type": self.type,
            "code": self.code,
            "message": self.message,
            "param": self.param,
            "doc_url": self.code and f"https://stripe.com/docs/error-codes/{self.code.replace('_', '-')}",
            **self.more,
        }
        return {"error": {name: value for name, value in error.items() if value is not None}}


class InvalidRequestError(ApiError):
    """The caller's mistake; the message names the parameter and the remedy."""

    type = "invalid_request_error"

    def __init__(self, message: str, *, status: int = 400, **more: Any) -> None:
        super().__init__(message, **more)
        self.status = status


class UnauthorizedError(InvalidRequestError):
    """No key, or one that must not be used with a simulator."""

    def __init__(self, message: str) -> None:
        super().__init__(message, status=401)


class DeclinedError(ApiError):
    """The bank refused; the intent and its failed charge are in the body and remain."""

    status = 402
    type = "card_error"
    keeps_effects = True


class IdempotencyError(ApiError):
    """The key was first used with another request."""

    type = "idempotency_error"


class InjectedError(ApiError):
    """A fault that was asked for under /_sim/faults."""

    def __init__(self, message: str, *, status: int, **more: Any) -> None:
        super().__init__(message, **more)
        self.status = status
        self.type = "invalid_request_error" if status == 429 else "api_error"  # noqa: PLR2004


def missing(kind: str, id_: str, *, param: str = "id", status: int = 404) -> InvalidRequestError:
    """The object named does not exist in this account."""
    message = f"No such {kind.replace('_', '').replace('.', ' ')}: '{id_}'"
    return InvalidRequestError(message, status=status, code="resource_missing", param=param)

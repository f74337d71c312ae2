"""The tree of errors that business rules raise.

BillingError
└── RuleError            the request breaks a business rule; repeating it changes nothing
    ├── NotFoundError    what the request names does not exist
    └── ConflictError    the state moved on, or the same id came with a different content
"""

from __future__ import annotations


class BillingError(Exception):
    """Everything this product raises on purpose."""


class RuleError(BillingError):
    """The request breaks a business rule; retrying changes nothing.

    `code` is stable snake_case to branch on; `field` a path such as `plans[1].prices[0].key`.
    """

    def __init__(self, code: str, message: str, field: str | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.field = field

    def __str__(self) -> str:
        """Read as `code at field: message`."""
        place = f" at {self.field}" if self.field else ""
        return f"{self.code}{place}: {self.message}"


class NotFoundError(RuleError):
    """What the request names does not exist."""


class ConflictError(RuleError):
    """The state moved on, or the same id came with a different content."""

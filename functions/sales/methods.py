"""Who can be charged without being asked: what payments says of saved methods, kept where a trial ends."""

from __future__ import annotations

from billing.aws.changes import Changes
from billing.aws.table import Table
from events.base import Message
from events.payments import PaymentMethodRemovedV1, PaymentMethodSavedV1
from sales.store import method_key


def method_saved(event: PaymentMethodSavedV1, message: Message, changes: Changes) -> None:
    """A customer can be charged."""
    _keep(changes, event.customer, event.method, message.sequence)


def method_removed(event: PaymentMethodRemovedV1, message: Message, changes: Changes) -> None:
    """A method is gone; another may be left."""
    _keep(changes, event.customer, event.default, message.sequence)


def has_method(table: Table, tenant: str, customer: str) -> bool:
    """Whether a customer can be charged without being asked."""
    known = table.get(**method_key(tenant, customer))
    return known is not None and known["method"] is not None


def _keep(changes: Changes, customer: str, method: str | None, sequence: int) -> None:
    key = method_key(changes.context.tenant, customer)
    changes.put_newer({**key, "method": method}, sequence=sequence)

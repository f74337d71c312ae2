"""The little that messaging keeps of the others: sellers, plans, customers, methods and invoices."""

from __future__ import annotations

from billing.aws.changes import Changes
from events.base import Event, Message
from events.foundation import TenantChangedV1
from events.payments import PaymentMethodSavedV1
from events.sales import (
    CustomerChangedV1,
    InvoiceFinalizedV1,
    InvoicePaidV1,
    InvoiceVoidedV1,
    PlanPublishedV1,
)
from messaging.rules import PAID, VOID
from messaging.store import customer_key, invoice_key, method_key, plan_key, settled_key, tenant_key


def keep(event: Event, message: Message, changes: Changes) -> None:
    """Keep what an event says that a later notice will need."""
    tenant = message.tenant
    match event:
        case TenantChangedV1():
            _newest(changes, tenant_key(tenant), event, message)
        case PlanPublishedV1():
            _newest(changes, plan_key(tenant, event.plan, event.plan_version), event, message)
        case CustomerChangedV1():
            _newest(changes, customer_key(tenant, event.customer), event, message)
        case PaymentMethodSavedV1():
            _newest(changes, method_key(tenant, event.customer, event.method), event, message)
        case InvoiceFinalizedV1():
            state = event.invoice.model_dump(mode="json", exclude_none=True)
            changes.keep({**invoice_key(tenant, event.invoice.invoice), "state": state})
        case InvoicePaidV1():
            changes.keep({**settled_key(tenant, event.invoice.invoice), "how": PAID})
        case InvoiceVoidedV1():
            changes.keep({**settled_key(tenant, event.invoice.invoice), "how": VOID})
        case _:
            pass


def _newest(changes: Changes, key: dict[str, str], event: Event, message: Message) -> None:
    state = event.model_dump(mode="json", exclude_none=True)
    item = {**key, "state": state, "at": message.time.isoformat()}
    changes.put_newer(item, sequence=message.sequence)

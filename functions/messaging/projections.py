"""The little that messaging keeps of the others: sellers, plans, customers, and what they have and owe."""

from __future__ import annotations

from billing.aws.changes import Changes
from billing.aws.items import Item
from billing.aws.table import Table
from billing.aws.tenants import tenant_key
from events.base import Event, Message
from events.foundation import TenantChangedV1
from events.payments import PaymentMethodRemovedV1, PaymentMethodSavedV1
from events.sales import (
    CreditNoteIssuedV1,
    CustomerChangedV1,
    InvoiceFinalizedV1,
    InvoicePaidV1,
    InvoicePart,
    InvoiceVoidedV1,
    InvoiceWrittenOffV1,
    PlanPublishedV1,
    SubscriptionCancelledV1,
    SubscriptionChangedV1,
    SubscriptionEndedV1,
    SubscriptionPart,
    SubscriptionPausedV1,
    SubscriptionRenewedV1,
    SubscriptionResumedV1,
    SubscriptionScheduleChangedV1,
    SubscriptionScheduledV1,
    SubscriptionStartedV1,
    SubscriptionTrialExtendedV1,
)
from messaging.store import (
    Key,
    credit_note_key,
    credited_key,
    customer_key,
    invoice_key,
    method_key,
    plan_key,
    settled_key,
    subscription_key,
)

Subscription = (
    SubscriptionScheduledV1
    | SubscriptionStartedV1
    | SubscriptionTrialExtendedV1
    | SubscriptionScheduleChangedV1
    | SubscriptionPausedV1
    | SubscriptionResumedV1
    | SubscriptionChangedV1
    | SubscriptionRenewedV1
    | SubscriptionCancelledV1
    | SubscriptionEndedV1
)
Settlement = InvoicePaidV1 | InvoiceVoidedV1 | InvoiceWrittenOffV1

_HOW: dict[type[Event], str] = {
    InvoicePaidV1: "paid",
    InvoiceVoidedV1: "void",
    InvoiceWrittenOffV1: "written_off",
}


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
        case PaymentMethodRemovedV1():
            key = method_key(tenant, event.customer, event.method)
            changes.put_newer({**key, "removed": True}, sequence=message.sequence)
        case InvoiceFinalizedV1():
            state = event.invoice.model_dump(mode="json", exclude_none=True)
            changes.keep({**invoice_key(tenant, event.invoice.invoice), "state": state})
        case CreditNoteIssuedV1():
            note = event.credit_note
            changes.keep({**credited_key(tenant, note.invoice)})
            state = note.model_dump(mode="json", exclude_none=True)
            changes.keep({**credit_note_key(tenant, note.invoice, note.credit_note), "state": state})
        case _ if isinstance(event, Settlement):
            changes.keep({**settled_key(tenant, event.invoice.invoice), "how": _HOW[type(event)]})
        case _ if isinstance(event, Subscription):
            _subscribed(changes, event.state, message)
        case _:
            pass


def _newest(changes: Changes, key: Key, event: Event, message: Message) -> None:
    state = event.model_dump(mode="json", exclude_none=True)
    item = {**key, "state": state, "at": message.time.isoformat()}
    changes.put_newer(item, sequence=message.sequence)


def _subscribed(changes: Changes, state: SubscriptionPart, message: Message) -> None:
    """Keep a subscription as it stands. Decided by reading: an older event may still have its notice."""
    key = subscription_key(message.tenant, state.customer, state.subscription)
    stored = changes.table.get(**key)
    if stored and stored["sequence"] >= message.sequence:
        return
    item: Item = {**key, "state": state.model_dump(mode="json", exclude_none=True)}
    item["sequence"] = message.sequence
    changes.put(item, seen=stored["version"] if stored else None, label="subscription")


def has_document(table: Table, tenant: str, invoice: str | None) -> bool:
    """Whether documents is known to make papers of an invoice: it was finalized with a record of it."""
    item = table.get(**invoice_key(tenant, invoice)) if invoice else None
    return item is not None and InvoicePart.model_validate(item["state"]).record is not None

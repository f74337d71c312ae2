"""Who hears what: the one table that makes the bus's rules, the catalogue and the clock's expectations."""

from __future__ import annotations

from events.access import (
    AccessDeniedV1,
    AccessGrantedV1,
    AccessRestoredV1,
    AccessRestrictedV1,
    AccessRevokedV1,
)
from events.base import Event
from events.documents import DocumentParkedV1, DocumentReadyV1
from events.foundation import (
    ClockAdvancedV1,
    SourceRegisteredV1,
    TenantChangedV1,
    WorkDoneV1,
    WorkFailedV1,
)
from events.messaging import AddressSuppressedV1, NoticeSentV1
from events.payments import (
    CollectionHeldV1,
    DunningStepDueV1,
    PaymentActionRequiredV1,
    PaymentFailedV1,
    PaymentMethodRemovedV1,
    PaymentMethodSavedV1,
    PaymentRetriesExhaustedV1,
    PaymentSucceededV1,
    RefundFailedV1,
    RefundSucceededV1,
)
from events.sales import (
    AddOnPublishedV1,
    CollectionHoldRequestedV1,
    CreditNoteIssuedV1,
    CustomerChangedV1,
    InvoiceFinalizedV1,
    InvoiceOverdueV1,
    InvoicePaidV1,
    InvoiceVoidedV1,
    InvoiceWrittenOffV1,
    PlanPublishedV1,
    PlanWithdrawnV1,
    SeatAssignedV1,
    SeatRevokedV1,
    StatementDrawnV1,
    SubscriptionCancelledV1,
    SubscriptionChangedV1,
    SubscriptionEndedV1,
    SubscriptionPausedV1,
    SubscriptionRenewedV1,
    SubscriptionResumedV1,
    SubscriptionScheduleChangedV1,
    SubscriptionScheduledV1,
    SubscriptionStartedV1,
    SubscriptionTrialEndingV1,
    SubscriptionTrialExtendedV1,
    UsageRolledUpV1,
)

EVENTS: tuple[type[Event], ...] = (
    TenantChangedV1,
    SourceRegisteredV1,
    ClockAdvancedV1,
    PlanPublishedV1,
    PlanWithdrawnV1,
    AddOnPublishedV1,
    CustomerChangedV1,
    SubscriptionScheduledV1,
    SubscriptionStartedV1,
    SubscriptionTrialEndingV1,
    SubscriptionTrialExtendedV1,
    SubscriptionChangedV1,
    SubscriptionScheduleChangedV1,
    SubscriptionRenewedV1,
    SubscriptionPausedV1,
    SubscriptionResumedV1,
    SubscriptionCancelledV1,
    SubscriptionEndedV1,
    SeatAssignedV1,
    SeatRevokedV1,
    UsageRolledUpV1,
    InvoiceFinalizedV1,
    InvoicePaidV1,
    InvoiceOverdueV1,
    InvoiceVoidedV1,
    InvoiceWrittenOffV1,
    CollectionHoldRequestedV1,
    CreditNoteIssuedV1,
    StatementDrawnV1,
    PaymentMethodSavedV1,
    PaymentMethodRemovedV1,
    PaymentSucceededV1,
    PaymentFailedV1,
    PaymentActionRequiredV1,
    RefundSucceededV1,
    RefundFailedV1,
    CollectionHeldV1,
    DunningStepDueV1,
    PaymentRetriesExhaustedV1,
    DocumentReadyV1,
    DocumentParkedV1,
    AccessGrantedV1,
    AccessRevokedV1,
    AccessDeniedV1,
    AccessRestrictedV1,
    AccessRestoredV1,
    NoticeSentV1,
    AddressSuppressedV1,
)

RECEIPTS: tuple[type[Event], ...] = (WorkDoneV1, WorkFailedV1)

# consumer -> what it hears; its queue, rules and dead letters carry its name
SUBSCRIPTIONS: dict[str, tuple[type[Event], ...]] = {
    "foundation.archive": EVENTS,
    "foundation.on_receipts": RECEIPTS,
    "sales.on_foundation_events": (TenantChangedV1, SourceRegisteredV1, ClockAdvancedV1),
    "sales.on_payment_events": (
        PaymentMethodSavedV1,
        PaymentMethodRemovedV1,
        PaymentFailedV1,
        PaymentSucceededV1,
        RefundSucceededV1,
        RefundFailedV1,
        CollectionHeldV1,
        DunningStepDueV1,
    ),
    "payments.on_foundation_events": (TenantChangedV1, ClockAdvancedV1),
    "payments.on_sales_events": (
        InvoiceFinalizedV1,
        InvoicePaidV1,
        InvoiceVoidedV1,
        InvoiceWrittenOffV1,
        CollectionHoldRequestedV1,
        CreditNoteIssuedV1,
    ),
    "access.on_foundation_events": (ClockAdvancedV1,),
    "access.on_sales_events": (
        PlanPublishedV1,
        PlanWithdrawnV1,
        AddOnPublishedV1,
        SubscriptionStartedV1,
        SubscriptionChangedV1,
        SubscriptionRenewedV1,
        SubscriptionPausedV1,
        SubscriptionResumedV1,
        SubscriptionCancelledV1,
        SubscriptionEndedV1,
        UsageRolledUpV1,
        InvoicePaidV1,
        InvoiceOverdueV1,
        InvoiceVoidedV1,
    ),
    "documents.on_billing_events": (
        TenantChangedV1,
        CustomerChangedV1,
        InvoiceFinalizedV1,
        InvoicePaidV1,
        CreditNoteIssuedV1,
        DunningStepDueV1,
        StatementDrawnV1,
    ),
    "messaging.on_billing_events": (
        TenantChangedV1,
        PlanPublishedV1,
        CustomerChangedV1,
        SubscriptionScheduledV1,
        SubscriptionStartedV1,
        SubscriptionTrialEndingV1,
        SubscriptionTrialExtendedV1,
        SubscriptionChangedV1,
        SubscriptionScheduleChangedV1,
        SubscriptionRenewedV1,
        SubscriptionPausedV1,
        SubscriptionResumedV1,
        SubscriptionCancelledV1,
        SubscriptionEndedV1,
        InvoiceFinalizedV1,
        InvoicePaidV1,
        InvoiceOverdueV1,
        InvoiceVoidedV1,
        InvoiceWrittenOffV1,
        CreditNoteIssuedV1,
        PaymentMethodSavedV1,
        PaymentFailedV1,
        PaymentActionRequiredV1,
        RefundSucceededV1,
        DunningStepDueV1,
        DocumentReadyV1,
        AccessDeniedV1,
        AccessRestrictedV1,
        AccessRestoredV1,
    ),
}

# Consumers whose work no clock waits for: they change nothing that billing looks at.
UNCOUNTED = frozenset({"foundation.archive", "foundation.on_receipts"})


def counted_consumers(detail_type: str) -> list[str]:
    """The consumers that owe a receipt for an event of this type."""
    return [
        name
        for name, classes in SUBSCRIPTIONS.items()
        if name not in UNCOUNTED and any(cls.detail_type() == detail_type for cls in classes)
    ]

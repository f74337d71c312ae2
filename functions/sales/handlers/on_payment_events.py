"""Money that payments collected or sent back, and what it asks of sales."""

from __future__ import annotations

from billing.aws.queue import Consumer
from events.payments import (
    CollectionHeldV1,
    DunningStepDueV1,
    PaymentFailedV1,
    PaymentMethodRemovedV1,
    PaymentMethodSavedV1,
    PaymentSucceededV1,
    RefundFailedV1,
    RefundSucceededV1,
)
from sales.credits import collection_held, refund_failed, refund_succeeded
from sales.dunning import step_due
from sales.methods import method_removed, method_saved
from sales.paid_changes import payment_failed
from sales.receipts import payment_succeeded

handler = consumer = Consumer("sales.on_payment_events")

consumer.on(PaymentSucceededV1)(payment_succeeded)
consumer.on(RefundSucceededV1)(refund_succeeded)
consumer.on(RefundFailedV1)(refund_failed)
consumer.on(CollectionHeldV1)(collection_held)
consumer.on(DunningStepDueV1)(step_due)
consumer.on(PaymentFailedV1)(payment_failed)
consumer.on(PaymentMethodSavedV1)(method_saved)
consumer.on(PaymentMethodRemovedV1)(method_removed)

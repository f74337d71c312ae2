"""Money that payments collected."""

from __future__ import annotations

from billing.aws.queue import Consumer
from events.payments import PaymentSucceededV1
from sales.receipts import payment_succeeded

handler = consumer = Consumer("sales.on_payment_events")

consumer.on(PaymentSucceededV1)(payment_succeeded)

"""Calls to the provider that move money, one attempt at a time."""

from __future__ import annotations

from billing.aws.changes import Changes
from billing.aws.queue import Consumer
from events.base import Message
from payments import charging, providers, refunding
from payments.commands import CancelV1, ChargeV1, RefundV1

handler = consumer = Consumer("payments.charge")


@consumer.on(ChargeV1)
def charge(event: ChargeV1, message: Message, changes: Changes) -> None:
    """Send an attempt."""
    charging.charge(changes, providers.provider_of(message.tenant), event.invoice, event.number)


@consumer.on(CancelV1)
def cancel(event: CancelV1, message: Message, changes: Changes) -> None:
    """Give an attempt up."""
    charging.cancel(changes, providers.provider_of(message.tenant), event.invoice, event.number)


@consumer.on(RefundV1)
def refund(event: RefundV1, message: Message, changes: Changes) -> None:
    """Send money back."""
    refunding.send_refund(changes, providers.provider_of(message.tenant), event.invoice, event.refund)

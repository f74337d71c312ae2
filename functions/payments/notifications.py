"""Use cases of what a provider tells: take it in, ask what is true, apply that; look for what was lost."""

from __future__ import annotations

from datetime import datetime, timedelta

from billing.aws.changes import Changes
from billing.aws.context import Context
from billing.aws.observability import logger
from billing.aws.settings import optional
from billing.aws.table import Table
from billing.aws.tenants import tenant_now
from billing.aws.wall import wall_now
from payments import methods
from payments.attempts import amount_of, of_item
from payments.charging import apply
from payments.commands import NotificationReceivedV1
from payments.provider import Notification, PaymentProvider, ProviderError, RefundSnapshot, Snapshot, Topic
from payments.refund_items import refund_of
from payments.refunding import apply_refund
from payments.store import attempt_key, catch_up_key, notification_key, refund_key

EVERY = "300"  # seconds between two looks for notifications that never came
_OVERLAP = timedelta(minutes=10)  # a provider's list may show an older change after a newer one


def take(table: Table, tenant: str, provider: str, notification: Notification) -> None:
    """Queue a notification, durably; told twice, or found again, it is the same message."""
    now, clock = tenant_now(table, tenant)
    cause = f"webhook/{notification.id}"
    changes = Changes(table, Context(tenant, now, f"provider/{provider}", cause, cause, clock))
    received = NotificationReceivedV1(
        provider=provider,
        notification=notification.id,
        type=notification.type,
        topic=notification.topic,
        ref=notification.ref,
    )
    subject = f"notification/{notification.id}"
    changes.send("webhooks", received, subject=subject, about="received")
    changes.commit()


def process(changes: Changes, provider: PaymentProvider, event: NotificationReceivedV1) -> None:
    """Apply what is true now of the thing the provider told of, and keep what became of it."""
    match event.topic:
        case Topic.PAYMENT:
            verdict = _payment(changes, provider.fetch(event.ref))
        case Topic.SETUP:
            instrument = provider.saved(event.ref)
            news = instrument is not None and methods.save(changes, provider.name, instrument)
            verdict = "applied" if news else "no news"
        case Topic.REFUND:
            verdict = _refund(changes, provider.fetch_refund(event.ref))
        case _:
            verdict = "unsupported"
    key = notification_key(changes.context.tenant, event.notification)
    changes.keep({**key, "type": event.type, "ref": event.ref, "verdict": verdict})


def watch(changes: Changes, provider: PaymentProvider) -> None:
    """From the first customer on, look regularly for what the provider told in vain."""
    key = catch_up_key(changes.context.tenant, provider.name)
    if changes.table.get(**key) is None:
        wall = wall_now()
        item = {**key, "since": wall.isoformat()}
        changes.put_wall_due(item, seen=None, due_at=wall + _pause(), label="catch-up")


def catch_up(changes: Changes, provider: PaymentProvider) -> None:
    """Take in every change whose notification never came; the next look is due before this one begins."""
    table, tenant, wall = changes.table, changes.context.tenant, wall_now()
    key = catch_up_key(tenant, provider.name)
    item = table.get(**key)
    if item is None:
        return
    looking = changes.beside("look")
    looking.put_wall_due(item, seen=item["version"], due_at=wall + _pause(), label="catch-up")
    looking.commit()
    newest = since = datetime.fromisoformat(item["since"])
    try:
        for notification in provider.changes_since(since - _OVERLAP):
            if table.get(**notification_key(tenant, notification.id)) is None:
                take(table, tenant, provider.name, notification)
            newest = max(newest, notification.at)
    except ProviderError as error:
        logger.warning("the provider did not answer", extra={"error": type(error).__name__})
        return
    known = {**item, "since": newest.isoformat()}
    changes.put_wall_due(known, seen=item["version"] + 1, due_at=wall + _pause(), label="catch-up")


def _payment(changes: Changes, snapshot: Snapshot) -> str:
    """Apply a charge to the attempt it names, if it is what that attempt asked for."""
    tenant = changes.context.tenant
    if snapshot.invoice is None or snapshot.number is None:
        return "foreign"
    item = changes.table.get(**attempt_key(tenant, snapshot.invoice, snapshot.number))
    if item is None or item["data"]["id"] != snapshot.attempt:
        return "foreign"
    stored = of_item(item)
    if amount_of(stored.attempt) != snapshot.amount:
        logger.error("a charge is not what was asked for", extra={"attempt": stored.attempt.id})
        return "mismatch"
    return "applied" if apply(changes, stored, snapshot.outcome) else "no news"


def _refund(changes: Changes, snapshot: RefundSnapshot) -> str:
    """Apply a refund to the one of ours it names; one made elsewhere shows in the reconciliation."""
    if snapshot.invoice is None or snapshot.refund is None:
        return "foreign"
    item = changes.table.get(**refund_key(changes.context.tenant, snapshot.invoice, snapshot.refund))
    if item is None:
        return "foreign"
    stored = refund_of(item)
    if stored.refund.amount != snapshot.amount:
        logger.error("a refund is not what was asked for", extra={"refund": stored.refund.id})
        return "mismatch"
    return "applied" if apply_refund(changes, stored, snapshot.outcome) else "no news"


def _pause() -> timedelta:
    return timedelta(seconds=int(optional("CATCH_UP_SECONDS", EVERY)))

"""Work of payments that no caller waits for: invoices to collect anew, and looks that are due."""

from __future__ import annotations

from dataclasses import replace

from billing.aws.changes import Changes
from billing.aws.due import WorkDueV1
from billing.aws.queue import Consumer
from billing.aws.tenants import tenant_now
from events.base import Message
from payments import charging, collecting, dunning, notifications, providers, refunding
from payments.commands import CollectAllV1, CollectV1

handler = consumer = Consumer("payments.work")


@consumer.on(CollectV1)
def collect(event: CollectV1, _message: Message, changes: Changes) -> None:
    """Collect one invoice."""
    collecting.collect(changes, event.invoice)


@consumer.on(CollectAllV1)
def collect_all(event: CollectAllV1, _message: Message, changes: Changes) -> None:
    """Go on with the open invoices of a customer."""
    collecting.collect_all(changes, event.customer, about=event.about, after=event.after)


@consumer.on(WorkDueV1)
def work_due(event: WorkDueV1, message: Message, changes: Changes) -> None:
    """Ask for an instalment, take a dunning step, or ask the provider what became of a call, what it told."""
    kind, _, name = event.sk.partition("#")
    invoice = message.subject.removeprefix("invoice/")
    if kind == "COLLECTION":
        dunning.collection_due(changes, invoice)
        return
    provider, looking = providers.provider_of(message.tenant), _in_tenants_time(changes)
    if kind == "ATTEMPT":
        charging.resolve(looking, provider, invoice, int(name))
    elif kind == "REFUND":
        refunding.resolve_refund(looking, provider, invoice, name)
    else:
        notifications.catch_up(looking, provider)
    looking.commit()


def _in_tenants_time(changes: Changes) -> Changes:
    """A look is due by the wall; what it finds happens in the time its tenant lives in."""
    context = changes.context
    now, clock = tenant_now(changes.table, context.tenant)
    frame = replace(context, now=now, clock=clock, message=None, consumer=None)
    return Changes(changes.table, frame)

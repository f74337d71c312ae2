"""Use case of dunning: take the step that is due, or say it to those who act on it; an instalment first."""

from __future__ import annotations

from billing.aws.changes import Changes
from billing.aws.due import send_due
from billing.core.collection import Collection, take_step
from billing.core.dunning import Action
from events.payments import DunningStepDueV1
from payments.collecting import go_on, instalment_due, send_attempt
from payments.items import default_method, stored_collection, write_collection
from payments.store import collection_key


def collection_due(changes: Changes, invoice: str) -> None:
    """Do what is due first on a collection: ask for an instalment, or take a step.

    What is due at the same instant follows at once: no sweep would tell it from what was done.
    """
    tenant = changes.context.tenant
    stored, seen = stored_collection(changes.table, tenant, invoice)
    instalment, step_due_at = stored.called_next, stored.step_due_at
    if instalment and (step_due_at is None or instalment.due_at <= step_due_at):
        after = instalment_due(changes, invoice)
    else:
        after = step_due(changes, invoice)
    if after is not None and after.work_at is not None and after.work_at <= changes.context.now:
        key = collection_key(tenant, invoice)
        send_due(changes, "work", key["pk"], key["sk"], at=after.work_at, about=str(seen + 1))


def step_due(changes: Changes, invoice: str) -> Collection | None:
    """Take the next step of the schedule, if it is due still: the collection after it."""
    tenant = changes.context.tenant
    stored, seen = stored_collection(changes.table, tenant, invoice)
    if stored.step_due_at is None or stored.step_due_at > changes.context.now:
        return None
    collection, action = take_step(stored)
    if action is Action.RETRY:
        method = default_method(changes.table, tenant, collection.customer)
        collection = send_attempt(changes, collection, method) if method else collection
    elif action:
        _say(changes, stored, action, seen)
    collection = go_on(changes, collection, seen)
    write_collection(changes, collection, seen=seen)
    return collection


def _say(changes: Changes, collection: Collection, action: Action, seen: int) -> None:
    step = DunningStepDueV1(
        invoice=collection.invoice,
        customer=collection.customer,
        legal_entity=collection.legal_entity,
        step=collection.step,
        action=action,
        amount_minor=collection.due_by(changes.context.now).minor,
        currency=collection.currency,
        subscription=collection.subscription,
        number=collection.number,
    )
    changes.emit(step, subject=f"invoice/{collection.invoice}", sequence=seen + 1)

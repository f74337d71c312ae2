"""Use case of dunning: take the step that is due, or say it to those who act on it; an instalment first."""

from __future__ import annotations

from billing.aws.changes import Changes
from billing.core.collection import Collection, take_step
from billing.core.dunning import Action
from events.payments import DunningStepDueV1
from payments.collecting import go_on, instalment_due, send_attempt
from payments.items import default_method, stored_collection, write_collection


def collection_due(changes: Changes, invoice: str) -> None:
    """Do what is due first on a collection: ask for an instalment, or take a step."""
    stored, _ = stored_collection(changes.table, changes.context.tenant, invoice)
    instalment, step_due_at = stored.called_next, stored.step_due_at
    if instalment and (step_due_at is None or instalment.due_at <= step_due_at):
        instalment_due(changes, invoice)
    else:
        step_due(changes, invoice)


def step_due(changes: Changes, invoice: str) -> None:
    """Take the next step of the schedule, if it is due still."""
    tenant = changes.context.tenant
    stored, seen = stored_collection(changes.table, tenant, invoice)
    if stored.step_due_at is None or stored.step_due_at > changes.context.now:
        return
    collection, action = take_step(stored)
    if action is Action.RETRY:
        method = default_method(changes.table, tenant, collection.customer)
        collection = send_attempt(changes, collection, method) if method else collection
    elif action:
        _say(changes, stored, action, seen)
    write_collection(changes, go_on(changes, collection, seen), seen=seen)


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

"""Subscriptions: how one is started, kept, told of; what comes of it in `life` and `plan_changes`."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from billing.aws.changes import Changes
from billing.aws.due import send_due
from billing.aws.items import Item
from billing.aws.table import Table, found
from billing.core import ending
from billing.core.agreed import TakenAddOn
from billing.core.ids import derived_id
from billing.core.invoicing import Invoice, draft_of
from billing.core.pausing import comes_at
from billing.core.quantities import decimal_text
from billing.core.scheduled import NewTerms, PaidChange, PendingChange, Resume, ScheduledChange, first_of
from billing.core.states import Status
from billing.core.subscription import Subscription
from events.base import Event
from events.sales import (
    AddOnPart,
    ScheduledPart,
    SubscriptionChangedV1,
    SubscriptionPart,
    SubscriptionRenewedV1,
    SubscriptionScheduleChangedV1,
    SubscriptionScheduledV1,
    SubscriptionStartedV1,
)
from sales import coupons, experiments, overrides, promotions, subscribers
from sales.agreements import plan_of
from sales.documents import store_invoice
from sales.finalization import request_finalization
from sales.late_usage import Late, late_usage, make_final
from sales.moments import tax_rates
from sales.orders import Order, opening_of
from sales.store import customer_key, customer_subscription_key, legal_entity, moment_key, subscription_key
from sales.usage_totals import CustomerUsage


def start(changes: Changes, customer: str, order: Order, *, key: str) -> Subscription:
    """Subscribe a customer to the plan on sale; what is billed ahead is billed at once."""
    table, tenant, now = changes.table, changes.context.tenant, changes.context.now
    profile = found(table, customer_key(tenant, customer), "customer")
    id_ = derived_id("sub", tenant, key)
    opening = opening_of(table, tenant, order, customer, id_, zone=profile["zone"], now=now)
    new, lost = opening.subscription, changes.attempt.lost
    taken = promotions.taken(table, tenant, opening, order.coupon, now=now, without=lost)
    if taken is not None:
        promotions.count(changes, taken)
        new = taken.subscription
    store_quietly(changes, None, new, seen=None)
    experiments.index(changes, new)
    said = SubscriptionScheduledV1 if new.status is Status.SCHEDULED else SubscriptionStartedV1
    changes.emit(said(state=state_of(new)), subject=f"subscription/{new.id}", sequence=1)
    if new.paid_from is not None:
        invoice = replace(opening, subscription=new).invoice()
        mark_billed(changes, new.id, new.started_at, invoice)
        if invoice is not None:
            store_draft(changes, invoice)
    go_on(changes, new, version=1)
    return new


def go_on(changes: Changes, after: Subscription, *, version: int) -> None:
    """What is due already, at the same instant or because the start was dated back, is done at once."""
    until = max(changes.context.now, after.recorded_at or changes.context.now)
    if after.due_at is not None and after.due_at <= until:
        key = subscription_key(changes.context.tenant, after.id)
        send_due(changes, "work", key["pk"], key["sk"], at=after.due_at, about=str(version))


def redeem(changes: Changes, subscription: str, coupon: str) -> Subscription:
    """Let a coupon act on a subscription from its next period on."""
    stored, seen = stored_subscription(changes.table, changes.context.tenant, subscription)
    after = coupons.redeemed(changes, stored, coupon)
    return store_changed(changes, stored, after, seen, SubscriptionChangedV1)


def override_later(changes: Changes, subscription: str, wanted: overrides.Overrides) -> Subscription:
    """Go on under these overrides instead of its own from the next period on."""
    table, tenant = changes.table, changes.context.tenant
    stored, seen = stored_subscription(table, tenant, subscription)
    return store_scheduled(changes, stored, overrides.planned(table, tenant, stored, wanted), seen)


def uncancel(changes: Changes, subscription: str) -> Subscription:
    """Take a cancellation back."""
    stored, seen = stored_subscription(changes.table, changes.context.tenant, subscription)
    return store_changed(changes, stored, ending.uncancel(stored), seen, SubscriptionRenewedV1)


def usage_final(changes: Changes, subscription: str, sk: str) -> None:
    """Bill what came for the last periods of a subscription behind its end, as an invoice of its own.

    Behind a pause too, while it lasts; of one that goes on again the next invoice corrects them. What was
    billed in a currency that it has left is corrected in that.
    """
    table, context = changes.table, changes.context
    stored, _ = stored_subscription(table, context.tenant, subscription)
    item = found(table, {"pk": subscription_key(context.tenant, subscription)["pk"], "sk": sk}, "rated usage")
    billed = replace(stored, currency=item.get("currency", stored.currency))
    since = stored.ended_at or stored.paused_at
    if billed.currency != stored.currency:
        since = datetime.fromisoformat(item["at"])
    used = CustomerUsage(table, context.tenant, stored.customer, keep=True)
    late = late_usage(table, context.tenant, billed, used, since) if since else Late()
    make_final(changes, late, sk, subscription)
    if any(line.amount for line in late.lines):
        plan = plan_of(table, context.tenant, stored)
        issuer = legal_entity(table, context.tenant, stored.legal_entity)
        id_ = derived_id("inv", subscription, "final usage", sk)
        invoice = draft_of(billed, late.lines, plan, tax_rates(issuer), context.now, id_)
        if invoice is not None:
            store_draft(changes, invoice)


def stored_subscription(table: Table, tenant: str, subscription: str) -> tuple[Subscription, int]:
    """A subscription and its stored version."""
    item = found(table, subscription_key(tenant, subscription), "subscription")
    return Subscription.from_data(item["data"]), item["version"]


def state_of(subscription: Subscription) -> SubscriptionPart:
    """A subscription as its events carry it."""
    waits, resumes = subscription.pending, first_of(subscription.scheduled, Resume)
    return SubscriptionPart(
        subscription=subscription.id,
        customer=subscription.customer,
        plan=subscription.plan,
        plan_version=subscription.plan_version,
        status=subscription.status.value,
        currency=subscription.currency,
        legal_entity=subscription.legal_entity,
        period_start=subscription.period.start,
        period_end=subscription.period.end,
        ends_at=subscription.ends_at,
        seats=decimal_text(subscription.seats),
        pending_plan=waits.plan if waits else None,
        pending_currency=_other(subscription.currency, waits),
        trial_ends_at=subscription.trial_end if subscription.in_trial else None,
        resumes_at=resumes.at if resumes else None,
        add_ons=_parts(subscription.agreement.add_ons),
        bundle=subscription.agreement.bundle,
        cohort=subscription.agreement.cohort,
        instalments=subscription.instalments.key if subscription.instalments else None,
    )


def scheduled_parts(subscription: Subscription) -> list[ScheduledPart]:
    """What is scheduled for a subscription, as its events carry it."""
    return [_scheduled_part(each, comes_at(subscription, each.at)) for each in subscription.scheduled]


def _scheduled_part(change: ScheduledChange, at: datetime) -> ScheduledPart:
    what = change.what.terms if isinstance(change.what, PaidChange) else change.what
    terms = what if isinstance(what, NewTerms) else NewTerms()
    seats = decimal_text(terms.seats) if terms.seats is not None else None
    kind = change.what.KIND or ""
    return ScheduledPart(
        change=change.id,
        what=kind,
        at=at,
        plan=terms.plan,
        seats=seats,
        add_ons=_parts(terms.add_ons or ()),
        currency=terms.currency,
    )


def _other(currency: str, waits: PendingChange | None) -> str | None:
    """The currency that waits, where that is another one."""
    return waits.currency if waits and waits.currency != currency else None


def _parts(add_ons: Iterable[TakenAddOn]) -> list[AddOnPart]:
    return [AddOnPart(add_on=e.key, add_on_version=e.version, quantity=e.quantity) for e in add_ons]


def store_draft(changes: Changes, invoice: Invoice, *, at: datetime | None = None) -> None:
    """Keep a draft and ask for its number; it is issued at an instant where that is later than now."""
    store_invoice(changes, invoice, seen=None)
    request_finalization(changes, invoice, at=at)


def mark_billed(
    changes: Changes, subscription: str, at: datetime, invoice: Invoice | None, left: Invoice | None = None
) -> None:
    """Mark a billing moment: it is billed once, and maybe once more in a currency that is `left`."""
    mark: Item = {
        **moment_key(changes.context.tenant, subscription, at),
        "invoice": invoice.id if invoice else None,
        **({"left": left.id} if left else {}),
    }
    changes.put(mark, seen=None, label="billing moment")


def store_changed(
    changes: Changes, before: Subscription, subscription: Subscription, seen: int, event: type[Event]
) -> Subscription:
    """Keep a subscription as it is now and say so."""
    store_quietly(changes, before, subscription, seen=seen)
    said = event.model_validate({"state": state_of(subscription).model_dump()})
    changes.emit(said, subject=f"subscription/{subscription.id}", sequence=seen + 1)
    return subscription


def store_scheduled(changes: Changes, before: Subscription, after: Subscription, seen: int) -> Subscription:
    """Keep what is scheduled now, and say so."""
    store_quietly(changes, before, after, seen=seen)
    said = SubscriptionScheduleChangedV1(state=state_of(after), scheduled=scheduled_parts(after))
    changes.emit(said, subject=f"subscription/{after.id}", sequence=seen + 1)
    return after


def store_quietly(
    changes: Changes, before: Subscription | None, subscription: Subscription, *, seen: int | None
) -> None:
    """Keep a subscription as it is now, wherever it is listed."""
    tenant = changes.context.tenant
    item = {**subscription_key(tenant, subscription.id), "data": subscription.to_data()}
    changes.put_due(item, seen=seen, due_at=subscription.due_at, label="subscription")
    listed: Item = {
        **customer_subscription_key(tenant, subscription.customer, subscription.id),
        "plan": subscription.plan,
        "plan_version": subscription.plan_version,
        "status": subscription.status.value,
        "add_ons": [each.to_data() for each in subscription.agreement.add_ons],
        "currency": subscription.currency,
        "pending_currency": _other(subscription.currency, subscription.pending),
        "legal_entity": subscription.legal_entity,
        "own_invoice": subscription.own_invoice,
        "due_at": subscription.due_at.isoformat() if subscription.due_at else None,
        "period_start": subscription.period.start.isoformat(),
        "period_end": subscription.period.end.isoformat(),
    }
    changes.keep(listed)  # the version of the subscription itself guards both
    subscribers.index(changes, before, subscription)

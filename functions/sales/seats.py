"""Seats given to people: never more than the subscription has, nor than it will have.

Only the seller's own id of a person is kept. While fewer seats are scheduled, the lower number is the cap:
a seat that will be gone is not given out.
"""

from __future__ import annotations

from fractions import Fraction

from billing.aws.changes import Changes
from billing.aws.items import Item
from billing.aws.table import Table, found
from billing.core.errors import RuleError
from billing.core.scheduled import NewTerms, PaidChange
from billing.core.states import Status
from billing.core.subscription import Subscription
from events.sales import SeatAssignedV1, SeatRevokedV1
from sales.store import seat_key, seats_key, subscription_key
from sales.subscriptions import stored_subscription

PREFIX = "SEAT#"


def assign(changes: Changes, subscription: str, person: str) -> Item:
    """Give a person a seat; who has one keeps it.

    The subscription must be as it was read and the count too: of two who want the last seat one is refused.
    """
    table, tenant = changes.table, changes.context.tenant
    stored, seen = stored_subscription(table, tenant, subscription)
    key = seat_key(tenant, subscription, person)
    known = table.get(**key)
    if known is not None:
        return known
    count, version = _count(table, tenant, subscription)
    if stored.status is Status.ENDED:
        raise RuleError("subscription_ended", "an ended subscription has no seats")
    if count >= lowest(stored):
        message = f"{count} seats are assigned, all there are; revoke one or add seats"
        raise RuleError("no_seat_free", message, "person")
    item: Item = {**key, "person": person, "since": changes.context.now.isoformat()}
    changes.put(item, seen=None, label="seat")
    changes.check(**subscription_key(tenant, subscription), seen=seen, label="subscription")
    _keep_count(changes, subscription, count + 1, version)
    event = SeatAssignedV1(customer=stored.customer, subscription=subscription, person=person)
    changes.emit(event, subject=f"seats/{subscription}", sequence=(version or 0) + 1)
    return item


def revoke(changes: Changes, subscription: str, person: str) -> Item:
    """Take a person's seat; somebody else can have it at once."""
    table, tenant = changes.table, changes.context.tenant
    stored, _ = stored_subscription(table, tenant, subscription)
    item = found(table, seat_key(tenant, subscription, person), "seat")
    count, version = _count(table, tenant, subscription)
    changes.delete(item["pk"], item["sk"], seen=item["version"], label="seat")
    _keep_count(changes, subscription, count - 1, version)
    event = SeatRevokedV1(customer=stored.customer, subscription=subscription, person=person)
    changes.emit(event, subject=f"seats/{subscription}", sequence=(version or 0) + 1)
    return item


def assigned(table: Table, tenant: str, subscription: str) -> list[Item]:
    """Who has a seat, in the order of their ids."""
    stored_subscription(table, tenant, subscription)
    return list(table.query(subscription_key(tenant, subscription)["pk"], PREFIX))


def require_free(changes: Changes, stored: Subscription, seats: Fraction) -> None:
    """Refuse fewer seats than are assigned; nobody is assigned one while the change is written."""
    if seats >= stored.seats:
        return
    count, version = _count(changes.table, changes.context.tenant, stored.id)
    if count > seats:
        raise RuleError("seats_assigned", f"{count} seats are assigned; revoke some first", "seats")
    if version is not None:
        changes.check(**seats_key(changes.context.tenant, stored.id), seen=version, label="seats")


def lowest(stored: Subscription) -> Fraction:
    """The fewest seats it has from now on, as far as is scheduled."""
    waiting = [e.what.terms if isinstance(e.what, PaidChange) else e.what for e in stored.scheduled]
    scheduled = [terms.seats for terms in waiting if isinstance(terms, NewTerms)]
    return min([stored.seats, *(seats for seats in scheduled if seats is not None)])


def _count(table: Table, tenant: str, subscription: str) -> tuple[int, int | None]:
    stored = table.get(**seats_key(tenant, subscription)) or {}
    return int(stored.get("count", 0)), stored.get("version")


def _keep_count(changes: Changes, subscription: str, count: int, seen: int | None) -> None:
    item: Item = {**seats_key(changes.context.tenant, subscription), "count": count}
    changes.put(item, seen=seen, label="seats")

"""Routes of seats: who has one."""

from __future__ import annotations

import re

from billing.aws.bodies import View
from billing.aws.http import Api
from billing.aws.items import Item
from billing.aws.table import own_table
from billing.core.errors import RuleError
from sales import seats

_PERSON = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.:-]{0,119}", re.ASCII)


class SeatView(View):
    """A seat and the person who has it, by the seller's own id."""

    person: str
    since: str

    @classmethod
    def of(cls, item: Item) -> SeatView:
        """A seat as an answer."""
        return cls(person=item["person"], since=item["since"])


def register(api: Api) -> None:
    """Add the routes."""

    @api.put("/sales/subscriptions/<subscription>/seats/<person>", scope="sales:write")
    def assign_seat(subscription: str, person: str) -> SeatView:  # pyright: ignore[reportUnusedFunction]
        """Give a person a seat; who has one keeps it."""
        if not _PERSON.fullmatch(person):
            message = "an id of letters, digits and _ . : - ; no name or address"
            raise RuleError("invalid_person", message, "person")
        return SeatView.of(seats.assign(api.changes(), subscription, person))

    @api.delete("/sales/subscriptions/<subscription>/seats/<person>", scope="sales:write")
    def revoke_seat(subscription: str, person: str) -> SeatView:  # pyright: ignore[reportUnusedFunction]
        """Take a person's seat."""
        return SeatView.of(seats.revoke(api.changes(), subscription, person))

    @api.get("/sales/subscriptions/<subscription>/seats", scope="sales:read")
    def list_seats(subscription: str) -> list[SeatView]:  # pyright: ignore[reportUnusedFunction]
        """Who has a seat."""
        return [SeatView.of(each) for each in seats.assigned(own_table(), api.identity.tenant, subscription)]

"""Teaches what an operation works with: one account's objects, inside one transaction."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from local.stripe import notifications
from local.stripe.errors import InvalidRequestError, Object, missing
from local.stripe.shapes import blank, listing
from local.stripe.store import Store

API_VERSION = "2026-10-28.endive"
PAGE, LARGEST_PAGE, DEEPEST_EXPAND = 10, 100, 4
Included = dict[tuple[str, str], Callable[..., Object]]
BOUNDS: dict[str, Callable[[int, int], bool]] = {
    "gt": lambda value, bound: value > bound,
    "gte": lambda value, bound: value >= bound,
    "lt": lambda value, bound: value < bound,
    "lte": lambda value, bound: value <= bound,
}


class Account:
    """What one API key sees and changes; every key is an account of its own."""

    def __init__(
        self, store: Store, id_: str, *, request_id: str | None = None, idempotency_key: str | None = None
    ) -> None:
        self.store, self.id, self.now = store, id_, store.now()
        self._request = {"id": request_id, "idempotency_key": idempotency_key}

    def new(self, kind: str, **known: Any) -> Object:
        """A blank object with an id, not yet kept."""
        return blank(kind, id=self.store.new_id(kind), created=self.now, **known)

    def get(self, kind: str, id_: str, *, param: str | None = None) -> Object:
        """An object of this account; named by a parameter, the request is wrong, not the address."""
        found = self.store.find(id_)
        known = found is not None and found[0] == self.id and found[2]["object"] == kind
        if found is None or not known or (param and found[2].get("deleted")):
            raise missing(kind, id_, param=param or "id", status=400 if param else 404)
        return found[2]

    def save(self, thing: Object) -> Object:
        """Keep an object as it is now."""
        self.store.put(self.id, thing)
        return thing

    def emit(self, type_: str, thing: Object, previous: Object | None = None) -> None:
        """Tell the account's endpoints what happened, with the object as it is at this moment."""
        data: Object = {"object": thing} | ({"previous_attributes": previous} if previous else {})
        event = self.new("event", type=type_, data=data, api_version=API_VERSION, request=self._request)
        event["pending_webhooks"] = notifications.announce(self.store, self.id, event)
        self.save(event)

    def change(self, thing: Object, type_: str, **fields: Any) -> Object:
        """Save new values of some fields and tell what they were."""
        previous = {name: thing[name] for name, value in fields.items() if thing[name] != value}
        changed = self.save(thing | fields)
        if previous:
            self.emit(type_, changed, previous)
        return changed

    def all(self, kind: str, where: Callable[[Object], bool]) -> list[Object]:
        """Every object of a kind that fits, newest first."""
        return [thing for thing in self.store.scan(self.id, kind) if where(thing)]

    def page(
        self, kind: str, params: Object, url: str, where: Callable[[Object], bool] = lambda _: True
    ) -> Object:
        """One page of a list, newest first, with `created` and the cursors as Stripe has them."""
        limit = params.get("limit", PAGE)
        if not 1 <= limit <= LARGEST_PAGE:
            message = f"Invalid limit: must be between 1 and {LARGEST_PAGE}."
            raise InvalidRequestError(message, code="parameter_invalid_integer", param="limit")
        before = self._place(kind, params, "starting_after")
        after = self._place(kind, params, "ending_before")
        found: list[Object] = []
        for thing in self.store.scan(self.id, kind, before=before, after=after):
            if not thing.get("deleted") and _created_fits(thing, params.get("created")) and where(thing):
                found.append(thing)
                if len(found) > limit:
                    break
        shown = found[:limit] if after is None else found[:limit][::-1]
        return listing(url, shown, more=len(found) > limit)

    def _place(self, kind: str, params: Object, name: str) -> int | None:
        if name not in params:
            return None
        self.get(kind, params[name], param=name)
        found = self.store.find(params[name])
        return found[1] if found else None

    def expand(self, answer: Object, paths: list[str], included: Included) -> Object:
        """The answer with the ids at these paths replaced by what they stand for, and lists put in."""
        for path in paths:
            parts = path.split(".")
            if len(parts) > DEEPEST_EXPAND:
                message = f"You cannot expand more than {DEEPEST_EXPAND} levels of a property: {path}."
                raise InvalidRequestError(message, param="expand")
            answer = self._expanded(answer, parts, path, included)
        return answer

    def _expanded(self, value: Any, parts: list[str], path: str, included: Included) -> Any:
        if isinstance(value, list):
            return [self._expanded(item, parts, path, included) for item in value]
        if isinstance(value, str) and (found := self.store.find(value)) and found[0] == self.id:
            value = found[2]
        if not parts or value is None:
            return value
        name, *rest = parts
        if isinstance(value, dict) and (listed := included.get((str(value.get("object")), name))):
            value |= {name: listed(self, {}, value["id"])}
        if not isinstance(value, dict) or name not in value or not _expandable(value[name]):
            message = f"This property cannot be expanded ({path})."
            raise InvalidRequestError(message, param="expand")
        return value | {name: self._expanded(value[name], rest, path, included)}


def _expandable(value: Any) -> bool:
    return value is None or isinstance(value, dict | list) or (isinstance(value, str) and "_" in value)


def _created_fits(thing: Object, wanted: Any) -> bool:
    if wanted is None:
        return True
    if isinstance(wanted, int):
        return thing["created"] == wanted
    return all(BOUNDS[name](thing["created"], bound) for name, bound in wanted.items())

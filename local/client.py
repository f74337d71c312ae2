"""Teaches how a program talks to the deployed API: a typed client of the calls a story needs.

The gateway of the local cloud tells APIs apart by the `Host` header, whatever address was dialled.
"""

from __future__ import annotations

import http.client
import json
import time
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

Json = dict[str, Any]
PATIENCE = 60.0  # seconds a call may take, and a clock may take to settle


class ProblemError(Exception):
    """The API refused a request; branch on `code`."""

    def __init__(self, status: int, body: Json) -> None:
        self.status = status
        self.code: str = body.get("code", "")
        self.fields: list[str] = [error["field"] for error in body.get("errors", [])]
        self.detail: str = body.get("detail") or body.get("message", "")
        super().__init__(f"{status} {self.code}: {self.detail}")


@dataclass(frozen=True)
class Client:
    """One credential at one deployed API; without a token only what is open to all."""

    address: str
    api: str
    token: str | None = None

    def ask(self, path: str, **query: str) -> Any:
        """Read something."""
        return self._json("GET", f"{path}?{urlencode(query)}" if query else path, None)

    def text(self, path: str) -> str:
        """Read something that is no JSON, such as a page."""
        return self._send("GET", path, None, {})[1].decode()

    def send(
        self, path: str, body: Json | None = None, *, method: str = "POST", key: str | None = None
    ) -> Any:
        """Write something. Every call is a new one, unless it has the `key` of an earlier one."""
        return self._json(method, path, body or {}, {"Idempotency-Key": key or str(uuid.uuid4())})

    # --- the calls a story makes, by their names ---

    def publish(self, catalogue: Json) -> Json:
        """Publish a catalogue."""
        return self.send("/sales/catalogue", {"catalogue": catalogue})

    def create_customer(self, name: str, email: str, external_id: str, **more: str) -> Json:
        """Create a customer."""
        return self.send(
            "/sales/customers", {"name": name, "email": email, "external_id": external_id, **more}
        )

    def subscribe(self, customer: str, plan: str, currency: str, coupon: str | None = None) -> Json:
        """Subscribe a customer to a plan, with a coupon if there is one."""
        body = {"customer": customer, "plan": plan, "currency": currency}
        if coupon:
            body["coupon"] = coupon
        return self.send("/sales/subscriptions", body)

    def report(self, events: Sequence[Json]) -> list[Json]:
        """Report up to 100 usage events; a receipt for each."""
        return self.send("/sales/usage", {"events": list(events)})["receipts"]

    def may_use(self, customer: str, feature: str, quantity: int = 1) -> Json:
        """Whether a customer may use so much of a feature."""
        body = {"customer": customer, "feature": feature, "quantity": str(quantity)}
        return self.send("/access/check", body)

    def upcoming(self, subscription: str) -> Json:
        """The next invoice as it would be now."""
        return self.ask(f"/sales/subscriptions/{quote(subscription)}/upcoming")

    def invoices(self, customer: str) -> list[Json]:
        """A customer's numbered invoices, oldest first."""
        return self.listed(f"/sales/customers/{quote(customer)}/invoices", "invoices")[::-1]

    def credit_notes(self, invoice: str) -> list[Json]:
        """The credit notes of an invoice."""
        return self.listed(f"/sales/invoices/{quote(invoice)}/credit-notes", "credit_notes")

    def unmatched(self, day: str) -> list[Json]:
        """Usage events of a day that counted for nobody."""
        return self.listed(f"/sales/usage/unmatched/{day}", "events")

    def listed(self, path: str, name: str) -> list[Json]:
        """Every row of a list, page by page."""
        found: list[Json] = []
        cursor: dict[str, str] = {}
        while True:
            page = self.ask(path, **cursor)
            found += page[name]
            if not page["next"]:
                return found
            cursor = {"cursor": page["next"]}

    def methods(self, customer: str) -> list[Json]:
        """A customer's saved payment methods."""
        return self.listed(f"/payments/customers/{quote(customer)}/methods", "methods")

    def access(self, customer: str) -> list[Json]:
        """Every feature a customer was granted, with what remains."""
        return self.ask(f"/access/customers/{quote(customer)}")

    def clock(self) -> Json:
        """Where the tenant's test clock stands, what is open, what is due next."""
        return self.ask("/foundation/clock")

    def advance(self, to: datetime, *, patience: float = PATIENCE) -> Json:
        """Advance the test clock and return once it stands there, everything on the way being done.

        The clock counts what has settled; here is only looked. TimeoutError names what is open.
        """
        self.send("/foundation/clock/advance", {"to": to.isoformat()})
        deadline = time.monotonic() + patience
        while True:
            clock = self.clock()
            if clock["status"] == "idle":
                return clock
            if clock["status"] == "failed":
                raise ClockFailedError(clock["failure"])
            if time.monotonic() > deadline:
                waiting = ", ".join(clock["open"][:5]) or "nothing is open"
                raise TimeoutError(
                    f"the clock stands at {clock['now']} after {patience:.0f} s; open: {waiting}"
                )
            time.sleep(0.1)

    def settle(self, *, patience: float = PATIENCE) -> Json:
        """Let everything begun so far come to its end: advance the clock to where it stands."""
        return self.advance(datetime.fromisoformat(self.clock()["now"]), patience=patience)

    def _json(self, method: str, path: str, body: Json | None, headers: dict[str, str] | None = None) -> Any:
        status, answer = self._send(method, path, body, headers or {})
        try:
            found = json.loads(answer)
        except ValueError:
            raise ProblemError(status, {"detail": answer[:200].decode(errors="replace")}) from None
        if status >= HTTPStatus.BAD_REQUEST:
            raise ProblemError(status, found)
        return found

    def _send(self, method: str, path: str, body: Json | None, headers: dict[str, str]) -> tuple[int, bytes]:
        """One request, at most once: whether to repeat it is for the caller, who knows the key."""
        place = urlsplit(self.address)
        sent = {
            "Host": f"{self.api}.execute-api.localhost:{place.port}",
            "Accept": "application/json",
            **headers,
        }
        if self.token:
            sent["Authorization"] = f"Bearer {self.token}"
        if body is not None:
            sent["Content-Type"] = "application/json"
        connection = http.client.HTTPConnection(place.hostname or "", place.port, timeout=PATIENCE)
        try:
            connection.request(method, path, json.dumps(body) if body is not None else None, sent)
            reply = connection.getresponse()
            return reply.status, reply.read()
        finally:
            connection.close()


class ClockFailedError(Exception):
    """The clock could not advance; the text names the message that failed."""

"""Days in the life of subscriptions, to be played while somebody dies at every call."""

from __future__ import annotations

import json
from datetime import UTC, datetime

from tests.integration.sales.conftest import Sales
from tests.integration.sales.test_a_month_of_sales import an_event
from tests.integration.sales.test_currency_change import in_two_currencies
from tests.integration.sales.test_subscription_life import offer


class LifeStory:
    """A trial told of and paid, a start dated back, a pause, a seat, one invoice for two, a paid change."""

    def play(self, wire):
        sales = Sales(wire)
        sales.open_tenant()
        catalogue = offer()
        catalogue["plans"][2].pop("trial")
        daily = json.loads(json.dumps(catalogue).replace('"month"', '"day"'))
        sales.ask("POST", "/sales/catalogue", {"catalogue": daily})
        ada = {"name": "Ada Byron", "email": "ada@example.com", "external_id": "ada", "consolidate": True}
        sales.ask("POST", "/sales/customers", ada)
        sales.settle()
        first = self.order(sales, trial_ends_at="2023-11-02T00:00:00Z")
        sales.now = datetime(2023, 11, 1, 1, tzinfo=UTC)  # what is audited is told apart by its instant
        second = self.order(sales, trial=False, start_at="2023-10-30T00:00:00Z")
        self.do(sales, f"{second}/seats/u_1", method="PUT")
        sales.advance(datetime(2023, 11, 2, tzinfo=UTC))
        sales.advance(datetime(2023, 11, 3, tzinfo=UTC))
        sales.now = datetime(2023, 11, 3, 12, tzinfo=UTC)
        self.do(sales, f"{first}/pause", {"when": "now", "resume_at": "2023-11-04T00:00:00Z"})
        self.do(sales, f"{second}/change", {"plan": "pro", "when": "now", "only_if_paid": True})
        waits = [e["invoice"] for e in sales.said("InvoiceFinalized.v1") if e["invoice"]["due_minor"] > 0][-1]
        sales.pay(waits["invoice"], waits["due_minor"])
        sales.advance(datetime(2023, 11, 4, tzinfo=UTC))
        sales.tick()
        _, books = sales.ask("GET", "/sales/books")
        assert books["sound"]
        states = [sales.ask("GET", path)[1] for path in (first, second)]
        assert [(state["plan"], state["status"]) for state in states] == [
            ("team", "active"),
            ("pro", "active"),
        ]
        return sales, {"books": books, "states": states}

    def order(self, sales, **more):
        body = {"customer": "ada", "plan": "team", "currency": "USD", **more}
        _, answer = sales.ask("POST", "/sales/subscriptions", body)
        sales.settle()
        return f"/sales/subscriptions/{answer['subscription']}"

    def do(self, sales, path, body=None, method="POST"):
        sales.ask(method, path, body)
        sales.settle()


class CurrencyStory(LifeStory):
    """A day in dollars with usage, one in francs on the customer's invoice, an end; usage that comes late."""

    def play(self, wire):
        sales = Sales(wire)
        sales.open_tenant()
        monthly = json.dumps(in_two_currencies())
        daily = json.loads(monthly.replace('"month"', '"day"').replace('"year"', '"week"'))
        sales.ask("POST", "/sales/catalogue", {"catalogue": daily})
        ada = {"name": "Ada Byron", "email": "ada@example.com", "external_id": "ada", "consolidate": True}
        sales.ask("POST", "/sales/customers", ada)
        sales.settle()
        path = self.order(sales)
        sales.now = datetime(2023, 11, 1, 12, tzinfo=UTC)
        self.use(sales, "in time", 4_000_000)
        self.do(sales, f"{path}/change", {"currency": "CHF"})
        sales.advance(datetime(2023, 11, 2, tzinfo=UTC))
        sales.now = datetime(2023, 11, 2, 12, tzinfo=UTC)
        self.use(sales, "late", 1_000_000)
        self.do(sales, f"{path}/cancel")
        sales.advance(datetime(2023, 11, 3, tzinfo=UTC))
        sales.advance(datetime(2023, 12, 9, tzinfo=UTC))
        sales.tick()
        _, books = sales.ask("GET", "/sales/books")
        assert books["sound"]
        made = [event["invoice"]["currency"] for event in sales.said("InvoiceFinalized.v1")]
        assert sorted(made) == ["CHF", "CHF", "USD", "USD", "USD"]
        return sales, {"books": books, "state": sales.ask("GET", path)[1]}

    def use(self, sales, name, tokens):
        event = an_event(name, context=tokens, time="2023-11-01T10:00:00Z")
        sales.ask("POST", "/sales/usage", {"events": [event]})
        sales.settle()

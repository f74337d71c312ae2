"""Any history: what is previewed is what is billed, nothing is billed twice, the books stay sound."""

from datetime import datetime, timedelta

import requests
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.integration.sales.conftest import Sales
from tests.integration.sales.test_a_month_of_sales import an_event, invoices
from tests.unit.core.test_add_ons import flat, with_add_ons

MONTH, YEAR = {"unit": "month"}, {"unit": "year"}
FORGET = "http://motoapi.amazonaws.com/moto-api/reset"  # the in-process AWS, between two histories
HOPS = 4  # until something is billed: a reminder, the end of a pause, a change come first
REFUSED = {404, 409, 422}


def catalogue():
    """Plans tried, ramped, by the seat, by the year, and restarted by an upgrade; add-ons and coupons."""
    data = with_add_ons()
    free, team = data["plans"]
    seats = {"key": "seat", "name": "Seat", "source": "seats", "cadence": MONTH}
    team["prices"].append({**seats, "charges": {"USD": {"kind": "per_unit", "unit_amount": "7.00"}}})
    team["prices"].append({"key": "care", "name": "Care", "cadence": YEAR, "charges": flat("120.00")})
    team["trial"] = {"length": {"unit": "day", "count": 14}}
    base = {**team["prices"][0], "charges": flat("149.00")}
    dear = {**team, "key": "pro", "name": "Pro", "rank": 20, "prices": [base, *team["prices"][1:3]]}
    dear["phases"] = [
        {"key": "ramp", "periods": 2, "overrides": [{"price": "base", "discount_percent": "30"}]}
    ]
    yearly = {**dear, "key": "annual", "name": "Annual", "rank": 30}
    yearly["prices"] = [{"key": "base", "name": "Annual", "cadence": YEAR, "charges": flat("1490.00")}]
    yearly["change"] = {"upgrade": "restart"}
    for plan in (dear, yearly):
        plan.pop("trial")
    yearly.pop("phases")
    data["plans"] = [free, team, dear, yearly]
    for add_on in data["add_ons"]:
        add_on["plans"] = ["team", "pro"]
    for prices in (
        each["prices"] for kind in ("plans", "add_ons") for each in data[kind] if "prices" in each
    ):
        for price in prices:
            price["charges"] = {"CHF": price["charges"]["USD"], **price["charges"]}
    data["coupons"] = [
        {"key": "fifth", "name": "Fifth", "percent": "20", "periods": 2},
        {"key": "ten", "name": "Ten", "fixed": {"USD": "10.00"}},
    ]
    thirds = {"key": "thirds", "name": "Three parts", "count": 3, "cadence": MONTH}
    data["instalment_schemes"] = [{**thirds, "minimum": {"USD": "60"}}]
    return data


class Story:
    """One subscription of one customer, and everything that anybody asks of it."""

    def __init__(self, order):
        self.sales = Sales()
        self.sales.open_tenant()
        self.done("POST", "/sales/catalogue", {"catalogue": catalogue()})
        customer = {"name": "Ada Byron", "email": "ada@example.com", "external_id": "ada"}
        self.done("POST", "/sales/customers", customer)
        wish = {"currency": "USD", **order}
        quoted = self.done("POST", "/sales/subscriptions/preview", {**wish, "customer": "ada"})
        made = self.done("POST", "/sales/subscriptions", {**wish, "customer": "ada"})
        self.path = f"/sales/subscriptions/{made['subscription']}"
        billed = invoices(self.sales)
        assert lines(billed[0] if billed else None) == lines(quoted["invoice"])
        self.used = 0

    def done(self, method, path, body=None):
        """What must be possible."""
        status, answer = self.sales.ask(method, path, body)
        assert status in {200, 201}, answer
        self.sales.settle()
        return answer

    def tried(self, path, body, method="POST"):
        """What may be refused, in words."""
        status, answer = self.sales.ask(method, f"{self.path}{path}", body)
        assert status in {200, 201, 204} | REFUSED, answer
        self.sales.settle()
        return answer if status < 300 else None

    def stopped(self, path, body):
        """Paused, resumed or cancelled; the end of a period is what `upcoming` shows."""
        if path != "/resume" and body.get("when") != "now":
            self.tried(path, body)
        else:
            self.previewed(path, body, shown={})

    def previewed(self, path, body, *, shown=None):
        """A command and its preview: both are refused, or what is billed is what was shown."""
        self.sales.now += timedelta(hours=1)
        known = len(invoices(self.sales))
        shown = self.tried(f"{path}/preview", body if shown is None else shown)
        made = self.tried(path, body)
        assert (shown is None) == (made is None)
        billed = invoices(self.sales)
        new = billed[: len(billed) - known]
        if made is not None:
            assert same(new, foreseen(shown["invoice"]))

    def use(self, tokens, days):
        """Usage of now, or of some days ago."""
        self.used += 1
        at = (self.sales.now - timedelta(days=days)).isoformat()
        event = an_event(f"u{self.used}", context=tokens, time=at)
        self.done("POST", "/sales/usage", {"events": [event]})

    def credit(self, minor, days):
        """Promotional credit, for some days or without an end."""
        until = {"until": (self.sales.now + timedelta(days=days)).isoformat()} if days else {}
        amount = {"minor": minor, "currency": "USD"}
        self.done("POST", "/sales/customers/ada/credits", {"amount": amount, "reason": "Thanks", **until})

    def goes_on(self):
        """To the next invoice, which was previewed; or until nothing more will be billed."""
        known = len(invoices(self.sales))
        status, upcoming = self.sales.ask("GET", f"{self.path}/upcoming")
        for _ in range(HOPS):
            ahead = self.next()
            if ahead is None:
                return
            self.sales.advance(ahead)
            billed = invoices(self.sales)
            if len(billed) > known:
                assert status == 200
                shown = foreseen(upcoming)
                assert same(billed[: len(billed) - known][-len(shown) :], shown)
                return

    def next(self):
        """When something happens next."""
        state = self.done("GET", self.path)
        found = [each["at"] for each in self.done("GET", f"{self.path}/scheduled")]
        found += [state[name] for name in ("period_end", "trial_ends_at", "resumes_at", "ends_at")]
        instants = [datetime.fromisoformat(each) for each in found if each]
        return min((at for at in instants if at > self.sales.now), default=None)

    def over(self):
        """The books are sound, nothing was lost, no line stands on two invoices."""
        assert self.done("GET", "/sales/books")["sound"]
        assert self.sales.dead == []
        ids = [line["id"] for invoice in invoices(self.sales) for line in invoice["lines"]]
        assert sorted(set(ids)) == sorted(ids)
        self.credit_is_not_money()

    def credit_is_not_money(self):
        """Credit was taken as often as its lines say, less what came back; all together give nobody money."""
        billed = invoices(self.sales)
        told = sum(
            off["amount"]["minor"]
            for invoice in billed
            for line in invoice["lines"]
            for off in line["discounts"]
            if off["credit"]
        )
        found = self.done("GET", "/sales/customers/ada/credits")["credits"]
        assert told <= sum(each["drawn"]["minor"] for each in found)
        assert all(0 <= each["drawn"]["minor"] <= each["amount"]["minor"] for each in found)
        assert sum(invoice["total"]["minor"] for invoice in billed) >= -len(billed)  # a cent of rounding each


def foreseen(shown):
    """The invoices of a preview: none, one, or one in each currency."""
    return [each for each in (shown, shown.get("also")) if each] if shown else []


def same(billed, shown):
    """Whether these invoices say the same, in whichever order they were numbered."""
    told = [lines(each) for each in shown]
    return len(billed) == len(told) and all(lines(each) in told for each in billed)


def lines(invoice):
    """What must be equal of an invoice, its total, and the instalments it is paid in."""
    if invoice is None:
        return None
    said = ("name", "quantity", "amount", "side", "reason", "discounts")
    shown = [[line["id"].partition("/")[2], *(line[name] for name in said)] for line in invoice["lines"]]
    parts = [(part["due_at"], part["amount"]["minor"]) for part in invoice["instalments"]]
    return shown, invoice["total"], parts


PLANS = st.sampled_from(["team", "pro", "annual", "free"])
ADD_ONS = st.lists(
    st.builds(
        lambda key, n: {"add_on": key, "quantity": n},
        st.sampled_from(["storage", "support", "seal", "scans"]),
        st.integers(1, 3),
    ),
    max_size=2,
    unique_by=lambda each: each["add_on"],
)
"""Scans want support and are not had beside a seal: such orders are refused, which is an end too."""
CURRENCIES = st.sampled_from(["CHF", "USD"])
WHEN = st.sampled_from([{}, {"when": "now"}, {"when": "period_end"}])
ORDERS = st.fixed_dictionaries(
    {"plan": PLANS, "trial": st.booleans(), "seats": st.sampled_from(["1", "3"])},
    optional={
        "coupon": st.sampled_from(["fifth", "ten"]),
        "billing_day": st.sampled_from([5, 31]),
        "instalments": st.just("thirds"),
    },
)
COMMANDS = st.one_of(
    st.tuples(st.just("use"), st.sampled_from([700_000, 4_000_000]), st.integers(0, 20)),
    st.tuples(st.just("change"), st.builds(lambda p, w: {"plan": p, **w}, PLANS, WHEN)),
    st.tuples(
        st.just("change"), st.builds(lambda s, w: {"seats": s, **w}, st.sampled_from(["2", "5"]), WHEN)
    ),
    st.tuples(st.just("change"), st.builds(lambda a, w: {"add_ons": a, **w}, ADD_ONS, WHEN)),
    st.tuples(st.just("change"), st.builds(lambda c, w: {"currency": c, **w}, CURRENCIES, WHEN)),
    st.tuples(st.just("pause"), WHEN),
    st.tuples(st.just("resume"), st.just({})),
    st.tuples(st.just("cancel"), WHEN),
    st.tuples(st.just("uncancel"), st.just({})),
    st.tuples(st.just("coupon"), st.sampled_from(["fifth", "ten"])),
    st.tuples(st.just("credit"), st.sampled_from([2_500, 20_000]), st.sampled_from([None, 10, 45])),
    st.tuples(st.just("goes_on")),
    st.tuples(st.just("days"), st.integers(1, 12)),
)


@settings(
    max_examples=12,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
@given(ORDERS, st.lists(COMMANDS, min_size=3, max_size=9))
def test_what_is_previewed_is_billed(order, commands):
    requests.post(FORGET, timeout=5)
    story = Story(order)
    for command, *said in [*commands, ("goes_on",), ("goes_on",)]:
        match command:
            case "use" | "credit" | "goes_on":
                getattr(story, command)(*said)
            case "days":
                story.sales.advance(story.sales.now + timedelta(days=said[0]))
            case "coupon":
                story.tried("/coupons", {"coupon": said[0]})
            case "uncancel":
                story.tried("/uncancel", None)
            case "change":
                story.previewed("/change", *said)
            case _:
                story.stopped(f"/{command}", *said)
    story.over()

"""Teaches how a tenant of the local cloud becomes ready to sell: opened, its provider account, its source."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any
from urllib.parse import urlencode
from urllib.request import Request, urlopen

from local.browser import fill_in
from local.client import Client
from local.cloud.folder import Record
from local.cloud.warming import aws
from payments.stripe_outcomes import HEARD

Json = dict[str, Any]
BUS_BATCH = 10
GOOD_CARD = "4242424242424242"
SELLER: Json = {
    "key": "main",
    "name": "Acme AG",
    "country": "CH",
    "currency": "USD",
    "tax_rates": {"standard": "8.1"},
    "payment_days": 0,
}


@dataclass(frozen=True)
class Sandbox:
    """A tenant under a test clock, and everything around it that a story reaches for."""

    cloud: Record
    tenant: str
    source: str
    client: Client

    @cached_property
    def provider_key(self) -> str:
        """The tenant's key at the payment provider; every key is an account of its own there."""
        return f"sk_test_{self.tenant}"

    def put_on_bus(self, events: Sequence[tuple[str, Json]], *, source: str | None = None) -> int:
        """Put (type, detail) on the ingress bus as a product does, ten at a time; how many were refused."""
        bus, refused = aws(self.cloud, "events"), 0
        for start in range(0, len(events), BUS_BATCH):
            entries = [
                {
                    "EventBusName": self.cloud.outputs["IngressBus"],
                    "Source": source or self.source,
                    "DetailType": type_,
                    "Detail": json.dumps(detail),
                }
                for type_, detail in events[start : start + BUS_BATCH]
            ]
            refused += int(bus.put_events(Entries=entries)["FailedEntryCount"])
        return refused

    def advance(self, to: datetime) -> Json:
        """Advance the tenant's clock, once what was begun before has reached the counter."""
        self.quiet()
        return self.client.advance(to)

    def settle(self) -> Json:
        """Let everything begun so far come to its end."""
        self.quiet()
        return self.client.settle()

    def quiet(self, timeout: float = 60.0) -> Json:
        """Let the emulated cloud finish what is queued, streaming or running; what it said."""
        return read(f"{self.cloud.address}/_local/settled?timeout={timeout}", timeout=timeout + 5)

    def mails(self, to: str) -> list[Json]:
        """Every mail sent to an address, oldest first."""
        sent: list[Json] = read(f"{self.cloud.address}/_local/mail")
        return [mail for mail in sent if to in mail["to"]]

    def events(self) -> list[Json]:
        """Every event of the tenant, in the order they were recorded, from the archive."""
        s3, bucket = aws(self.cloud, "s3"), self.cloud.outputs["ArchiveBucket"]
        pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=f"{self.tenant}/")
        keys = [item["Key"] for page in pages for item in page.get("Contents", [])]
        found = [json.load(s3.get_object(Bucket=bucket, Key=key)["Body"]) for key in keys]
        return sorted(found, key=lambda event: (event["recordedat"], event["id"]))

    def webhooks(self) -> list[Json]:
        """Every notification the provider sent for this tenant, and what became of it, oldest first."""
        ours = {event["id"] for event in self.provider_list("events")}
        sent = read(f"{self.cloud.stripe}/_sim/deliveries")["data"]
        return [delivery for delivery in sent if delivery["event"] in ours]

    def save_card(self, customer: str, number: str = GOOD_CARD) -> str:
        """Let a customer save a card on the provider's hosted page; where that led."""
        body = {"return_url": f"{self.cloud.mailbox}/"}
        begun = self.client.send(f"/payments/customers/{customer}/setup", body)
        where = fill_in(begun["url"], {"card": number, "outcome": "pay"})
        return fill_in(where, {"outcome": "confirm"}) if "/authenticate/" in where else where

    def misfortune(
        self, kind: str, on: str, *, times: int = 1, seconds: float = 1, payer: str | None = None
    ) -> None:
        """Ask the provider for a misfortune of this tenant, or of one who pays; its README lists them."""
        wish = {"kind": kind, "on": on, "times": times, "seconds": seconds, "customer": payer}
        self._lever("POST", "faults", wish)

    def all_well(self) -> list[Json]:
        """Take back every misfortune of this tenant that has not happened; which those were."""
        left: list[Json] = self._lever("GET", "faults")["data"]
        self._lever("DELETE", "faults")
        return left

    def card_becomes(self, customer: str, number: str) -> None:
        """Let the card a customer pays with behave like that of another test number from now on."""
        card = next(method["id"] for method in self.client.methods(customer) if method["default"])
        self._lever("POST", f"cards/{card}", {"number": number})

    def payer(self, customer: str) -> str:
        """The provider's name for a customer of ours."""
        known = self.provider_list("customers")
        return next(payer["id"] for payer in known if payer["metadata"].get("customer") == customer)

    def _lever(self, method: str, path: str, wish: Json | None = None) -> Any:
        """Pull one of the provider's levers, for this tenant's account."""
        body = json.dumps(wish).encode() if wish is not None else None
        headers = {"Authorization": f"Bearer {self.provider_key}", "Content-Type": "application/json"}
        request = Request(f"{self.cloud.stripe}/_sim/{path}", body, headers, method=method)  # noqa: S310
        with urlopen(request, timeout=10) as reply:  # noqa: S310 - a loopback address of ours
            return json.load(reply)

    def provider_list(self, kind: str) -> list[Json]:
        """What the provider itself knows of this tenant, newest first: `charges`, `events` ..."""
        found: list[Json] = []
        query: dict[str, str] = {"limit": "100"}
        while True:
            page = self._provider("GET", f"/v1/{kind}?{urlencode(query)}")
            found += page["data"]
            if not page["has_more"]:
                return found
            query["starting_after"] = found[-1]["id"]

    def _provider(self, method: str, path: str, form: dict[str, str] | None = None) -> Json:
        headers = {"Authorization": f"Bearer {self.provider_key}"}
        body = urlencode(form).encode() if form else None
        request = Request(f"{self.cloud.stripe}{path}", body, headers, method=method)  # noqa: S310
        with urlopen(request, timeout=10) as reply:  # noqa: S310 - a loopback address of ours
            return json.load(reply)

    def connect_provider(self) -> None:
        """Have the provider notify our webhook, and keep key and signing secret where payments reads them."""
        gateway = f"{self.cloud.address}/_aws/execute-api/{self.cloud.outputs['ApiId']}/$default"
        form = {"url": f"{gateway}/payments/webhooks/stripe/{self.tenant}"}
        form |= {f"enabled_events[{n}]": type_ for n, type_ in enumerate(HEARD)}
        endpoint = self._provider("POST", "/v1/webhook_endpoints", form)
        credentials = {"api_key": self.provider_key, "webhook_secrets": [endpoint["secret"]]}
        aws(self.cloud, "ssm").put_parameter(
            Name=f"/billing/local/payments/{self.tenant}/stripe",
            Value=json.dumps(credentials),
            Type="SecureString",
        )


def open_sandbox(cloud: Record, name: str, *, now: datetime, seller: Json | None = None) -> Sandbox:
    """Open a tenant `ten_<name>` whose test clock stands at an instant, ready to sell."""
    opened = invoke(
        cloud,
        cloud.outputs["AdminFunction"],
        {
            "command": "create_tenant",
            "tenant": f"ten_{name}",
            "name": (seller or SELLER)["name"],
            "sandbox": True,
            "clock_now": now.isoformat(),
            "legal_entities": [seller or SELLER],
        },
    )
    client = Client(cloud.address, cloud.outputs["ApiId"], opened["token"])
    sandbox = Sandbox(cloud, opened["tenant"], f"{name}.app", client)
    sandbox.connect_provider()
    client.send("/foundation/sources", {"source": sandbox.source})
    sandbox.settle()
    return sandbox


def invoke(cloud: Record, function: str, event: Json) -> Json:
    """Call a function as the account's own people do; an error of the function is an error here."""
    reply = aws(cloud, "lambda").invoke(FunctionName=function, Payload=json.dumps(event).encode())
    answer: Json = json.loads(reply["Payload"].read())
    if reply.get("FunctionError") or not answer.get("ok", True):
        raise RuntimeError(f"{function}: {answer.get('detail') or answer.get('errorMessage')}")
    return answer


def read(address: str, *, timeout: float = 10.0) -> Any:
    """JSON from an address of this machine."""
    with urlopen(address, timeout=timeout) as reply:  # noqa: S310 - a loopback address of ours
        return json.load(reply)

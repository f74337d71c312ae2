"""Messaging with one seller and one customer, a verified sender, and what the mail service was asked."""

from __future__ import annotations

import os
from datetime import UTC, datetime

import boto3
import pytest

from billing.aws import clients
from tests.integration.world import World, message

NOVEMBER, DECEMBER = datetime(2023, 11, 1, tzinfo=UTC), datetime(2023, 12, 1, tzinfo=UTC)
ADA = "cus_ada"
SENDER = "billing@acme.example"


class Messaging(World):
    """Messaging, its mailbox, and events as the other subsystems say them."""

    def __init__(self) -> None:
        super().__init__("messaging", queues={"send": "send"})
        os.environ |= {"SENDER": SENDER}
        boto3.client("sesv2").create_email_identity(EmailIdentity=SENDER)
        self.mails = []
        self._asked = None
        events = clients.client("sesv2", tries=1).meta.events
        events.register("provide-client-params.sesv2.SendEmail", self._ask)
        events.register("after-call.sesv2.SendEmail", self._answered)

    def _ask(self, params, **_):
        self._asked = params

    def _answered(self, http_response, **_):
        if http_response.status_code == 200:
            self.mails.append(Sent(self._asked))

    def tell(self, *messages):
        """Let events arrive together and everything happen that follows."""
        for item in messages:
            self.hear(item)
        self.settle()

    def mail(self, template):
        """The one mail of a template."""
        (mail,) = [mail for mail in self.mails if mail.tags["template"] == template]
        return mail

    def notices(self, customer=ADA):
        """What the API says the customer was told."""
        status, answer = self.call("GET", f"/messaging/customers/{customer}/notices")
        assert status == 200
        return [(n["template"], n["status"], n.get("reason")) for n in answer["notices"]]


class Sent:
    """A mail as the service was asked to send it."""

    def __init__(self, request):
        simple = request["Content"]["Simple"]
        self.sender = request["FromEmailAddress"]
        (self.to,) = request["Destination"]["ToAddresses"]
        self.subject = simple["Subject"]["Data"]
        self.text = simple["Body"]["Text"]["Data"]
        self.html = simple["Body"]["Html"]["Data"]
        self.headers = {header["Name"]: header["Value"] for header in simple.get("Headers", [])}
        self.tags = {tag["Name"]: tag["Value"] for tag in request["EmailTags"]}


def said(producer, type_, data, *, subject, recorded=None, **more):
    """An event of another subsystem, recorded just now."""
    found = message(producer, type_, data, subject=subject, **more)
    return found | {"recordedat": (recorded or datetime.now(UTC)).isoformat()}


def seller(name="Acme", entity="Acme AG", country="CH", sequence=1):
    data = {
        "name": name,
        "sandbox": False,
        "legal_entities": [{"key": "main", "name": entity, "country": country, "currency": "USD"}],
    }
    return said("foundation", "TenantChanged.v1", data, subject="tenant/ten_a", sequence=sequence)


def customer(name="Ada Byron", email="ada@example.com", *, locale="en", zone="UTC", id_=ADA, sequence=1):
    data = {
        "customer": id_,
        "locale": locale,
        "zone": zone,
        "person": {"name": name, "email": email},
    }
    return said("sales", "CustomerChanged.v1", data, subject=f"customer/{id_}", sequence=sequence)


def plan(name="Team"):
    data = {"plan": "team", "plan_version": 1, "name": name, "rank": 10, "entitlements": []}
    return said("sales", "PlanPublished.v1", data, subject="plan/team")


def started(**more):
    state = {
        "subscription": "sub_1",
        "customer": ADA,
        "plan": "team",
        "plan_version": 1,
        "status": "active",
        "currency": "USD",
        "legal_entity": "main",
        "period_start": "2023-11-01T00:00:00Z",
        "period_end": "2023-12-01T00:00:00Z",
    }
    return said("sales", "SubscriptionStarted.v1", {"state": state}, subject="subscription/sub_1", **more)


def _invoice(minor, due, number):
    return {
        "invoice": "inv_1",
        "customer": ADA,
        "legal_entity": "main",
        "currency": "USD",
        "number": number,
        "total_minor": minor,
        "due_minor": due,
        "due_at": "2023-12-15T00:00:00Z",
    }


def finalized(minor=123456, number="INV-1", **more):
    data = {"invoice": _invoice(minor, minor, number)}
    return said("sales", "InvoiceFinalized.v1", data, subject="invoice/inv_1", **{"at": DECEMBER, **more})


def paid(minor=123456, payment="pay_1", number="INV-1", **more):
    data = {"invoice": _invoice(minor, 0, number)} | ({"payment": payment} if payment else {})
    return said("sales", "InvoicePaid.v1", data, subject="invoice/inv_1", **{"at": DECEMBER, **more})


def voided(**more):
    data = {"invoice": _invoice(123456, 0, "INV-1"), "reason": "mistake"}
    return said("sales", "InvoiceVoided.v1", data, subject="invoice/inv_1", **{"at": DECEMBER, **more})


def method(label="Visa ending in 4242"):
    data = {"customer": ADA, "method": "pm_1", "rail": "card", "label": label}
    return said("payments", "PaymentMethodSaved.v1", data, subject=f"customer/{ADA}")


def attempt(type_, *, sequence=1, **data):
    payment = {
        "payment": f"pay_{sequence}",
        "invoice": "inv_1",
        "customer": ADA,
        "amount_minor": 123456,
        "currency": "USD",
        "legal_entity": "main",
        "provider": "stripe",
    }
    data = {"payment": payment, **data}
    return said("payments", type_, data, subject="invoice/inv_1", sequence=sequence, at=DECEMBER)


def failed(reason="insufficient_funds", advice="retry_later", **more):
    return attempt("PaymentFailed.v1", reason=reason, advice=advice, **more)


def to_confirm(url="https://pay.example/confirm/1", **more):
    return attempt("PaymentActionRequired.v1", action_url=url, **more)


@pytest.fixture
def world(monkeypatch):
    for name in ("SENDER", "PUBLIC_URL"):
        monkeypatch.setenv(name, "")
    world = Messaging()
    world.tell(seller(), customer(), plan())
    return world

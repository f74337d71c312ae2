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

    def __init__(self, wire=None) -> None:
        super().__init__("messaging", queues={"send": "send"}, wire=wire)
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

    def open(self, path, *, method="GET", body=None):
        """Open a link as a browser or a mail program does: without a credential."""
        event = {
            "version": "2.0",
            "rawPath": path,
            "rawQueryString": "",
            "headers": {"content-type": "application/x-www-form-urlencoded"},
            "requestContext": {
                "requestId": "req-open",
                "stage": "$default",
                "http": {"method": method, "path": path},
            },
            "body": body,
            "isBase64Encoded": False,
        }
        answer = self._handler("api")(event, None)
        return answer["statusCode"], answer["body"]

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


def plan(name="Team", key="team"):
    data = {"plan": key, "plan_version": 1, "name": name, "rank": 10, "entitlements": []}
    return said("sales", "PlanPublished.v1", data, subject=f"plan/{key}")


def subscription(event="Started", *, plan="team", status="active", ends_at=None, pending_plan=None, **more):
    state = {
        "subscription": "sub_1",
        "customer": ADA,
        "plan": plan,
        "plan_version": 1,
        "status": status,
        "currency": "USD",
        "legal_entity": "main",
        "period_start": "2023-11-01T00:00:00Z",
        "period_end": "2023-12-01T00:00:00Z",
    } | ({"ends_at": ends_at} if ends_at else {})
    state |= {"pending_plan": pending_plan} if pending_plan else {}
    type_ = f"Subscription{event}.v1"
    return said("sales", type_, {"state": state}, subject="subscription/sub_1", **more)


def started(**more):
    return subscription(**more)


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


RECORD = {"location": "s3://records/inv_1.json", "sha256": "9f86d081"}


def finalized(minor=123456, number="INV-1", *, record=None, **more):
    data = {"invoice": _invoice(minor, minor, number) | ({"record": record} if record else {})}
    return said("sales", "InvoiceFinalized.v1", data, subject="invoice/inv_1", **{"at": DECEMBER, **more})


def paid(minor=123456, payment="pay_1", number="INV-1", **more):
    data = {"invoice": _invoice(minor, 0, number)} | ({"payment": payment} if payment else {})
    return said("sales", "InvoicePaid.v1", data, subject="invoice/inv_1", **{"at": DECEMBER, **more})


def documented(kind="invoice", minor=123456, due=None, *, sequence=1, **data):
    """Documents says that it made one."""
    part = {
        "document": f"{kind}_1",
        "document_kind": kind,
        "number": "INV-1",
        "customer": ADA,
        "legal_entity": "main",
        "invoice": "inv_1",
        "sha256": "9f86d081",
        "formats": ["pdf"],
        "link": f"https://api.acme.example/documents/open/ten_a.{kind}_1",
        "amount_minor": minor,
        "due_minor": minor if due is None else due,
        "currency": "USD",
        **data,
    }
    return said("documents", "DocumentReady.v1", part, subject=f"document/{kind}_1", sequence=sequence)


def voided(**more):
    data = {"invoice": _invoice(123456, 0, "INV-1"), "reason": "mistake"}
    return said("sales", "InvoiceVoided.v1", data, subject="invoice/inv_1", **{"at": DECEMBER, **more})


def about_invoice(type_, due=123456, **data):
    """An event of sales about the invoice: overdue, written off."""
    data = {"invoice": _invoice(123456, due, "INV-1"), **data}
    return said("sales", type_, data, subject="invoice/inv_1", at=datetime(2023, 12, 20, tzinfo=UTC))


def credited(**parts):
    note = {
        "credit_note": "crn_1",
        "number": "CN-1",
        "invoice": "inv_1",
        "customer": ADA,
        "legal_entity": "main",
        "currency": "USD",
        "total_minor": 3000,
        "applied_minor": 0,
        "balance_minor": 0,
        "refund_minor": 0,
        **parts,
    }
    data = {"credit_note": note, "reason": "requested"}
    return said("sales", "CreditNoteIssued.v1", data, subject="credit_note/crn_1", at=DECEMBER)


def refunded(minor=3000):
    refund = {
        "refund": "rfd_1",
        "invoice": "inv_1",
        "customer": ADA,
        "amount_minor": minor,
        "currency": "USD",
        "legal_entity": "main",
        "provider": "stripe",
    }
    return said("payments", "RefundSucceeded.v1", {"refund": refund}, subject="refund/rfd_1", at=DECEMBER)


def dunning(action="remind", step=1, **more):
    data = {
        "invoice": "inv_1",
        "customer": ADA,
        "legal_entity": "main",
        "step": step,
        "action": action,
        "amount_minor": 123456,
        "currency": "USD",
        **more,
    }
    return said("payments", "DunningStepDue.v1", data, subject="invoice/inv_1", sequence=step, at=DECEMBER)


def access(event, **data):
    type_ = f"Access{event}.v1"
    return said("access", type_, {"customer": ADA, "invoice": "inv_1", **data}, subject="access/cus_ada")


def denied(feature="export", *, reason="not_in_plan", offer="pro", at=DECEMBER, sequence=1, **more):
    data = {"customer": ADA, "feature": feature, "reason": reason}
    if offer:
        price = {"amount_minor": 9900, "currency": "USD"}
        data["offer"] = {"plan": offer, "name": offer.title(), **price}
    subject = f"access/{ADA}"
    about = {"subject": subject, "sequence": sequence, "at": at, "id_": f"evt_{feature}_{sequence}"}
    return said("access", "AccessDenied.v1", data, **about, **more)


def method(label="Visa ending in 4242", rail="card", **printed):
    data = {"customer": ADA, "method": "pm_1", "rail": rail, "label": label, **printed}
    return said("payments", "PaymentMethodSaved.v1", data, subject=f"customer/{ADA}")


def attempt(type_, *, sequence=1, recorded=None, **data):
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
    more = {"sequence": sequence, "at": DECEMBER, "recorded": recorded}
    return said("payments", type_, data, subject="invoice/inv_1", **more)


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

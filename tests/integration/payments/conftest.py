"""Payments with a tenant under a test clock, one in wall time, and a provider in memory."""

from __future__ import annotations

import base64
import importlib
import json
from datetime import UTC, datetime, timedelta

import boto3
import pytest
import stripe

from payments import providers
from payments.provider import Topic
from tests.integration.payments.provider import ProviderInMemory
from tests.integration.world import World, message
from tests.wire import Crash

NOVEMBER = datetime(2023, 11, 1, tzinfo=UTC)
SECRET = "whsec_of_tenant_a"  # noqa: S105
_WALLED = (
    "payments.charging",
    "payments.collecting",
    "payments.notifications",
    "payments.refunding",
    "billing.aws.due",
)


class Payments(World):
    """Payments at a moment of its tenant's test clock, and at one on the wall."""

    def __init__(self, monkeypatch, wire=None) -> None:
        queues = {"charge": "charge", "work": "work", "webhooks": "process_webhook"}
        super().__init__("payments", queues=queues, wire=wire)
        monkeypatch.setenv("PARAMETER_PREFIX", "/billing/test/payments")
        monkeypatch.setenv("PUBLIC_URL", "https://billing.example.test")
        self.provider = ProviderInMemory()
        self.now, self.wall = NOVEMBER, datetime(2026, 1, 1, tzinfo=UTC)
        self.provider.now = self.wall
        self.open_provider = providers.provider_of
        monkeypatch.setattr(providers, "provider_of", lambda _tenant: self.provider)
        for module in _WALLED:
            monkeypatch.setattr(importlib.import_module(module), "wall_now", lambda: self.wall)
        self._step = 0

    def ask(self, method, path, body=None, **more):
        """A request in the tenant's time."""
        return self.call(method, path, body, now=self.now, clock="clk_a", **more)

    def open_tenant(self, tenant="ten_a", clock="clk_a", secrets=(SECRET,)):
        """Let foundation tell of a tenant, and put its credentials where they belong."""
        data = {
            "name": "Acme",
            "sandbox": clock is not None,
            "legal_entities": [{"key": "main", "name": "Acme AG", "country": "CH", "currency": "USD"}],
        }
        if clock:
            data |= {"clock": clock, "clock_now": self.now.isoformat()}
        self.hear(message("foundation", "TenantChanged.v1", data, subject=f"tenant/{tenant}", tenant=tenant))
        self.settle()
        self.set_credentials({"api_key": "sk_test_1", "webhook_secrets": list(secrets)}, tenant)

    def set_credentials(self, value, tenant="ten_a"):
        """Put a parameter as an operator does."""
        providers._read.cache_clear()
        text = value if isinstance(value, str) else json.dumps(value)
        boto3.client("ssm").put_parameter(
            Name=f"/billing/test/payments/{tenant}/stripe", Value=text, Type="SecureString", Overwrite=True
        )

    def advance(self, to):
        """Move the tenant's clock."""
        self.now, self._step = to, self._step + 1
        data = {"clock": "clk_a", "now": to.isoformat(), "step": self._step}
        told = message("foundation", "ClockAdvanced.v1", data, subject="clock/clk_a", sequence=self._step)
        self.hear(told | {"time": to.isoformat(), "clock": "clk_a"})
        self.settle()

    def later(self, **more):
        """Let time pass on the wall, and the minute's tick with it."""
        self.wall += timedelta(**more)
        self.provider.now = self.wall
        self.tick()
        self.settle()

    def sales_says(self, type_, **data):
        """Let sales say something of an invoice beside its life."""
        subject = f"credit_note/{data.get('hold') or data['credit_note']['credit_note']}"
        self.hear(message("sales", type_, data, subject=subject, at=self.now, clock="clk_a"))
        self.settle()

    def issue(self, credit_note="crn_1", invoice="inv_1", applied=0, refund=0):
        """Let sales issue a credit note."""
        note = {
            "credit_note": credit_note,
            "number": "CN-1",
            "invoice": invoice,
            "customer": "cus_ada",
            "legal_entity": "main",
            "currency": "USD",
            "total_minor": applied + refund,
            "applied_minor": applied,
            "balance_minor": refund,
            "refund_minor": refund,
        }
        self.sales_says("CreditNoteIssued.v1", credit_note=note, reason="goodwill")

    def end(self, type_, invoice="inv_1", **more):
        """Let sales end an invoice: InvoicePaid.v1, InvoiceWrittenOff.v1."""
        self._invoice(type_, invoice, 6378, "cus_ada", **more)
        self.settle()

    def finalize(self, invoice="inv_1", minor=6378, customer="cus_ada", settle=True, **part):
        """Let sales finalize an invoice."""
        self._invoice("InvoiceFinalized.v1", invoice, minor, customer, part)
        if settle:
            self.settle()

    def void(self, invoice="inv_1", minor=6378, customer="cus_ada"):
        """Let sales void an invoice."""
        self._invoice("InvoiceVoided.v1", invoice, minor, customer, reason="by mistake")

    def _invoice(self, type_, invoice, minor, customer, also=None, **more):
        part = {
            "invoice": invoice,
            "customer": customer,
            "legal_entity": "main",
            "currency": "USD",
            "number": f"INV-{invoice}",
            "total_minor": minor,
            "due_minor": minor,
            "due_at": "2023-11-01T00:00:00Z",
            "subscription": "sub_1",
            **(also or {}),
        }
        subject = f"invoice/{invoice}"
        self.hear(
            message("sales", type_, {"invoice": part, **more}, subject=subject, at=self.now, clock="clk_a")
        )

    def begin_setup(self, customer="cus_ada", **more):
        """Ask for the hosted page; answers the provider's name for the customer."""
        body = {"return_url": "https://acme.test/account"}
        status, answer = self.ask("POST", f"/payments/customers/{customer}/setup", body, **more)
        assert status == 201, answer
        self.settle()
        return answer["url"].split("payer=")[1].split("&")[0]

    def save_card(self, method="pm_visa", customer="cus_ada"):
        """A customer saves a card on the hosted page; the provider tells of it."""
        told = self.provider.saves(self.begin_setup(customer), method)
        assert self.deliver(told) == 200
        self.settle()

    def deliver(self, notification, **more):
        """Post a notification as the provider does; the status of the answer."""
        return self.post(self.event(notification), **more)[0]

    def post(self, body, *, tenant="ten_a", secret=SECRET, at=None, wrapped=False, header=None):
        """Post signed bytes to the webhook's address."""
        text = body.decode("utf-8", "replace") if isinstance(body, bytes) else body
        stamp = int((at or datetime.now(UTC)).timestamp())
        signature = stripe.WebhookSignature.generate_signature_header(text, secret, stamp)
        event = {
            "pathParameters": {"tenant": tenant},
            "headers": {"stripe-signature": signature if header is None else header},
            "requestContext": {"requestId": "req-hook"},
            "body": base64.b64encode(body if isinstance(body, bytes) else text.encode()).decode()
            if wrapped or isinstance(body, bytes)
            else text,
            "isBase64Encoded": wrapped or isinstance(body, bytes),
        }
        handler = self._handler("receive_stripe_webhook", "")
        try:
            answer = handler(event, None)
        except Crash:
            answer = handler(event, None)  # the provider sends it again
        return answer["statusCode"], json.loads(answer["body"])

    @staticmethod
    def event(notification):
        """A notification as Stripe writes it."""
        kinds = {"payment_intent.requires_action": "payment_intent.requires_action"}
        names = {"failed": "payment_failed", "pending": "processing"} if "intent" in notification.type else {}
        family, _, verb = notification.type.partition(".")
        type_ = kinds.get(notification.type, f"{family}.{names.get(verb, verb)}")
        assert notification.topic is not Topic.UNSUPPORTED or family == "customer"
        return json.dumps(
            {
                "id": notification.id,
                "object": "event",
                "type": type_,
                "created": int(notification.at.timestamp()),
                "data": {"object": {"id": notification.ref, "object": family}},
            }
        )

    def collection(self, invoice="inv_1"):
        """How far an invoice is collected, as its owner reads it."""
        status, body = self.ask("GET", f"/payments/invoices/{invoice}")
        assert status == 200, body
        return body

    def attempts(self, invoice="inv_1"):
        """Number and status of every attempt."""
        return [(a["number"], a["status"]) for a in self.collection(invoice)["attempts"]]

    def balances(self):
        """The books of payments in USD."""
        _, books = self.ask("GET", "/payments/books")
        assert books["sound"]
        return books["balances"].get("USD", {})


@pytest.fixture
def payments(monkeypatch):
    world = Payments(monkeypatch)
    world.open_tenant()
    yield world
    providers._read.cache_clear()
    providers._opened.cache_clear()

"""Documents with one seller and one customer, and invoices as sales finalizes them."""

from __future__ import annotations

import hashlib
import json
import os
from datetime import UTC, date, datetime

import boto3
import pytest

from billing.core.account import Move, MoveKind, Statement
from billing.core.document import Span
from billing.core.money import Money
from local.gallery.invoices import invoice, line
from tests.integration.world import World, message

RECORDS, STORE = "billing-test-records", "billing-test-documents"
DECEMBER = datetime(2026, 12, 1, 9, tzinfo=UTC)
ADA = "cus_ada"
ADDRESS = {"country": "DE", "street": "Hafenstraße 7", "postcode": "20457", "city": "Hamburg"}
SELLER = {
    "key": "main",
    "name": "Nordlicht GmbH",
    "country": "DE",
    "currency": "EUR",
    "tax_rates": {"standard": "19"},
    "tax_id": "DE136695976",
    "iban": "DE89370400440532013000",
    "email": "rechnung@nordlicht.example",
    "phone": "+49 30 1234567",
    "address": {"country": "DE", "street": "Torstraße 140", "postcode": "10119", "city": "Berlin"},
}


class Documents(World):
    """Documents, its store, and events as the other subsystems say them."""

    def __init__(self, wire=None) -> None:
        super().__init__("documents", queues={"make": "make"}, wire=wire)
        self.s3 = boto3.client("s3")
        for bucket in (RECORDS, STORE):
            self.s3.create_bucket(Bucket=bucket)
        os.environ |= {"DOCUMENTS_BUCKET": STORE, "PUBLIC_URL": "https://billing.example"}

    def tell(self, producer, type_, data, *, subject, **more):
        """Let an event arrive and everything happen that follows."""
        self.hear(message(producer, type_, data, subject=subject, at=DECEMBER, **more))
        self.settle()

    def seller(self, sequence=1, **changed):
        data = {"name": "Nordlicht", "sandbox": False, "legal_entities": [SELLER | changed]}
        self.tell("foundation", "TenantChanged.v1", data, subject="tenant/ten_a", sequence=sequence)

    def customer(self, sequence=1, **changed):
        person = {"name": "Elbe Maschinenbau KG", "email": "ada@example.com", "address": ADDRESS, **changed}
        data = {"customer": ADA, "locale": "de_DE", "zone": "Europe/Berlin", "person": person}
        self.tell("sales", "CustomerChanged.v1", data, subject=f"customer/{ADA}", sequence=sequence)

    def finalized(self, number="RE-1", minor="249", **more):
        """Sales finalizes an invoice of one line and 19 %."""
        made = invoice(number, "EUR", [line("Plattform", "EUR", ("1", minor))], {"standard": "19"})
        part = self._part(made)
        body = json.dumps({"version": 1, "invoice": made.to_data()}).encode()
        key = f"records/{made.id}.json"
        self.s3.put_object(Bucket=RECORDS, Key=key, Body=body)
        digest = hashlib.sha256(more.get("tampered", body)).hexdigest()
        part["record"] = {"location": f"s3://{RECORDS}/{key}", "sha256": digest}
        self.tell("sales", "InvoiceFinalized.v1", {"invoice": part}, subject=f"invoice/{made.id}")
        return made

    def paid(self, made, payment="pay_1", **more):
        data = {"invoice": self._part(made), "payment": payment, **more}
        self.tell("sales", "InvoicePaid.v1", data, subject=f"invoice/{made.id}")

    def statement(self, **more):
        """Sales draws a statement of November: 40 in the customer's favour, an invoice, its payment."""
        at = datetime(2026, 11, 3, 9, tzinfo=UTC)
        moves = (
            Move(at, MoveKind.INVOICE, "RE-1", Money(29631, "EUR"), "main"),
            Move(at, MoveKind.PAYMENT, "RE-1", Money(-29631, "EUR"), "main"),
        )
        span = Span(date(2026, 11, 1), date(2026, 11, 30))
        opening = Money(-4000, "EUR")
        drawn = Statement(
            "stm_1", "20261130-ABC", ADA, "main", "EUR", "Europe/Berlin", span, DECEMBER, opening, moves
        )
        body = json.dumps({"version": 1, "statement": drawn.to_data()}).encode()
        self.s3.put_object(Bucket=RECORDS, Key="records/stm_1.json", Body=body)
        location = {
            "location": f"s3://{RECORDS}/records/stm_1.json",
            "sha256": hashlib.sha256(body).hexdigest(),
        }
        data = {
            "statement": drawn.id,
            "number": drawn.number,
            "customer": ADA,
            "legal_entity": "main",
            "currency": "EUR",
            "first": "2026-11-01",
            "last": "2026-11-30",
            "opening_minor": opening.minor,
            "closing_minor": drawn.closing.minor,
            "record": location,
            **more,
        }
        self.tell("sales", "StatementDrawn.v1", data, subject="statement/stm_1")
        return drawn.id

    def _part(self, made):
        return {
            "invoice": made.id,
            "customer": ADA,
            "legal_entity": "main",
            "currency": "EUR",
            "number": made.number,
            "total_minor": made.total.minor,
            "due_minor": made.due.minor,
            "due_at": "2026-12-31T09:00:00Z",
        }

    def document(self, id_):
        status, answer = self.call("GET", f"/documents/documents/{id_}")
        assert status == 200, answer
        return answer

    def open(self, link):
        """Follow a link as a browser does; the answer and what lies behind it."""
        path = link.removeprefix("https://billing.example")
        return self._handler("api")(
            {
                "version": "2.0",
                "rawPath": path,
                "rawQueryString": "",
                "headers": {},
                "requestContext": {
                    "requestId": "req-open",
                    "stage": "$default",
                    "http": {"method": "GET", "path": path},
                },
                "isBase64Encoded": False,
            },
            None,
        )

    def stored(self, document, ending="pdf"):
        key = f"documents/ten_a/{document}/{document}.{ending}"
        return self.s3.get_object(Bucket=STORE, Key=key)["Body"].read()


@pytest.fixture
def documents(monkeypatch):
    for name in ("DOCUMENTS_BUCKET", "PUBLIC_URL"):
        monkeypatch.setenv(name, "")
    world = Documents()
    world.seller()
    world.customer()
    return world

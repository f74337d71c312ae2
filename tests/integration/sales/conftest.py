"""Sales with one tenant under a test clock, its catalogue published and one customer."""

from __future__ import annotations

import os
from datetime import UTC, datetime

import boto3
import pytest

from tests.builders import a_catalogue
from tests.integration.world import World, message

RAW_USAGE = "billing-test-raw-usage"
STANDARD = {"standard": "8.1"}
START = datetime(2023, 11, 1, tzinfo=UTC)


class Sales(World):
    """Sales at a moment of its tenants' test clock."""

    def __init__(self, wire=None) -> None:
        queues = {"work": "work", "finalize": "finalize", "usage": "ingest_usage"}
        super().__init__("sales", queues=queues, tables=("main", "usage"), wire=wire)
        boto3.client("s3").create_bucket(Bucket=RAW_USAGE)
        os.environ["RAW_USAGE_BUCKET"] = RAW_USAGE
        self.now = START
        self._step = 0
        self._clock = "clk_a"

    def ask(self, method, path, body=None, **more):
        """A request in the tenant's time."""
        return self.call(method, path, body, now=self.now, clock=self._clock, **more)

    def open_tenant(self, tenant="ten_a", days=0, *, wall=False, taxes=STANDARD, sequence=1):
        """Let foundation tell of a tenant; one that lives in wall time has no test clock."""
        if wall:
            self.now = datetime.now(UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
        self._clock = None if wall else "clk_a"
        clock = {"clock": "clk_a", "clock_now": self.now.isoformat()}
        data = {
            "name": "Acme",
            "sandbox": not wall,
            **({} if wall else clock),
            "legal_entities": [
                {
                    "key": "main",
                    "name": "Acme AG",
                    "country": "CH",
                    "currency": "USD",
                    "tax_rates": taxes,
                    "payment_days": days,
                }
            ],
        }
        self.hear(
            message(
                "foundation",
                "TenantChanged.v1",
                data,
                subject=f"tenant/{tenant}",
                tenant=tenant,
                sequence=sequence,
            )
        )
        self.settle()

    def advance(self, to, tenant="ten_a"):
        """Move the tenant's clock, as foundation does once everything has settled."""
        self.now, self._step = to, self._step + 1
        data = {"clock": "clk_a", "now": to.isoformat(), "step": self._step}
        self.hear(
            message(
                "foundation",
                "ClockAdvanced.v1",
                data,
                subject="clock/clk_a",
                sequence=self._step,
                at=to,
                clock="clk_a",
                tenant=tenant,
            )
        )
        self.settle()

    def pay(self, invoice, minor, *, payment="pay_1", currency="USD", id_=None):
        """Let payments say that money moved."""
        data = {
            "payment": {
                "payment": payment,
                "invoice": invoice,
                "customer": "cus_x",
                "amount_minor": minor,
                "currency": currency,
                "legal_entity": "main",
                "provider": "stripe",
            }
        }
        self.hear(
            message(
                "payments",
                "PaymentSucceeded.v1",
                data,
                subject=f"invoice/{invoice}",
                at=self.now,
                clock="clk_a",
                id_=id_ or f"evt_{payment}",
            )
        )
        self.settle()


@pytest.fixture
def sales():
    world = Sales()
    world.open_tenant()
    assert world.ask("POST", "/sales/catalogue", {"catalogue": a_catalogue()})[0] == 200
    customer = {"name": "Ada Byron", "email": "ada@example.com", "external_id": "ada"}
    assert world.ask("POST", "/sales/customers", customer)[0] == 201
    world.settle()
    return world

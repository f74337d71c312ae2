"""Every handler dies before and after each of its calls, and loses each answer: nothing is lost or doubled.

A story is played undisturbed first. Then, call by call, it is played again while every handler breaks once at
that call, at its first message of each kind. Lambda, the streams and the callers do what they do: they come
again. In the end state, events, archive and books must be those of the undisturbed run.
"""

import hashlib
import json
import os
import re
from collections import defaultdict
from contextlib import contextmanager
from datetime import UTC, datetime

import boto3
import pytest
from moto import mock_aws

from billing.aws import clients, settings
from sales.usage import aggregator
from sales.usage.packing import unpack_json
from tests.builders import a_catalogue
from tests.integration.access import test_access as access
from tests.integration.access import test_restrictions as restrictions
from tests.integration.documents.conftest import Documents
from tests.integration.foundation import test_archive as archive
from tests.integration.foundation import test_tenants_keys_and_clocks as foundation
from tests.integration.sales import test_unpaid_and_credited as unpaid
from tests.integration.sales.conftest import Sales
from tests.integration.sales.crash_story import CurrencyStory, LifeStory
from tests.integration.sales.test_a_month_of_sales import an_event
from tests.integration.world import World, message
from tests.wire import Fault, Wire

READING = re.compile("^(BatchGet|Get|Query|List|Head|Describe)")
WALL_CLOCK = {"at", "work", "work_at", "secret", "expires_at"}  # and what is random on purpose

MAY_COME_IN_ANOTHER_BATCH = {"sales.ingest_usage RollUpUsage.v1"}  # beside the usage that comes again


class SalesStory:
    """Days of sales: catalogue, customer, subscription, usage, payment, renewals, a credit, an end."""

    def play(self, wire):
        sales = Sales(wire)
        sales.open_tenant()
        sales.hear(
            message("foundation", "SourceRegistered.v1", {"source": "acme.app"}, subject="source/acme.app")
        )
        sales.ask("POST", "/sales/catalogue", {"catalogue": self.a_daily_catalogue()})
        ada = {"name": "Ada Byron", "email": "ada@example.com", "external_id": "ada"}
        sales.ask("POST", "/sales/customers", ada)
        sales.settle()
        subscription = {"customer": "ada", "plan": "team", "currency": "USD"}
        _, started = sales.ask("POST", "/sales/subscriptions", subscription)
        sales.settle()
        first = sales.said("InvoiceFinalized.v1")[0]["invoice"]
        sales.pay(first["invoice"], first["total_minor"] + 100)
        self.use(sales)
        sales.advance(datetime(2023, 11, 2, tzinfo=UTC))
        self.credit(sales, sales.said("InvoiceFinalized.v1")[1]["invoice"])
        sales.advance(datetime(2023, 11, 3, tzinfo=UTC))
        sales.ask("POST", f"/sales/subscriptions/{started['subscription']}/cancel")
        sales.advance(datetime(2023, 11, 7, tzinfo=UTC))
        self.give_up(sales, sales.said("InvoiceOverdue.v1")[0]["invoice"])
        sales.tick()
        _, books = sales.ask("GET", "/sales/books")
        assert books["sound"]
        return sales, {"books": books, "usage": self.counted(sales)}

    def counted(self, sales):
        """What its usage came to; a flush that came again may be one more chunk."""
        days = sales.rows("DAY#", table="USAGE_TABLE_NAME")
        return {f"{day['pk']} {day['sk']}": unpack_json(bytes(day["segments"])) for day in days}

    def a_daily_catalogue(self):
        return json.loads(json.dumps(a_catalogue()).replace('"month"', '"day"'))

    def use(self, sales):
        sales.now = datetime(2023, 11, 1, 12, tzinfo=UTC)
        used = an_event("req-1", context=4_000_000, generated=10, time="2023-11-01T10:00:00Z")
        sales.ask("POST", "/sales/usage", {"events": [used, an_event("stranger", subject="nobody")]})
        detail = {"id": "r2", "subject": "ada", "time": "2023-11-01T10:00:00Z", "context_tokens": 7}
        event = {"id": "bus-1", "source": "acme.app", "detail-type": "llm.request"}
        sales.put_on_queue("usage", event | {"detail": detail | {"generated_tokens": 0}})
        sales.settle()

    def credit(self, sales, invoice):
        path = f"/sales/invoices/{invoice['invoice']}/credit-notes"
        _, note = sales.ask("POST", path, {"reason": "goodwill"})
        sales.settle()
        unpaid.hear(sales, "CollectionHeld.v1", {"hold": note["id"], "invoice": invoice["invoice"]})

    def give_up(self, sales, invoice):
        told = {"invoice": invoice["invoice"], "customer": invoice["customer"], "legal_entity": "main"}
        step = {"step": 1, "action": "write_off", "amount_minor": invoice["due_minor"], "currency": "USD"}
        unpaid.hear(sales, "DunningStepDue.v1", {**told, **step})


class AccessStory:
    """A grant, usage, checks, a refusal, an invoice left unpaid and paid, the end."""

    def play(self, wire):
        world = World("access", queues={"work": "work"}, wire=wire)
        access.hear(world, access.plan(), access.subscription(), access.usage("250000"))
        pro = access.plan("pro", rank=20, price=9900, features=("completions", "export"))
        access.hear(world, pro)
        answers = [access.check(world, feature) for feature in ("completions", "export")]
        world.call("PUT", "/access/policy", {"after_days": 7, "keeps": []}, now=access.NOVEMBER)
        access.hear(world, restrictions.invoice("InvoiceOverdue.v1"))
        restrictions.advance(world, restrictions.TWELFTH)
        answers.append(access.check(world, at=restrictions.TWELFTH))
        access.hear(world, restrictions.invoice("InvoicePaid.v1", at=restrictions.TWELFTH))
        ended = access.subscription("SubscriptionEnded.v1", 3, "ended", "2023-11-20T00:00:00Z")
        access.hear(world, ended)
        world.tick()
        return world, {"answers": answers}


class FoundationStory:
    """A tenant's source, key and clock; receipts that let the clock step; a person archived."""

    def play(self, wire):
        os.environ |= {"SUBSYSTEMS": "foundation sales", "ARCHIVE_BUCKET": "archive", "STAGE": "test"}
        boto3.client("s3").create_bucket(Bucket="archive")
        world = World("foundation", queues={}, wire=wire)
        clock = foundation.Clock(world)
        [opened] = [event["id"] for event in world.events if event["type"] == "TenantChanged.v1"]
        clock.ask("POST", "/foundation/sources", {"source": "acme.app"})
        clock.settle()
        [registered] = [event["id"] for event in world.events if event["type"] == "SourceRegistered.v1"]
        world.hear(archive.customer_changed())
        clock.ask("POST", "/foundation/clock/advance", {"to": "2023-12-01T00:00:00Z"})
        clock.settle()
        clock.sales_did(registered, "r0")
        clock.sales_did(opened, "r1", due=[{"key": "sub_1", "version": 1, "at": "2023-11-20T00:00:00Z"}])
        for n in (0, 1):
            clock.settle()
            done = [{"key": "sub_1", "version": 2, "at": "2024-11-20T00:00:00Z"}]
            clock.sales_did(clock.steps()[n][0], f"r{n + 2}", due=done)
        clock.settle()
        world.tick()
        return world, {"clock": clock.state(), "archive": sorted(archive.archived())}


class DocumentsStory:
    """A seller, a customer, an invoice to be made into a document, and its receipt."""

    def play(self, wire):
        world = Documents(wire)
        world.seller()
        world.customer()
        made = world.finalized()
        world.paid(made)
        world.tick()
        for event in world.events:
            event["data"].pop("link", None)  # signed with what is random on purpose
        return world, {"stored": hashlib.sha256(world.stored(made.id)).hexdigest()}


STORIES = {
    "sales": SalesStory(),
    "life": LifeStory(),
    "currency": CurrencyStory(),
    "access": AccessStory(),
    "foundation": FoundationStory(),
    "documents": DocumentsStory(),
}


@contextmanager
def a_fresh_cloud():
    mock_aws().reset()
    clients.client.cache_clear()
    settings.subsystem.cache_clear()
    with Wire(bills=False).listening() as wire:
        yield wire


def rows(world):
    """What is stored, but for the wall's time."""
    found = {}
    for row in world.rows():
        assert not row["sk"].startswith("OUTBOX#"), "something was never published"
        if "KEY#" in row["pk"] + row["sk"] or row["sk"] == "INBOX#foundation.on_receipts":
            continue  # a credential is random; a request asked again leaves the receipt of another request
        if row["sk"].startswith("AUDIT#"):
            name, told = f"audit of {row['entry']['what']} at {row['entry']['time']}", row["entry"]["changes"]
            assert name not in found, "told twice"
            found[name] = json.dumps([change for change in told if not change["what"].startswith("key")])
            continue
        kept = {name: value for name, value in row.items() if name not in WALL_CLOCK}
        found[f"{row['pk']} {row['sk']}"] = json.dumps(kept, sort_keys=True, default=repr)
    return found


def outcome(world, more):
    """Everything that must not depend on who died when."""
    said = {event["id"]: (event["type"], event["sequence"], event["data"]) for event in world.events}
    return {"rows": rows(world), "said": said, "dead": world.dead, "open": world.unsettled(), **more}


def plans(calls):
    """What breaks in each replay: a call of every handler's first turn with each kind of message.

    To die after a call is to die before the next one, so only the last call needs both. An answer that is
    lost matters where something was written.
    """
    turns = defaultdict(list)
    for call in calls:
        if call.turn == 1:
            turns[call.who].append(call)
    writes = {who: [c for c in turn if not READING.search(c.operation)] for who, turn in turns.items()}
    yield from _nth(turns, Fault.BEFORE)
    yield {who: (turn[-1].number, Fault.AFTER) for who, turn in turns.items()}
    yield from _nth(writes, Fault.LOST)


def _nth(turns, fault):
    for n in range(max(map(len, turns.values()))):
        yield {who: (turn[n].number, fault) for who, turn in turns.items() if n < len(turn)}


@pytest.mark.parametrize("name", STORIES)
def test_whoever_dies_the_outcome_is_that_of_the_undisturbed_run(name, monkeypatch):
    monkeypatch.setattr(aggregator, "PAUSE", 300)  # what waits on the wall comes after every story
    for setting in ("DOCUMENTS_BUCKET", "PUBLIC_URL", "STAGE", "SUBSYSTEMS"):
        monkeypatch.setenv(setting, "")  # what a story sets ends with it
    story = STORIES[name]
    with a_fresh_cloud() as wire:
        expected = outcome(*story.play(wire))
        calls = wire.calls
    assert expected["dead"] == []
    for plan in plans(calls):
        with a_fresh_cloud() as wire:
            for who, (number, fault) in plan.items():
                wire.strike(who, number, fault)
            found = outcome(*story.play(wire))
        missed = {who for who in plan if not any(f" {who} " in struck for struck in wire.struck)}
        assert missed <= MAY_COME_IN_ANOTHER_BATCH
        for part, value in expected.items():
            assert found[part] == value, f"{part} differs after: {', '.join(wire.struck)}"

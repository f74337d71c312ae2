"""One local cloud for all end-to-end tests: every stack deployed once, every test in a tenant of its own.

E2E_ON=running plays on the cloud that `make up` started, for a developer who runs one test again and again.
"""

from __future__ import annotations

import itertools
import os
import re
from dataclasses import dataclass
from datetime import UTC, datetime

import pytest

from local import ports
from local.cloud import lifecycle
from local.cloud.folder import PLACE, BusyError, Folder
from local.console import Screen
from local.demo.story import CATALOGUE
from local.sandbox import Sandbox, open_sandbox
from local.waiting import eventually

NOVEMBER = datetime(2023, 11, 1, tzinfo=UTC)


def pytest_collection_modifyitems(items):
    """Everything here is end to end; who called what is asked when all the others have called."""
    for item in items:
        if "/e2e/" in str(item.path):
            item.add_marker(pytest.mark.e2e)
    items.sort(key=lambda item: item.path.name == "test_permissions.py")


@pytest.fixture(scope="session")
def cloud():
    if os.environ.get("E2E_ON") == "running":
        yield lifecycle.running()
        return
    for number in itertools.count(1):
        folder = Folder(PLACE / f"e2e-{number}")
        try:
            record = lifecycle.up(Screen(), folder, ports.free, stays=False)
            break
        except (lifecycle.AlreadyRunningError, BusyError):
            continue  # another session's
    yield record
    lifecycle.down(folder)


@pytest.fixture
def open_tenant(cloud, request):
    """Open tenants under a test clock that stands on 1 November 2023, named after the test."""
    name = re.sub("[^a-z0-9]", "", request.node.name.removeprefix("test_").lower())[:20]

    def opened(suffix="", **more):
        return open_sandbox(cloud, f"{name}{suffix}{os.urandom(3).hex()}", now=NOVEMBER, **more)

    return opened


@pytest.fixture
def seller(open_tenant):
    return open_tenant()


@dataclass(frozen=True)
class Subscriber:
    """A customer who subscribed, and the way to what they see."""

    seller: Sandbox
    id: str
    email: str
    subscription: str

    @property
    def invoices(self):
        """Number, status and what is still due of every invoice, oldest first."""
        found = self.seller.client.invoices(self.id)
        return [(invoice["number"], invoice["status"], invoice["due"]["minor"]) for invoice in found]

    def mails(self, template):
        """Every mail of a kind, oldest first."""
        return [mail for mail in self.seller.mails(self.email) if mail["tags"]["template"] == template]

    def charges(self):
        """Amount and outcome of every charge on the provider's own list, oldest first."""
        return [(c["amount"], c["status"]) for c in self.seller.provider_list("charges")][::-1]


@pytest.fixture
def subscribe(seller):
    """Publish the demo's catalogue and subscribe a customer, who saved a card or did not."""

    def subscribed(name, *, card=None, plan="team"):
        client, email = seller.client, f"{name.lower()}.{seller.tenant.removeprefix('ten_')}@example.com"
        client.publish(CATALOGUE)
        customer = client.create_customer(name, email, name.lower())["id"]
        seller.settle()
        if card:
            seller.save_card(customer, card)
            eventually(lambda: client.methods(customer))
        subscription = client.subscribe(customer, plan, "USD")["subscription"]
        seller.settle()
        return Subscriber(seller, customer, email, subscription)

    return subscribed

"""What the suites of the payment provider share: the provider, a simulator of one's own, a listener."""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterator

import pytest
from stripe import StripeClient

from local.stripe.server import Simulator
from tests.contract.provider import Listener, client

KEY = os.environ.get("STRIPE_TEST_KEY", "")
ACCOUNTS = itertools.count(1)


@pytest.fixture(scope="module", params=["simulator", *(["sandbox"] if KEY else [])])
def provider_address(request: pytest.FixtureRequest) -> Iterator[str]:
    """Where the provider is; empty for a real Stripe sandbox."""
    if request.param == "sandbox":
        yield ""
        return
    with Simulator() as simulator:
        yield simulator.address


@pytest.fixture
def provider(provider_address: str) -> StripeClient:
    """The provider under contract; at the simulator every test has an account of its own."""
    if not provider_address:
        return StripeClient(KEY, max_network_retries=2)
    return client(provider_address, f"sk_test_contract{next(ACCOUNTS)}")


@pytest.fixture
def address() -> Iterator[str]:
    """A simulator of one's own."""
    with Simulator() as simulator:
        yield simulator.address


@pytest.fixture
def acme(address: str) -> StripeClient:
    """One of its accounts."""
    return client(address)


@pytest.fixture
def listener() -> Iterator[Listener]:
    """An endpoint for notifications."""
    listener = Listener()
    yield listener
    listener.stop()

"""The emulated cloud decided every call of every role, and remembers how: a refusal is a missing grant.

Asked after all other end-to-end tests.
"""

import re

import pytest

from local import sandbox

ROLE = re.compile(
    r"Billing-local-(?P<subsystem>[A-Za-z]+)-(?:Functions)?(?P<name>[A-Za-z]+?)(?:Rol?e?)?[0-9A-F]{8,}.*"
)


def readable(role):
    """`Sales.OnPaymentEvents` for the name that CloudFormation made of it."""
    found = ROLE.fullmatch(role)
    return f"{found['subsystem']}.{found['name']}" if found else role


def calls(cloud):
    """(role, action, resource, decision) of every call by one of our roles."""
    rows = sandbox.read(f"{cloud.address}/_local/calls")
    return [
        (session.split("/")[1], action, resource, decision)
        for session, action, resource, decision, _ in rows
        if ":assumed-role/Billing-local-" in session
    ]


@pytest.fixture
def called(cloud, open_tenant):
    """What was called so far; with one sale at least, so that this can be run alone."""
    seller = open_tenant()
    seller.client.create_customer("Ada", "ada@example.com", "ada")
    seller.settle()
    return calls(cloud)


def test_no_function_was_refused_what_it_asked_for(called):
    granted = {(role, action, resource) for role, action, resource, decision in called if decision == "Allow"}

    refused = {(readable(r), a, x) for r, a, x, d in called if d != "Allow" and (r, a, x) not in granted}

    assert refused == set()
    assert len(granted) > 20

"""Every route of every subsystem, tried with what no caller should send."""

import importlib
import re

import pytest

from tests.integration.foundation.test_tenants_keys_and_clocks import open_tenant
from tests.integration.sales.conftest import Sales
from tests.integration.world import World

# Open by design: what they show and change is written at each of them.
OPEN = {
    "/payments/pay/<tenant>/<invoice>",
    "/payments/pay/<tenant>/<invoice>/thanks",
    "/messaging/unsubscribe/<token>",
    "/documents/open/<token>",
}
NAMES = ["x", "é", "a b", "..", "inv_😀", "cus_" + "x" * 900, "2026-01-01"]
BODIES = [
    None,
    "[]",
    "{",
    '{"minor": 1e1000000, "days": NaN}',
    '{"minor": 1e1000000, "lines": {"a": 1e400}, "reason": "x"}',
    '{"customer": "x", "feature": "f", "quantity": "1e1000000"}',
    '{"customer": "x", "plan": "x", "currency": "ZZZ"}',
    '{"name": "\\ud800", "email": "a@b.ch", "scopes": ["\\ud800"]}',
    '{"catalogue": {"plans": [{"key": 1}], "meters": {"a": []}}}',
    '{"to": "9999-12-31T23:59:59-12:00"}',
]


@pytest.fixture(params=["sales", "payments", "messaging", "access", "documents", "foundation"])
def world(request, monkeypatch):
    monkeypatch.setenv("SUBSYSTEMS", "foundation")
    monkeypatch.setenv("PARAMETER_PREFIX", "/billing/test/payments")
    if request.param == "sales":
        sales = Sales()
        sales.open_tenant()
        return sales
    queues = {"access": {"work": "work"}}.get(request.param, {})
    world = World(request.param, queues=queues)
    if request.param == "foundation":
        open_tenant()
    return world


def routes(subsystem):
    resolver = importlib.import_module(f"{subsystem}.handlers.api").handler.resolver
    known = [(route.method, route.path) for route in resolver._static_routes + resolver._dynamic_routes]
    return [(method, path) for method, path in known if not path.endswith("/docs")]


def asked(world, method, path, raw=None, **more):
    """The status, and what stands in the body; nobody reads a stack trace."""
    status, body = world.call(method, path, raw=raw, **more)
    assert "Traceback" not in str(body)
    return status, body


def test_nobody_enters_without_a_credential_or_its_scope(world):
    for method, path in routes(world.subsystem):
        if path in OPEN:
            continue
        named, raw = re.sub(r"<\w+>", "2026-01-01", path), None if method in {"GET", "DELETE"} else "{}"
        for more in ({"tenant": ""}, {"scopes": ""}, {"scopes": "other:read"}):
            assert asked(world, method, named, raw, **more)[0] in {401, 403, 422}, (method, path, more)


def test_a_missing_scope_is_told_before_anything_of_the_request_is_read(world):
    for method, path in routes(world.subsystem):
        if path in OPEN:
            continue
        named, raw = re.sub(r"<\w+>", "x", path), "{" if method in {"POST", "PUT"} else None
        status, body = asked(world, method, named, raw, scopes="other:read")
        assert (status, body["code"]) == (403, "scope_missing"), (method, path)


def test_nothing_a_caller_sends_is_an_error_of_ours(world):
    for method, path in routes(world.subsystem):
        for name in NAMES if "<" in path else NAMES[:1]:
            named = re.sub(r"<\w+>", name, path)
            for raw in BODIES if method in {"POST", "PUT"} and name == NAMES[0] else [None]:
                status, _ = asked(world, method, named, raw)
                assert status < 500, (method, named, raw)

"""One local cloud for all end-to-end tests: every stack deployed once, every test in a tenant of its own.

E2E_ON=running plays on the cloud that `make up` started, for a developer who runs one test again and again.
"""

from __future__ import annotations

import itertools
import os
import re
from datetime import UTC, datetime

import pytest

from local import ports
from local.cloud import lifecycle
from local.cloud.folder import PLACE, BusyError, Folder
from local.console import Screen
from local.sandbox import open_sandbox

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

"""What every test stands on: no real account, no real network, no cached client of another test."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

TESTS = Path(__file__).parent
TOGETHER = {"e2e", "infra"}  # what is made once for all of them: a deployed cloud, the synthesized stacks
CLOUDS = {"test_emulator.py", "test_local_cloud.py"}  # start clouds of their own: one after the other

os.environ |= {
    "AWS_ACCESS_KEY_ID": "testing",
    "AWS_SECRET_ACCESS_KEY": "testing",
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_REGION": "us-east-1",
    "AWS_ACCOUNT_ID_ENDPOINT_MODE": "disabled",
    "POWERTOOLS_LOG_LEVEL": "CRITICAL",
    "POWERTOOLS_SERVICE_NAME": "test",
    # The CDK runs on Node, which came as a Python package into the environment of these tests.
    "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', os.defpath)}",
}
# Side by side, each worker looks for free ports in a range of its own: looking is not yet taking.
if "PYTEST_XDIST_WORKER" in os.environ:
    _worker = int(os.environ["PYTEST_XDIST_WORKER"].removeprefix("gw"))
    os.environ["LOCAL_FIRST_FREE_PORT"] = str(14566 + 200 * _worker)
os.environ.pop("AWS_ENDPOINT_URL", None)
os.environ.pop("AWS_PROFILE", None)


def pytest_collection_modifyitems(items):
    """Side by side, files go to one worker each, and a folder that shares something costly to one."""
    for item in items:
        parts = item.path.relative_to(TESTS).parts
        name = parts[0] if parts[0] in TOGETHER else "/".join(parts)
        name = "e2e" if parts[-1] in CLOUDS else name
        item.add_marker(pytest.mark.xdist_group(name))
